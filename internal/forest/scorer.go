package forest

import (
	"fmt"
	"math"
	"slices"
)

// Scorer scores rows with a forest. It allocates nothing after it is made, and is
// not for concurrent use: give each goroutine a [Scorer.Clone].
//
// All methods take a row of float32 in the order of the forest's features. NaN is
// a missing value; values that a short row lacks are missing too, and those that a
// long row has besides are not looked at. The slices returned are the Scorer's own
// and hold until the next call of any of its methods.
type Scorer struct {
	forest *packed // shared by clones
	keys   *keys
	leaves []uint32
	raw    []float64
	scores []float64
}

// NewScorer validates the forest and lays it out for scoring; the Scorer does not
// refer to it afterwards. It takes at most 8 bytes for each node, 8 for each different
// value of a leaf, and 16 KiB besides. The error is that of [Forest.Validate].
func NewScorer(f *Forest) (*Scorer, error) {
	if err := f.Validate(); err != nil {
		return nil, fmt.Errorf("the forest cannot be scored: %w", err)
	}
	return newScorer(pack(f)), nil
}

func newScorer(p *packed) *Scorer {
	return &Scorer{
		forest: p, keys: newKeys(), leaves: make([]uint32, len(p.starts)),
		raw: make([]float64, len(p.base)), scores: make([]float64, p.scores),
	}
}

// Clone returns a Scorer of the same forest for another goroutine. The forest is
// shared, so a clone is small.
func (s *Scorer) Clone() *Scorer { return newScorer(s.forest) }

// Raw returns what the trees add up to, in the order of the outputs: the classes'
// mean probabilities (RandomForest, Bagging), log-odds (Boosting: one of the second
// class if there are two, else one for each class) or the mean path length
// (IsolationForest). [Forest.Explain] explains these.
func (s *Scorer) Raw(row []float32) []float64 {
	p := s.forest
	s.keys.set(row, p.features)
	p.walk(s.keys, s.leaves)
	copy(s.raw, p.base)
	p.sum(s.raw, s.leaves)
	if p.kind != Boosting {
		for i := range s.raw {
			s.raw[i] /= float64(p.trees)
		}
	}
	return s.raw
}

// Score returns the classes' probabilities in their order, or the one anomaly
// [Score] in (0, 1] of an isolation forest. Log-odds become probabilities by the
// logistic function (two classes) or softmax.
func (s *Scorer) Score(row []float32) []float64 {
	raw := s.Raw(row)
	switch {
	case s.forest.kind == IsolationForest:
		s.scores[0] = Score(raw[0], s.forest.sampleSize)
	case s.forest.kind != Boosting:
		return raw
	case len(raw) == 1:
		p := 1 / (1 + math.Exp(-raw[0]))
		s.scores[0], s.scores[1] = 1-p, p
	default:
		softmax(s.scores, raw)
	}
	return s.scores
}

// Decide returns the index of the class with the highest score, the first of those
// that share it. Of an isolation forest it is 0, the index of its one score.
func (s *Scorer) Decide(row []float32) int {
	best, scores := 0, s.Score(row)
	for i, v := range scores {
		if v > scores[best] {
			best = i
		}
	}
	return best
}

// softmax subtracts the largest first, so that no power overflows.
func softmax(scores, raw []float64) {
	largest, sum := slices.Max(raw), 0.0
	for i, v := range raw {
		scores[i] = math.Exp(v - largest)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}
