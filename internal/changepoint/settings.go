package changepoint

import (
	"fmt"
	"math"
)

// MaxAbs is the largest magnitude of a value; far beyond it squares overflow.
const MaxAbs = 1e100

// The longest series, see [Cost.MaxPoints].
const (
	maxPoints       = 1 << 14
	maxPointsRobust = 1 << 12
)

// Cost says how badly one segment fits. All costs are those of ruptures (C.
// Truong, L. Oudre, N. Vayatis, Signal Processing 167, 2020) for one dimension.
type Cost int

const (
	// L2 is the sum of squared deviations from the segment's mean: a change of
	// level. The cheapest, and the usual choice.
	L2 Cost = iota
	// Normal is k·ln(variance + 1e-6) of a segment of k points: a change of level
	// or of spread. The small constant keeps constant segments finite.
	Normal
	// L1 is the sum of absolute deviations from the segment's median: a change of
	// level that single outliers do not fake.
	L1
	// RBF is the spread of a segment in the feature space of the Gaussian kernel
	// exp(-γd²), with γ = 1 / median of the squared distances of all pairs of
	// points, or 1 if that is 0: any change of distribution. Unlike ruptures, γd²
	// is not clipped to [0.01, 100]: a clipped kernel is not positive definite,
	// pruning is then not exact, and a constant series costs something.
	RBF
)

var costNames = [...]string{L2: "l2", Normal: "normal", L1: "l1", RBF: "rbf"}

// ParseCost reads "l2", "normal", "l1" or "rbf".
func ParseCost(name string) (Cost, error) {
	for c, n := range costNames {
		if n == name {
			return Cost(c), nil
		}
	}
	return 0, fmt.Errorf("cost %q is unknown: use l2, normal, l1 or rbf", name)
}

// String returns the name that [ParseCost] reads.
func (c Cost) String() string {
	if !c.known() {
		return fmt.Sprintf("Cost(%d)", int(c))
	}
	return costNames[c]
}

// MaxPoints returns the longest series that the cost takes: 16384 points for [L2]
// and [Normal], 4096 for the dearer [L1] and [RBF]. It bounds the time of one
// [Detector.Find], which is quadratic at worst; memory is linear.
func (c Cost) MaxPoints() int {
	if c == L1 || c == RBF {
		return maxPointsRobust
	}
	return maxPoints
}

func (c Cost) known() bool { return c >= 0 && int(c) < len(costNames) }

// Settings of a search.
type Settings struct {
	// Cost of a segment.
	Cost Cost
	// MinSize is the least number of points of a segment, 1 to 16384; at least 2
	// for [Normal], as a single point has no variance.
	MinSize int
	// Jump restricts inner ends to its multiples, 1 to 16384; 1 tries every point.
	Jump int
	// Penalty is what one more segment costs, finite and above 0. A higher penalty
	// finds fewer changes.
	Penalty float64
}

// Validate returns an error that names the offending key and its mend.
func (s Settings) Validate() error {
	if !s.Cost.known() {
		return fmt.Errorf("cost is %d, which is unknown: use l2, normal, l1 or rbf", int(s.Cost))
	}
	if s.MinSize < 1 || s.MinSize > maxPoints {
		return fmt.Errorf("min_size is %d: set it between 1 and %d points", s.MinSize, maxPoints)
	}
	if s.Cost == Normal && s.MinSize < 2 {
		return fmt.Errorf("min_size is %d: set it to 2 or more with cost normal, one point has no variance", s.MinSize)
	}
	if s.Jump < 1 || s.Jump > maxPoints {
		return fmt.Errorf("jump is %d: set it between 1 (every point) and %d", s.Jump, maxPoints)
	}
	if !(s.Penalty > 0) || math.IsInf(s.Penalty, 1) {
		return fmt.Errorf("penalty is %v: set it to a finite number above 0", s.Penalty)
	}
	return nil
}

// checkSeries refuses what no cost is defined for, or what would take too long.
func (s Settings) checkSeries(series []float64) error {
	if most := s.Cost.MaxPoints(); len(series) > most {
		return fmt.Errorf("series has %d points, cost %v takes at most %d: aggregate it first", len(series), s.Cost, most)
	}
	for i, x := range series {
		if !(math.Abs(x) <= MaxAbs) { // also catches NaN
			return fmt.Errorf("series[%d] is %v: leave the point out or replace it, values must be finite and within ±%g", i, x, float64(MaxAbs))
		}
	}
	return nil
}
