package changepoint

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var allCosts = []Cost{L2, Normal, L1, RBF}

// drawSettings draws from what Validate accepts, with a penalty that suits a
// series of spread 1.
func drawSettings(t *rapid.T, c Cost) Settings {
	least := 1
	if c == Normal {
		least = 2
	}
	return Settings{
		Cost:    c,
		MinSize: rapid.IntRange(least, 12).Draw(t, "min size"),
		Jump:    rapid.SampledFrom([]int{1, 1, 1, 2, 3, 7}).Draw(t, "jump"),
		Penalty: math.Exp(rapid.Float64Range(-4, 4).Draw(t, "log penalty")),
	}
}

// drawSeries draws levels of random length with noise, which may be absent, coarse
// (many ties) or of changing spread.
func drawSeries(t *rapid.T, most int) []float64 {
	coarse := rapid.Bool().Draw(t, "coarse")
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	n := 1 + random.IntN(most) // rapid's own integers are mostly small
	var series []float64
	for len(series) < n {
		level := float64(rapid.IntRange(-40, 40).Draw(t, "level")) / 10
		noise := rapid.SampledFrom([]float64{0, 0.01, 1, 1, 3}).Draw(t, "noise")
		for range rapid.IntRange(1, 100).Draw(t, "length") {
			x := level + noise*random.NormFloat64()
			if coarse {
				x = math.Round(x)
			}
			series = append(series, x)
		}
	}
	return series[:n]
}

func find(t require.TestingT, s Settings, series []float64) []int {
	d, err := New(s)
	require.NoError(t, err)
	ends, err := d.Find(nil, series)
	require.NoError(t, err)
	return ends
}

func requireValid(t require.TestingT, s Settings, n int, ends []int) {
	require.NotEmpty(t, ends)
	require.Equal(t, n, ends[len(ends)-1])
	start := 0
	for _, e := range ends {
		require.GreaterOrEqual(t, e-start, min(s.MinSize, n), "%v of %d points", ends, n)
		require.True(t, e == n || e%s.Jump == 0, "%v of %d points, jump %d", ends, n, s.Jump)
		start = e
	}
}

func TestFindIsOptimal(t *testing.T) {
	for _, c := range allCosts {
		t.Run(c.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawSettings(t, c)
			series := drawSeries(t, 200)
			ends := find(t, s, series)
			requireValid(t, s, len(series), ends)
			table := newCostTable(c, series)
			best := table.optimum(s)
			require.InDelta(t, best, table.total(s, ends), 1e-9*(1+math.Abs(best)), "%v", ends)
		}))
	}
}

// Series long enough for several blocks of candidates, with a last cell of every
// length; the spread below and above 1 gives logarithms of either sign.
func TestFindIsOptimalWithEveryLastCell(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for _, jump := range []int{1, 3} {
		for n := 26 * jump; n < (26+2*blockSize)*jump; n += 2 {
			series := make([]float64, n)
			late := random.IntN(n)
			for i := range series {
				series[i] = 10 * random.NormFloat64()
				if i > late {
					series[i] /= 1000
				}
			}
			for _, c := range []Cost{L2, Normal} {
				s := Settings{Cost: c, MinSize: 2 + random.IntN(5), Jump: jump, Penalty: 0.5 + 10*random.Float64()}
				table := newCostTable(c, series)
				best := table.optimum(s)
				ends := find(t, s, series)
				require.InDelta(t, best, table.total(s, ends), 1e-9*(1+math.Abs(best)), "%+v, %d points: %v", s, n, ends)
			}
		}
	}
}

func TestPenalisedCostFollowsTheDefinition(t *testing.T) {
	for _, c := range allCosts {
		t.Run(c.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawSettings(t, c)
			series := drawSeries(t, 40)
			ends := rapid.SliceOfDistinct(rapid.IntRange(1, len(series)), rapid.ID).Draw(t, "ends")
			ends = append(slices.DeleteFunc(ends, func(e int) bool { return e == len(series) }), len(series))
			slices.Sort(ends)
			got, err := s.PenalisedCost(series, ends)
			require.NoError(t, err)
			want := newCostTable(c, series).total(s, ends)
			require.InDelta(t, want, got, 1e-9*(1+math.Abs(want)))
		}))
	}
}

// A power of two scales without rounding, so the very same ends must come out.
func TestScaledSeriesHasTheSameChanges(t *testing.T) {
	penaltyFactor := map[Cost]func(float64) float64{
		L2:  func(f float64) float64 { return f * f },
		L1:  func(f float64) float64 { return f },
		RBF: func(float64) float64 { return 1 },
	}
	for c, factor := range penaltyFactor {
		t.Run(c.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawSettings(t, c)
			series := drawSeries(t, 60)
			want := find(t, s, series)
			if c == RBF && kernelScale(slices.Sorted(slices.Values(series))) == 1 {
				t.Skip("a median distance of 0 leaves γ at 1")
			}
			f := math.Ldexp(1, rapid.IntRange(-30, 30).Draw(t, "exponent"))
			for i := range series {
				series[i] *= f
			}
			s.Penalty *= factor(f)
			require.Equal(t, want, find(t, s, series))
		}))
	}
}

// A shift rounds the values, so costs are compared, on the series that was shifted.
func TestShiftedSeriesHasTheSameChanges(t *testing.T) {
	for _, c := range allCosts {
		t.Run(c.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawSettings(t, c)
			series := drawSeries(t, 60)
			before := find(t, s, series)
			shift := rapid.Float64Range(-1000, 1000).Draw(t, "shift")
			shifted := slices.Clone(series)
			for i := range shifted {
				shifted[i] += shift
			}
			after := find(t, s, shifted)
			table := newCostTable(c, series)
			require.InDelta(t, table.total(s, before), table.total(s, after), 1e-6)
		}))
	}
}

func TestConstantSeriesIsOneSegment(t *testing.T) {
	for _, c := range allCosts {
		t.Run(c.String(), rapid.MakeCheck(func(t *rapid.T) {
			s := drawSettings(t, c)
			s.Penalty = math.Exp(rapid.Float64Range(-600, 10).Draw(t, "log penalty"))
			if c == Normal {
				s.Penalty = max(s.Penalty, 1e-9) // its sums of logarithms round
			}
			n := rapid.IntRange(1, 300).Draw(t, "n")
			level := rapid.Float64Range(-MaxAbs, MaxAbs).Draw(t, "level")
			require.Equal(t, []int{n}, find(t, s, slices.Repeat([]float64{level}, n)))
		}))
	}
}

// Steps of 1 beside a level of 1e12 are lost by a difference of prefix sums.
func TestSmallChangesBesideHugeValues(t *testing.T) {
	for _, c := range []Cost{L2, Normal, L1} {
		var series []float64
		for i, level := range []float64{1e12, -1e12, 0, 1, 3} {
			for k := range 40 {
				series = append(series, level+0.01*float64((k*7+i)%5))
			}
		}
		s := Settings{Cost: c, MinSize: 2, Jump: 1, Penalty: 12}
		require.Equal(t, []int{40, 80, 120, 160, 200}, find(t, s, series), "%v", c)
	}
}
