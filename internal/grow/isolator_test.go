package grow

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// scattered returns normal rows around 0, and every 50th far from them; these have
// the label 1.
func scattered(seed uint64, rows, features int) *dataset.Table {
	random := rand.New(rand.NewPCG(seed, 3))
	labels := make([]int32, rows)
	columns := make([][]float32, features)
	for f := range columns {
		columns[f] = make([]float32, rows)
	}
	for i := range rows {
		for f := range columns {
			columns[f][i] = float32(random.NormFloat64())
			if i%50 == 0 {
				labels[i] = 1
				columns[f][i] = 12 * (random.Float32() - 0.5)
			}
		}
	}
	return table(labels, columns...)
}

func anomaly(f *forest.Forest, row []float32) float64 {
	return forest.Score(score(f, row)[0], f.SampleSize)
}

// areaUnderCurve is the part of the pairs of an outlier and another row where the
// outlier scores higher.
func areaUnderCurve(f *forest.Forest, t *dataset.Table) float64 {
	scores := make([]float64, t.Rows())
	order := make([]int, t.Rows())
	for i := range scores {
		scores[i], order[i] = anomaly(f, t.Row(nil, i)), i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	ordinary, pairs, outliers := 0, 0, 0
	for _, i := range order {
		if t.Labels[i] == 1 {
			outliers++
			pairs += ordinary
		} else {
			ordinary++
		}
	}
	return float64(pairs) / float64(ordinary*outliers)
}

func TestOutliersAreIsolated(t *testing.T) {
	for _, margin := range []float64{0, 0.1, 1} {
		table := scattered(1, 1500, 4)
		f := grown(t, table, Settings{Kind: forest.IsolationForest, Margin: margin})
		assert.Equal(t, 256, f.SampleSize)
		assert.Empty(t, f.Classes)
		assert.Greater(t, areaUnderCurve(f, table), 0.96, "margin %g", margin)
		punch(table, 0.1)
		assert.Greater(t, areaUnderCurve(f, table), 0.93, "with missing values")
		f = grown(t, table, Settings{Kind: forest.IsolationForest, Margin: margin})
		assert.Greater(t, areaUnderCurve(f, table), 0.93, "grown with missing values")
	}
}

// An isolation tree is as deep as the paper has it, and its leaves say how deep they
// are; their covers are the rows that come by.
func TestIsolationTrees(t *testing.T) {
	table := scattered(2, 500, 3)
	clear(table.Columns[1]) // constant
	for _, c := range []struct{ sampleSize, rows, depth int }{
		{0, 256, 8}, {2, 2, 1}, {3, 3, 2}, {100, 100, 7}, {128, 128, 7}, {129, 129, 8}, {10_000, 500, 9},
	} {
		f := grown(t, table, Settings{Kind: forest.IsolationForest, SampleSize: c.sampleSize, Trees: 20})
		assert.Equal(t, c.rows, f.SampleSize)
		deepest := 0
		for i := range f.Trees {
			tree := &f.Trees[i]
			assert.Equal(t, float64(c.rows), tree.Nodes[0].Cover)
			eachNode(table, tree, func(n *forest.Node, depth int, _ []int) {
				deepest = max(deepest, depth)
				if n.Feature != forest.Leaf {
					return
				}
				assert.Equal(t, n.Cover, math.Floor(n.Cover), "rows on both sides of each split")
				assert.Equal(t, float64(depth)+forest.AveragePathLength(n.Cover), tree.Values[n.Next])
				assert.True(t, n.Cover == 1 || depth == c.depth)
			})
		}
		assert.Equal(t, c.depth, deepest)
	}
}

func TestAMarginCutsOffEmptySpace(t *testing.T) {
	table := scattered(2, 500, 3)
	f := grown(t, table, Settings{Kind: forest.IsolationForest, Margin: 0.5, Trees: 50})
	splits, empty, deepest := 0, 0, 0
	for i := range f.Trees {
		tree := &f.Trees[i]
		eachNode(table, tree, func(n *forest.Node, depth int, _ []int) {
			deepest = max(deepest, depth)
			switch {
			case n.Feature != forest.Leaf:
				splits++
			case n.Cover < 1:
				empty++
				assert.Equal(t, emptyCover, n.Cover)
				assert.Equal(t, float64(depth), tree.Values[n.Next])
			}
		})
	}
	assert.Equal(t, 16, deepest, "(1 + 2·0.5)·log₂ 256")
	assert.InDelta(t, 0.5, float64(empty)/float64(splits), 0.03, "2μ of 1+2μ")
}

// Without a margin all rows beyond the greatest value score alike; with one, scores
// rise with the distance.
func TestScoresRiseWithTheDistance(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	x, y := make([]float32, 2000), make([]float32, 2000)
	for i := range x {
		x[i], y[i] = random.Float32(), random.Float32()
	}
	table := table(nil, x, y)
	at := func(f *forest.Forest, distances ...float32) (scores []float64) {
		for _, d := range distances {
			scores = append(scores, anomaly(f, []float32{1 + d, 0.5}))
		}
		return scores
	}
	s := Settings{Kind: forest.IsolationForest, Trees: 200, Seed: 9}
	flat := at(grown(t, table, s), 0.001, 100)
	assert.Equal(t, flat[0], flat[1])

	for _, margin := range []float64{0.2, 0.5, 1} {
		s.Margin = margin
		f, m := grown(t, table, s), float32(margin)
		inside := at(f, -0.5)[0]
		scores := at(f, 0, 0.05*m, 0.1*m, 0.25*m, 0.5*m, 0.75*m, 0.99*m)
		assert.Less(t, inside, scores[0]-0.02)
		for i := 1; i < len(scores); i++ {
			assert.Greater(t, scores[i], scores[i-1], "margin %g, distance %d", margin, i)
		}
		assert.Greater(t, scores[len(scores)-1], scores[0]+0.1, "margin %g", margin)
		beyond := at(f, 1.01*m, 100)
		assert.Equal(t, beyond[0], beyond[1], "the margin's end is the end")
	}
}

func TestMissingValuesGoWithTheMany(t *testing.T) {
	x := []float32{0, 4, 6, 10, missing, missing}
	f := grown(t, table(nil, x), Settings{Kind: forest.IsolationForest, Trees: 100, MaxDepth: 1})
	kinds := make([]int, 3)
	for _, tree := range f.Trees {
		root, left := tree.Nodes[0], tree.Nodes[1]
		switch {
		case root.Threshold < 4:
			kinds[0]++
			assert.False(t, root.MissingLeft)
			assert.Equal(t, 1.0, left.Cover)
		case root.Threshold < 6:
			kinds[1]++
			assert.True(t, root.MissingLeft, "left where there are as many on both sides")
			assert.Equal(t, 4.0, left.Cover)
		default:
			kinds[2]++
			assert.True(t, root.MissingLeft)
			assert.Equal(t, 5.0, left.Cover)
		}
	}
	assert.InDeltaSlice(t, []int{40, 20, 40}, kinds, 20, "thresholds are spread evenly")
}

func TestRowsAreDrawnEvenly(t *testing.T) {
	x := []float32{1, 2, 3, 4, 5, 6}
	s := Settings{Kind: forest.IsolationForest, SampleSize: 3}
	g := newIsolator(table(nil, x), s.complete(table(nil, x)))
	drawn := make([]int, len(x))
	const times = 6000
	for range times {
		g.plant()
		for _, row := range g.sample {
			drawn[row]++
		}
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(g.sample))), 3, "without replacement")
	}
	for _, n := range drawn {
		assert.InDelta(t, times/2, n, 160, "four deviations")
	}
}

// Values so near or so far apart that their range or its margin is no float32.
func TestExtremeRanges(t *testing.T) {
	one := float32(1)
	for _, x := range [][]float32{
		{one, math.Nextafter32(one, 2), one, math.Nextafter32(one, 2)},
		{-math.MaxFloat32, math.MaxFloat32, 0, 1},
		{0, math.SmallestNonzeroFloat32, 0, math.SmallestNonzeroFloat32},
	} {
		f := grown(t, table(nil, x), Settings{Kind: forest.IsolationForest, Trees: 50})
		for _, tree := range f.Trees {
			require.GreaterOrEqual(t, len(tree.Nodes), 3)
			for _, n := range tree.Nodes {
				assert.GreaterOrEqual(t, n.Cover, 1.0, "no margin, no empty side")
			}
		}
		grown(t, table(nil, x), Settings{Kind: forest.IsolationForest, Trees: 50, Margin: 10})
	}
}
