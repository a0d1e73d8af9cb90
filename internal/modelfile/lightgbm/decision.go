package lightgbm

import (
	"errors"
	"math"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// The bits of a decision_type.
const (
	categorical  = 1 << 0
	missingLeft  = 1 << 1
	missingShift = 2 // a missing type above
)

// What a split takes for a missing value.
const (
	missingNone = iota // nothing: NaN is taken for 0
	missingZero        // NaN and 0
	missingNaN
)

// zeroBound is LightGBM's kZeroThreshold: its predictor takes values that are no
// greater, whatever their sign, for 0.
const zeroBound = float32(1e-35)

// split without its children.
func (t *tree) split(i int) (forest.Node, error) {
	threshold, decision := t.threshold[i], t.decision[i]
	node := forest.Node{Feature: int32(t.feature[i]), Threshold: atMost(threshold), Cover: t.splitRows[i]}
	if decision&categorical != 0 {
		return node, errors.New("it is categorical: encode categories as numbers (one-hot) and train without categorical_feature")
	}
	node.MissingLeft = decision&missingLeft != 0
	zeroLeft := threshold >= 0
	switch decision >> missingShift {
	case missingNone:
		node.MissingLeft = zeroLeft
	case missingNaN:
	case missingZero:
		if node.MissingLeft != zeroLeft {
			return node, errors.New("it takes zeros for missing and sends them another way than its threshold does: " +
				"train with zero_as_missing=false")
		}
	default:
		return node, errors.New("its decision_type is unknown: the file is damaged, save the model again")
	}
	return node, nil
}

// atMost returns the float32 that the same rows are at most: the greatest one that
// is not greater than the threshold, beyond what is taken for 0.
func atMost(threshold float64) float32 {
	f := float32(threshold)
	if float64(f) > threshold {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	switch {
	case f < -zeroBound || f > zeroBound:
		return f
	case threshold < 0:
		return math.Nextafter32(-zeroBound, -1)
	}
	return zeroBound
}
