package grow

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// Any settings make a valid forest whose covers add up.
func TestForestsAreSound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := drawTable(rt, 30)
		s := Settings{
			Kind:     rapid.SampledFrom([]forest.Kind{forest.RandomForest, forest.Bagging, forest.IsolationForest}).Draw(rt, "kind"),
			Trees:    rapid.IntRange(1, 5).Draw(rt, "trees"),
			MaxDepth: rapid.IntRange(0, 5).Draw(rt, "max depth"),
			Seed:     rapid.Uint64().Draw(rt, "seed"),
			Workers:  1,
		}
		if s.Kind == forest.IsolationForest {
			s.Margin = rapid.SampledFrom([]float64{0, 0, 0.1, 1, 10}).Draw(rt, "margin")
			s.SampleSize = rapid.SampledFrom([]int{0, 2, 7}).Draw(rt, "sample size")
		} else {
			s.WholeSample = rapid.Bool().Draw(rt, "whole sample")
			s.MinLeaf = rapid.IntRange(0, 4).Draw(rt, "min leaf")
			s.MaxFeatures = rapid.IntRange(0, len(table.Features)).Draw(rt, "max features")
		}
		f := grown(rt, table, s)
		assert.Len(rt, f.Trees, s.Trees)
		for i := range f.Trees {
			checkTree(rt, table, &f.Trees[i], s)
		}
	})
}

func checkTree(t require.TestingT, table *dataset.Table, tree *forest.Tree, s Settings) {
	s = s.complete(table)
	for i := range tree.Nodes {
		if n := &tree.Nodes[i]; n.Feature != forest.Leaf {
			require.InEpsilon(t, n.Cover, tree.Nodes[n.Next].Cover+tree.Nodes[n.Next+1].Cover, 1e-12)
			require.False(t, math.IsInf(float64(n.Threshold), 0))
		}
	}
	if s.Kind != forest.IsolationForest {
		require.InEpsilon(t, float64(table.Rows()), tree.Nodes[0].Cover, 1e-12, "as many draws as rows")
	}
	var row []float32
	for i := range table.Rows() {
		row = table.Row(row[:0], i)
		leaf, depth := leafOf(tree, row)
		require.LessOrEqual(t, depth, s.MaxDepth)
		if s.Kind == forest.IsolationForest {
			n := &tree.Nodes[leaf]
			require.InDelta(t, float64(depth)+forest.AveragePathLength(math.Floor(n.Cover)), tree.Values[n.Next], 1e-9)
		}
	}
}

func TestABootstrapSample(t *testing.T) {
	table := synthetic(1, 2000, 2, 2)
	s := Settings{Kind: forest.Bagging, Trees: 40, MaxDepth: 1, Seed: 3}
	roots := make(map[[2]float64]bool)
	inOne := 0.0
	for _, tree := range grown(t, table, s).Trees {
		require.Len(t, tree.Nodes, 3)
		assert.Equal(t, 2000.0, tree.Nodes[0].Cover)
		n := tree.Nodes[0]
		roots[[2]float64{float64(n.Threshold), tree.Nodes[1].Cover}] = true
		inOne += tree.Nodes[1].Cover
	}
	assert.Greater(t, len(roots), 35, "each tree has its own sample")

	m, err := newMatrix(t.Context(), table, 1)
	require.NoError(t, err)
	g := newClassifier(table, m, s.complete(table))
	distinct := 0
	for number := range 20 {
		_, err := g.grow(t.Context(), number)
		require.NoError(t, err)
		distinct += len(g.samples[0])
	}
	assert.InDelta(t, 1-1/math.E, float64(distinct)/20/2000, 0.005)
}

// Features are drawn evenly, and constant ones take no place.
func TestFeaturesAreDrawn(t *testing.T) {
	table := synthetic(1, 300, 4, 2)
	for _, c := range []float32{1, missing} {
		column := make([]float32, 300)
		for i := range column {
			column[i] = c
		}
		table.Columns, table.Features = append(table.Columns, column), append(table.Features, string(rune('a'+len(table.Columns))))
	}
	f := grown(t, table, Settings{Kind: forest.RandomForest, Trees: 800, MaxFeatures: 1, MaxDepth: 1})
	roots := make([]int, 6)
	for _, tree := range f.Trees {
		require.Len(t, tree.Nodes, 3)
		roots[tree.Nodes[0].Feature]++
	}
	for feature, n := range roots[:4] {
		assert.InDelta(t, 200, n, 50, "feature %d: four deviations", feature)
	}
	assert.Equal(t, []int{0, 0}, roots[4:])
}

// Of five features three are constant left of the first split, and the last tells the
// classes there: whichever is drawn first, the search goes on until that one.
func TestFeaturesThatBecomeConstantTakeNoPlace(t *testing.T) {
	const rows = 400
	labels, columns := make([]int32, rows), make([][]float32, 5)
	for f := range columns {
		columns[f] = make([]float32, rows)
	}
	for i := range rows {
		v := float32(i)
		if i < rows/2 {
			columns[4][i] = v
			labels[i] = int32(i % 2)
		} else {
			labels[i] = 2
			for f := range columns {
				columns[f][i] = 1000 + v
			}
		}
	}
	table := table(labels, columns...)
	for _, tree := range grown(t, table, Settings{Kind: forest.RandomForest, Trees: 20, MaxFeatures: 1}).Trees {
		for _, p := range tree.Values {
			assert.Contains(t, []float64{0, 1}, p, "pure leaves")
		}
	}
}

func TestNothingToSplit(t *testing.T) {
	constant := table([]int32{0, 1, 1, 1}, []float32{5, 5, 5, 5}, []float32{missing, missing, missing, missing})
	f := grown(t, constant, plainTree())
	assert.Equal(t, []forest.Node{{Feature: forest.Leaf, Cover: 4}}, f.Trees[0].Nodes)
	assert.Equal(t, []float64{0.25, 0.75}, f.Trees[0].Values)

	f = grown(t, constant, Settings{Kind: forest.IsolationForest, Trees: 1, Margin: 1})
	assert.Equal(t, []forest.Node{{Feature: forest.Leaf, Cover: 4}}, f.Trees[0].Nodes)
	assert.Equal(t, []float64{forest.AveragePathLength(4)}, f.Trees[0].Values)
}

func TestClassesKeepTheirOrder(t *testing.T) {
	table := table([]int32{2, 0, 2, 0}, []float32{1, 2, 1, 2})
	table.Classes = []string{"z", "nobody", "a"}
	f := grown(t, table, Settings{Kind: forest.Bagging, Trees: 3, WholeSample: true})
	assert.Equal(t, []string{"z", "nobody", "a"}, f.Classes)
	assert.Equal(t, []float64{0, 0, 1}, score(f, []float32{1}))
	assert.Equal(t, []float64{1, 0, 0}, score(f, []float32{2}))
}

func TestBalanced(t *testing.T) {
	table := table([]int32{0, 1, 1, 1, 3, 3})
	assert.Equal(t, []float64{2, 2.0 / 3, 1, 1}, Balanced(table), "six rows of three classes")
	table.Labels = append(table.Labels, -1, 9)
	assert.Equal(t, []float64{2, 2.0 / 3, 1, 1}, Balanced(table))
	assert.Empty(t, Balanced(&dataset.Table{}))
}
