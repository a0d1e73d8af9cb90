package traffic

import (
	"math/bits"
	"slices"
)

// Request times are kept as one word each: the entity's position in its pane in
// the high bits, the offset from the window's start in the low bits.
const (
	offsetBits   = 42 // ns in a window of MaxWindow
	positionBits = 64 - offsetBits
	offsetMask   = 1<<offsetBits - 1

	// timestampGrant is how many request times a pane takes from the shared
	// budget at once.
	timestampGrant = 4096

	// segments is how many stretches of a window a sample consists of.
	segments = 8
)

// sampler thins out the request times of a busy entity. Gaps only mean
// something between neighbours, so a sample is made of whole stretches of time:
// at level L it is everything inside the first 1/2^L of each of eight equal
// segments. Samples of a higher level are subsets of lower ones and the level
// depends on the number of calls alone, so the sample does not depend on the
// order of arrival.
type sampler struct {
	segment int64 // length of a segment, ns
	cap     uint32
}

// level is the level at which n calls, evenly spread, leave at most cap.
func (s sampler) level(n uint32) int {
	if n <= s.cap {
		return 0
	}
	return bits.Len32((n - 1) / s.cap)
}

// keeps tells whether the offset belongs to the sample of a level.
func (s sampler) keeps(offset int64, level int) bool {
	return level == 0 || offset%s.segment < s.segment>>level
}

// gaps turns sorted offsets into the differences of neighbours, in place. In a
// sample, neighbours in different segments are not neighbours in the traffic.
func (s sampler) gaps(offsets []int64, level int) []int64 {
	gaps := offsets[:0] // trails the reads by one
	for i := 1; i < len(offsets); i++ {
		before, after := offsets[i-1], offsets[i]
		if level > 0 && before/s.segment != after/s.segment {
			continue
		}
		gaps = append(gaps, after-before)
	}
	return gaps
}

// median of the values, which it sorts; of an even number the mean of the
// middle two, as NumPy has it.
func median(values []int64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return float64(values[n/2])
	}
	return (float64(values[n/2-1]) + float64(values[n/2])) / 2
}
