package grow

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// columnOf cuts values into bins and returns their ranks besides.
func columnOf(values []float32) (column, []uint32) {
	ranks := make([]uint32, len(values))
	return newColumn(values, ranks, 1, make([]uint64, len(values)), make([]uint64, len(values))), ranks
}

func TestColumns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		few := rapid.SampledFrom([]float32{-1, 0, float32(math.Copysign(0, -1)), 3, missing, math.MaxFloat32, -math.MaxFloat32})
		many := rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32)
		rows := rapid.SampledFrom([]int{1, 20, 600}).Draw(rt, "rows")
		values := rapid.SliceOfN(rapid.OneOf(few, many, many), rows, rows).Draw(rt, "values")
		c, ranks := columnOf(values)

		var present []float32
		for row, v := range values {
			if v != v {
				assert.True(rt, c.missing)
				assert.Equal(rt, uint32(missingRank), ranks[row])
				assert.Equal(rt, uint8(missingBin), c.bins[row])
				continue
			}
			present = append(present, v)
			assert.Equal(rt, v, c.distinct[ranks[row]]) // 0 is -0
			assert.Less(rt, int(c.bins[row]), c.count)
			if c.exact() {
				assert.Equal(rt, ranks[row], uint32(c.bins[row]))
			}
		}
		assert.Equal(rt, len(present) < len(values), c.missing)
		slices.Sort(present)
		assert.Len(rt, c.distinct, len(slices.Compact(present)))
		assert.True(rt, slices.IsSorted(c.distinct))
		assert.Equal(rt, len(c.distinct) <= maxBins, c.exact())
		assert.LessOrEqual(rt, c.count, maxBins)

		byRank := slices.Clone(ranks)
		order := make([]int, rows)
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(byRank[a], byRank[b]) })
		for i := 1; i < rows; i++ {
			assert.LessOrEqual(rt, c.bins[order[i-1]], c.bins[order[i]], "bins ascend with ranks")
		}
	})
}

// Neither the rows of a crowd nor the values of a long tail end in a few bins.
func TestBinsAreShared(t *testing.T) {
	var values []float32
	for v := range 200 { // 40 rows each
		for range 40 {
			values = append(values, float32(v))
		}
	}
	for v := range 2000 { // one row each
		values = append(values, 1e6+float32(v*v))
	}
	for range 30_000 {
		values = append(values, 1000)
	}
	c, _ := columnOf(values)
	require.False(t, c.exact())
	inBin := make(map[uint8]map[float32]bool)
	for row, bin := range c.bins {
		if inBin[bin] == nil {
			inBin[bin] = make(map[float32]bool)
		}
		inBin[bin][values[row]] = true
	}
	crowd, tail := make(map[uint8]bool), make(map[uint8]bool)
	for row, v := range values {
		if v < 1000 {
			crowd[c.bins[row]] = true
		} else if v > 1000 {
			tail[c.bins[row]] = true
		}
	}
	assert.Len(t, inBin, maxBins, "none is wasted")
	assert.Len(t, inBin[c.bins[len(values)-1]], 1, "a value of most rows has a bin of its own")
	assert.Greater(t, len(crowd), 35)
	assert.Greater(t, len(tail), 100)
}

func TestThresholdsLieBetween(t *testing.T) {
	assert.Equal(t, float32(1.5), between(1, 2))
	assert.Equal(t, float32(0), between(-math.MaxFloat32, math.MaxFloat32))
	next := math.Nextafter32(1, 2)
	assert.Equal(t, float32(1), between(1, next))
	assert.Equal(t, next, between(next, math.Nextafter32(next, 2)), "their middle is rounded up")
	rapid.Check(t, func(rt *rapid.T) {
		lower := rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32).Draw(rt, "lower")
		next := rapid.Just(math.Nextafter32(lower, math.MaxFloat32))
		upper := rapid.OneOf(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32), next).Draw(rt, "upper")
		if lower > upper {
			lower, upper = upper, lower
		}
		if threshold := between(lower, upper); lower < upper {
			assert.True(rt, lower <= threshold && threshold < upper, "%g <= %g < %g", lower, threshold, upper)
		}
	})
}

func TestKeysAreSorted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		greatest := rapid.SampledFrom([]uint64{1, 3, 300, 70_000, 1<<32 - 1}).Draw(rt, "greatest")
		n := rapid.SampledFrom([]int{0, 1, 2, fewKeys, fewKeys + 1, 100, 255, 256, manyKeys, manyKeys + 1, 2000}).Draw(rt, "keys")
		keys := rapid.SliceOfN(rapid.Map(rapid.Uint64Range(0, greatest), func(rank uint64) uint64 { return rank << 32 }), n, n).Draw(rt, "ranks")
		for i := range keys {
			keys[i] |= uint64(i)
		}
		want := slices.Sorted(slices.Values(keys))
		for name, sort := range map[string]func(keys, spare []uint64) []uint64{"sortKeys": sortKeys, "radixSort": radixSort} {
			assert.True(rt, slices.Equal(want, sort(slices.Clone(keys), make([]uint64, n))), name)
		}
	})
}

func TestOrder(t *testing.T) {
	values := []float32{-math.MaxFloat32, -1, -math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32, 1, math.MaxFloat32}
	for i := 1; i < len(values); i++ {
		assert.Less(t, order(values[i-1]), order(values[i]))
	}
	assert.Equal(t, order(0), order(float32(math.Copysign(0, -1))))
}
