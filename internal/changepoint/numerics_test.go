package changepoint

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLogFloorIsCloseBelow(t *testing.T) {
	for x := 1e-6; x < 1e12; x *= 1.003 {
		gap := math.Log(x) - logFloor(x)
		require.GreaterOrEqual(t, gap, -1e-12, "x = %g", x)
		require.LessOrEqual(t, gap, 0.015, "x = %g", x)
	}
	for _, x := range []float64{0.5, 1, 2, math.Nextafter(2, 0), 1024} {
		require.InDelta(t, math.Log(x), logFloor(x), 1e-12)
	}
}

func TestKernelScaleIsTheMedianHeuristic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		series := drawSeries(t, 60)
		scale := kernelScale(slices.Sorted(slices.Values(series)))
		require.InEpsilon(t, bruteGamma(series), 1/(scale*scale), 1e-12)
	})
}

func TestKernelScaleOfExtremes(t *testing.T) {
	assert.Equal(t, 1.0, kernelScale(nil))
	assert.Equal(t, 1.0, kernelScale([]float64{3}))
	assert.Equal(t, 1.0, kernelScale([]float64{math.Copysign(0, -1), 0}))
	assert.Equal(t, 2*MaxAbs, kernelScale([]float64{-MaxAbs, MaxAbs}))
	assert.Equal(t, 5e-324, kernelScale([]float64{0, 5e-324}))
}

func TestMedianColumnIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		series := drawSeries(t, 60)
		table := newCostTable(L1, series)
		var column medianColumn
		column.reset(series)
		cost := make([]float64, len(series))
		from := 0
		for end := 1; end <= len(series); end++ {
			from = rapid.IntRange(from, end-1).Draw(t, "from")
			column.fill(cost, from, end)
			for p := from; p < end; p++ {
				require.InDelta(t, table[p][end-p-1], cost[p], 1e-9, "[%d,%d)", p, end)
			}
		}
	})
}

func TestStandardise(t *testing.T) {
	assert.Empty(t, Standardise(nil, nil))
	assert.Equal(t, []float64{9, 0, 0, 0}, Standardise([]float64{9}, []float64{0.1, 0.1, 0.1}), "constant")
	assert.Equal(t, []float64{-1, 1, -1, 1}, Standardise(nil, []float64{2, 6, 2, 6}))
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		for _, x := range Standardise(nil, []float64{1, bad, 3}) {
			assert.True(t, math.IsNaN(x), "with %v", bad)
		}
	}
	inPlace := []float64{2, 6, 2, 6}
	Standardise(inPlace[:0], inPlace)
	assert.Equal(t, []float64{-1, 1, -1, 1}, inPlace)
}

func TestPenalisedCost(t *testing.T) {
	s := Settings{L2, 2, 1, 10}
	series := []float64{0, 2, 5, 5}
	for _, test := range []struct {
		ends []int
		want float64
	}{
		{[]int{4}, 18},           // mean 3: 9 + 1 + 4 + 4
		{[]int{2, 4}, 2 + 10},    // mean 1: 1 + 1
		{[]int{1, 2, 4}, 0 + 20}, // shorter than min_size, and still answered
	} {
		got, err := s.PenalisedCost(series, test.ends)
		require.NoError(t, err)
		assert.InDelta(t, test.want, got, 1e-12, "%v", test.ends)
	}
	nothing, err := s.PenalisedCost(nil, nil)
	require.NoError(t, err)
	assert.Zero(t, nothing)
}

func TestPenalisedCostRefuses(t *testing.T) {
	s := Settings{L2, 2, 1, 10}
	series := []float64{0, 2, 5, 5}
	for want, ends := range map[string][]int{
		"the last of the ends is 0": nil,
		"the last of the ends is 3": {3},
		"ends[0] is 0":              {0, 4},
		"ends[1] is 2":              {2, 2, 4},
		"ends[1] is 5":              {4, 5},
		"ends[0] is -1":             {-1, 4},
	} {
		_, err := s.PenalisedCost(series, ends)
		assert.ErrorContains(t, err, want)
	}
	_, err := s.PenalisedCost([]float64{math.NaN()}, []int{1})
	assert.ErrorContains(t, err, "series[0] is NaN")
	_, err = Settings{}.PenalisedCost(series, []int{4})
	assert.ErrorContains(t, err, "min_size is 0")
}
