package forest

import (
	"math"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// expected is what a tree gives on average if only the features in the set are
// known: the worth of the set.
func expected(f *Forest, t *Tree, node int32, row []float32, output int, known uint) float64 {
	n := t.Nodes[node]
	if n.Feature == Leaf {
		if t.Output == AllOutputs {
			return t.Values[int(n.Next)*f.Outputs()+output]
		}
		return t.Values[n.Next]
	}
	if known>>n.Feature&1 == 1 {
		x := float64(row[n.Feature])
		if x <= float64(n.Threshold) || math.IsNaN(x) && n.MissingLeft {
			return expected(f, t, n.Next, row, output, known)
		}
		return expected(f, t, n.Next+1, row, output, known)
	}
	left, right := t.Nodes[n.Next].Cover, t.Nodes[n.Next+1].Cover
	return (left*expected(f, t, n.Next, row, output, known) + right*expected(f, t, n.Next+1, row, output, known)) / (left + right)
}

// shapley follows the definition: each feature's mean gain over all orders in which
// features become known.
func shapley(f *Forest, row []float32, output int) (base float64, contributions []float64) {
	n := len(f.Features)
	worth := make([]float64, 1<<n)
	for known := range worth {
		for i := range f.Trees {
			if t := &f.Trees[i]; t.Output == AllOutputs || t.Output == output {
				worth[known] += expected(f, t, 0, row, output, uint(known))
			}
		}
		if f.Kind != Boosting {
			worth[known] /= float64(len(f.Trees))
		} else if f.Base != nil {
			worth[known] += f.Base[output]
		}
	}
	contributions = make([]float64, n)
	for i := range n {
		for known := range worth {
			if known>>i&1 == 0 {
				size := bits.OnesCount(uint(known))
				orders := factorial(size) * factorial(n-size-1) / factorial(n)
				contributions[i] += orders * (worth[known|1<<i] - worth[known])
			}
		}
	}
	return worth[0], contributions
}

func factorial(n int) float64 { return math.Round(math.Gamma(float64(n) + 1)) }

func TestExplainIsShapleysValue(t *testing.T) {
	most := shape{features: 6, classes: 3, trees: 4, depth: 14, splits: 40}
	for _, kind := range allKinds {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			f := drawForest(t, kind, most)
			row := drawRow(t, len(f.Features))
			output := rapid.IntRange(0, f.Outputs()-1).Draw(t, "output")
			wantBase, want := shapley(f, row, output)
			base, contributions := f.Explain(row, output)
			require.InDelta(t, wantBase, base, 1e-12)
			require.InDeltaSlice(t, want, contributions, 1e-12)
		}))
	}
}

func requireAdditive(t require.TestingT, f *Forest, row []float32) {
	s := mustScore(t, f)
	for output, want := range s.Raw(row) {
		base, contributions := f.Explain(row, output)
		sum := base
		for _, c := range contributions {
			sum += c
		}
		require.InDelta(t, want, sum, 1e-10, "output %d", output)
	}
}

// Trees much deeper than those that can be explained by the definition, with more
// features.
func TestContributionsAddUp(t *testing.T) {
	for _, kind := range allKinds {
		for _, features := range []int{1, 7, 60} {
			most := shape{features: features, classes: 3, trees: 3, depth: 200, splits: 400}
			t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
				f := drawForest(t, kind, most)
				requireAdditive(t, f, drawRow(t, len(f.Features)))
			}))
		}
	}
}

// Parts of the cover that are next to nothing, next to all, or too small for a
// number when multiplied.
func TestExtremeCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawForest(t, Boosting, small)
		cover := rapid.SampledFrom([]float64{5e-324, 1e-300, 1e-9, 1, 1, 1e9, MaxValue})
		for i := range f.Trees {
			for k := range f.Trees[i].Nodes {
				f.Trees[i].Nodes[k].Cover = cover.Draw(t, "cover")
			}
		}
		requireAdditive(t, f, drawRow(t, len(f.Features)))
	})
}

// All features of this path are alike but for their order: each has an equal part.
// Hundreds of factors are where methods that subtract lose all digits.
func TestALongPathOfManyFeatures(t *testing.T) {
	for _, part := range []float64{0.5, 0.9, 0.999} {
		f := chain(MaxDepth, MaxDepth)
		nodes := f.Trees[0].Nodes
		for i := range nodes {
			nodes[i].Cover = part
			if i%2 == 0 {
				nodes[i].Cover = 1 - part // the side exit
			}
			if nodes[i].Feature == Leaf {
				f.Trees[0].Values[nodes[i].Next] = 0
			}
		}
		const worth = 700
		f.Trees[0].Values[MaxDepth] = worth
		row := make([]float32, MaxDepth)
		for i := range row {
			row[i] = -1
		}
		base, contributions := f.Explain(row, 0)
		unknown := worth * math.Pow(part, MaxDepth)
		assert.InDelta(t, unknown, base, 1e-10)
		for i, c := range contributions {
			require.InDelta(t, (worth-unknown)/MaxDepth, c, 1e-12, "feature %d", i)
		}
	}
}

func TestAFeatureThatDoesNotMatterContributesNothing(t *testing.T) {
	f := stump(3, 1, 0, false)
	base, contributions := f.Explain([]float32{5, 7, 9}, 1)
	assert.Equal(t, 0.5, base)
	assert.Equal(t, 0.0, contributions[0])
	assert.InDelta(t, 0.5, contributions[1], 1e-15)
	assert.Equal(t, 0.0, contributions[2])
}

func TestExplainTakesShortRowsAsMissingValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawForest(t, RandomForest, small)
		row := drawRow(t, len(f.Features))
		have := rapid.IntRange(0, len(row)).Draw(t, "have")
		for i := have; i < len(row); i++ {
			row[i] = nan
		}
		_, want := f.Explain(row, 0)
		_, short := f.Explain(row[:have], 0)
		require.Equal(t, want, short)
	})
}

func TestExplainOfNoOutput(t *testing.T) {
	f := stump(2, 1, 0, false)
	for _, output := range []int{-1, 2} {
		base, contributions := f.Explain([]float32{1, 2}, output)
		assert.Zero(t, base)
		assert.Equal(t, []float64{0, 0}, contributions)
	}
}

func TestGaussLegendreIsExactForPolynomials(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 8, 31, 100, MaxFeatures / 2} {
		rule := gaussLegendre(n)
		for _, q := range rule {
			require.InDelta(t, 1, q.at+q.rest, 1e-15)
			require.Positive(t, q.rest)
			require.InDelta(t, 1, q.rest*q.restInverse, 1e-15)
		}
		for degree := range 2 * n {
			integral := 0.0
			for _, q := range rule {
				integral += q.weight * math.Pow(q.at, float64(degree))
			}
			require.InDelta(t, 1/float64(degree+1), integral, 1e-13, "degree %d with %d points", degree, n)
		}
	}
}
