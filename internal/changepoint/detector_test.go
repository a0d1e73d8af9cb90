package changepoint

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFindKnownSeries(t *testing.T) {
	step := []float64{0, 0, 2, 2} // one segment costs 4, two cost nothing but the penalty
	outlier := []float64{0, 1, 0, 1, 90, 0, 1, 0, 1, 9, 10, 9, 10, 9, 10, 9, 10}
	spread := slices.Concat(wave(1, 20), wave(30, 20))
	// Up to point 62 a change at 50 pays. The series ends before a change at 62 is
	// allowed, so by then no change at all is best again.
	bump := slices.Concat(make([]float64, 50), slices.Repeat([]float64{5}, 12), make([]float64, 11))
	for _, test := range []struct {
		name     string
		settings Settings
		series   []float64
		want     []int
	}{
		{"empty", Settings{L2, 1, 1, 1}, nil, nil},
		{"one point", Settings{L2, 1, 1, 1}, []float64{7}, []int{1}},
		{"fewer than twice min_size", Settings{L2, 3, 1, 0.1}, []float64{0, 0, 9, 9, 9}, []int{5}},
		{"fewer than min_size", Settings{L2, 9, 1, 0.1}, []float64{0, 0, 9, 9, 9}, []int{5}},
		{"twice min_size", Settings{L2, 3, 1, 0.1}, []float64{0, 0, 0, 9, 9, 9}, []int{3, 6}},
		{"penalty below the gain", Settings{L2, 1, 1, 3.9}, step, []int{2, 4}},
		{"penalty above the gain", Settings{L2, 1, 1, 4.1}, step, []int{4}},
		{"a tie goes to the longer last segment", Settings{L2, 1, 1, 4}, step, []int{4}},
		{"jump misses the step", Settings{L2, 1, 2, 5}, []float64{0, 0, 0, 10, 10, 10, 10}, []int{2, 4, 7}},
		{"jump beyond the series", Settings{L2, 1, 100, 0.1}, step, []int{4}},
		{"pruning at once finds 2 5 7", Settings{L2, 2, 1, 2}, []float64{4, 3, 0, 5, 1, 0, 6}, []int{7}},
		{"dominated, but not yet to be dropped", Settings{L2, 12, 1, 115}, bump, []int{73}},
		{"the bump alone", Settings{L2, 12, 1, 115}, bump[:62], []int{50, 62}},
		{"l2 falls for an outlier", Settings{L2, 2, 1, 50}, outlier, []int{3, 5, 9, 17}},
		{"l1 does not", Settings{L1, 2, 1, 20}, outlier, []int{9, 17}},
		{"l2 does not see a spread", Settings{L2, 2, 1, 5000}, spread, []int{40}},
		{"normal does", Settings{Normal, 2, 1, 20}, spread, []int{20, 40}},
		{"rbf does", Settings{RBF, 2, 1, 3}, spread, []int{20, 40}},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, find(t, test.settings, test.series))
		})
	}
}

// The known case above is one that immediate pruning gets wrong.
func TestPruningAtOnceIsNotExact(t *testing.T) {
	s := Settings{L2, 2, 1, 2}
	table := newCostTable(L2, []float64{4, 3, 0, 5, 1, 0, 6})
	atOnce := table.prunedAtOnce(s)
	assert.Equal(t, []int{2, 5, 7}, atOnce)
	assert.Greater(t, table.total(s, atOnce), table.optimum(s)+1)
}

// wave swings around 0, without a trend and without repeating soon.
func wave(height float64, n int) []float64 {
	points := make([]float64, n)
	for i := range points {
		points[i] = height * math.Sin(2.4*float64(i+1))
	}
	return points
}

func TestFindAppendsToDst(t *testing.T) {
	d, err := New(Settings{L2, 1, 1, 1})
	require.NoError(t, err)
	ends, err := d.Find([]int{-1}, []float64{0, 0, 9, 9})
	require.NoError(t, err)
	assert.Equal(t, []int{-1, 2, 4}, ends)
}

func TestFindRefusesBadSeries(t *testing.T) {
	for _, c := range allCosts {
		d, err := New(Settings{c, 2, 1, 1})
		require.NoError(t, err)
		for name, series := range map[string][]float64{
			"series[1] is NaN":    {0, math.NaN()},
			"series[0] is +Inf":   {math.Inf(1), 0, 0, 0},
			"series[2] is -Inf":   {0, 0, math.Inf(-1)},
			"series[0] is 2e+100": {2e100},
			"points, cost":        make([]float64, c.MaxPoints()+1),
		} {
			ends, err := d.Find([]int{5}, series)
			assert.ErrorContains(t, err, name)
			assert.Equal(t, []int{5}, ends)
		}
		ends, err := d.Find(nil, []float64{0, 0, 0})
		assert.NoError(t, err, "an error must not spoil the detector")
		assert.Equal(t, []int{3}, ends)
	}
}

func TestLargestValuesDoNotOverflow(t *testing.T) {
	series := slices.Concat(slices.Repeat([]float64{-MaxAbs}, 40), slices.Repeat([]float64{MaxAbs}, 40))
	for _, c := range allCosts {
		assert.Equal(t, []int{40, 80}, find(t, Settings{c, 2, 1, 1}, series), "%v", c)
	}
}

func TestLongestSeries(t *testing.T) {
	for _, c := range []Cost{L2, Normal} {
		n := c.MaxPoints()
		series := make([]float64, n)
		for i := n / 2; i < n; i++ {
			series[i] = 1
		}
		assert.Equal(t, []int{n / 2, n}, find(t, Settings{c, 2, 1, 100}, series), "%v", c)
	}
}

func TestReusedDetectorFindsTheSame(t *testing.T) {
	for _, c := range allCosts {
		t.Run(c.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawSettings(t, c)
			d, err := New(s)
			require.NoError(t, err)
			for range 4 {
				series := drawSeries(t, 90)
				before := slices.Clone(series)
				ends, err := d.Find(nil, series)
				require.NoError(t, err)
				require.Equal(t, find(t, s, series), ends)
				require.Equal(t, before, series, "Find must not write to the series")
			}
		}))
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	for _, c := range allCosts {
		for _, n := range []int{20, 200} {
			d, err := New(Settings{c, 2, 1, 3 * math.Log(float64(n))})
			require.NoError(t, err)
			many := benchSeries(n, n/4)
			ends := make([]int, 0, n)
			i := 0
			allocs := testing.AllocsPerRun(len(many), func() {
				ends, _ = d.Find(ends[:0], many[i%len(many)])
				i++
			})
			assert.Zero(t, allocs, "%v, %d points", c, n)
		}
	}
}
