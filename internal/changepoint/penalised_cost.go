package changepoint

import (
	"fmt"
	"math"
	"slices"
)

// PenalisedCost returns what [Detector.Find] minimises, for any segmentation:
// the sum of its segments' costs plus Penalty for each change. ends are exclusive,
// strictly ascending, the last one is len(series); MinSize and Jump are not asked
// for. It explains a change: the cost of []int{len(series)} less that of the ends
// found is what the changes are worth. It computes each segment on its own, in at
// most quadratic time, and fails as Find does or if the ends are no segmentation.
func (s Settings) PenalisedCost(series []float64, ends []int) (float64, error) {
	if err := s.Validate(); err != nil {
		return 0, fmt.Errorf("changepoint: %w", err)
	}
	if err := s.checkSeries(series); err != nil {
		return 0, fmt.Errorf("changepoint: %w", err)
	}
	if err := checkEnds(ends, len(series)); err != nil {
		return 0, fmt.Errorf("changepoint: %w", err)
	}
	scale := 0.0
	if s.Cost == RBF {
		scale = kernelScale(slices.Sorted(slices.Values(series)))
	}
	sum, start := 0.0, 0
	for _, end := range ends {
		sum += segmentCost(s.Cost, series[start:end], scale)
		start = end
	}
	return sum + s.Penalty*float64(max(len(ends)-1, 0)), nil
}

func checkEnds(ends []int, n int) error {
	start := 0
	for i, end := range ends {
		if end <= start || end > n {
			return fmt.Errorf("ends[%d] is %d: it must be above %d and at most %d", i, end, start, n)
		}
		start = end
	}
	if start != n {
		return fmt.Errorf("the last of the ends is %d: it must be the series' length %d", start, n)
	}
	return nil
}

// segmentCost is the definition of the costs; scale is RBF's.
func segmentCost(c Cost, segment []float64, scale float64) float64 {
	k := float64(len(segment))
	switch c {
	case Normal:
		return k * math.Log(momentsOf(segment).dev/k+smallVariance)
	case L1:
		return absoluteDeviation(segment)
	case RBF:
		return kernelSpread(segment, scale)
	default:
		return momentsOf(segment).dev
	}
}

func absoluteDeviation(segment []float64) float64 {
	sorted := slices.Sorted(slices.Values(segment))
	median := sorted[len(sorted)/2] // any value between the two middle ones serves
	sum := 0.0
	for _, x := range sorted {
		sum += math.Abs(x - median)
	}
	return sum
}

func kernelSpread(segment []float64, scale float64) float64 {
	sum := 0.0
	for i, x := range segment {
		for _, y := range segment[:i] {
			sum += kernelDistance(x-y, scale)
		}
	}
	return 2 * sum / float64(len(segment))
}
