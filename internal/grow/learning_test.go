package grow

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// chequered returns rows of a chessboard of four fields, which no feature tells
// anything about by itself.
func chequered(seed uint64, rows int) *dataset.Table {
	random := rand.New(rand.NewPCG(seed, 2))
	labels, x, y := make([]int32, rows), make([]float32, rows), make([]float32, rows)
	for i := range rows {
		x[i], y[i] = random.Float32()-0.5, random.Float32()-0.5
		if x[i] > 0 != (y[i] > 0) {
			labels[i] = 1
		}
	}
	return table(labels, x, y)
}

func TestSeparableClassesAreLearntPerfectly(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const rows = 600
	labels, x, y := make([]int32, rows), make([]float32, rows), make([]float32, rows)
	for i := range rows {
		labels[i] = int32(i % 3)
		x[i], y[i] = random.Float32()+2*float32(labels[i]), random.Float32()
	}
	table := table(labels, x, y)
	for _, kind := range []forest.Kind{forest.RandomForest, forest.Bagging} {
		f := grown(t, table, Settings{Kind: kind, Trees: 30, Seed: 1})
		assert.Equal(t, 1.0, accuracy(f, table), kind)
	}
	tree := grown(t, table, plainTree()).Trees[0]
	require.Len(t, tree.Nodes, 5, "two splits part three classes")
	for _, n := range tree.Nodes {
		if n.Feature != forest.Leaf {
			assert.Equal(t, int32(0), n.Feature)
			assert.Contains(t, []int{15, 35}, int(math.Round(10*float64(n.Threshold))), "midway between two classes")
		}
	}
}

// At its root no split of a chessboard is better than another, so that it takes a
// tree that splits for no gain.
func TestChessboard(t *testing.T) {
	corners := table([]int32{0, 1, 1, 0}, []float32{0, 0, 1, 1}, []float32{0, 1, 0, 1})
	f := grown(t, corners, plainTree())
	assert.Equal(t, 1.0, accuracy(f, corners))
	assert.Len(t, f.Trees[0].Nodes, 7)

	f = grown(t, chequered(1, 2000), Settings{Kind: forest.RandomForest, Trees: 50, Seed: 1})
	assert.Greater(t, accuracy(f, chequered(2, 2000)), 0.97)
}

func TestClassWeightsShiftDecisions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const rows = 2000
	labels, x := make([]int32, rows), make([]float32, rows)
	for i := range rows {
		if i%10 == 0 {
			labels[i] = 1
		}
		x[i] = float32(random.NormFloat64()) + 1.5*float32(labels[i])
	}
	table := table(labels, x)
	recall := func(weights []float64) float64 {
		f := grown(t, table, Settings{Kind: forest.RandomForest, Trees: 20, MaxDepth: 4, ClassWeights: weights})
		found := 0
		for i := 0; i < rows; i += 10 {
			found += int(decide(f, []float32{x[i]}))
		}
		return float64(found) / (rows / 10)
	}
	plain, balanced, heavy := recall(nil), recall(Balanced(table)), recall([]float64{1, 1000})
	assert.Less(t, plain, 0.5)
	assert.InDelta(t, 0.77, balanced, 0.08, "the part of the rare class beyond the middle")
	assert.Greater(t, heavy, 0.99)
}

// A class that weighs as much as three is one that is there three times.
func TestClassWeightsAreCopies(t *testing.T) {
	small := synthetic(1, 200, 3, 3)
	copies := table(small.Labels, slices.Clone(small.Columns)...)
	for i, label := range small.Labels {
		for range 2 * int(label%2) {
			copies.Labels = append(copies.Labels, label)
			for f := range copies.Columns {
				copies.Columns[f] = append(copies.Columns[f], small.Columns[f][i])
			}
		}
	}
	weighted := plainTree()
	weighted.ClassWeights = []float64{1, 3, 1}
	assert.Equal(t, grown(t, copies, plainTree()).Trees, grown(t, small, weighted).Trees)
}

func TestMissingValuesTell(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const rows = 1000
	labels, x, y := make([]int32, rows), make([]float32, rows), make([]float32, rows)
	for i := range rows {
		x[i], y[i] = random.Float32(), random.Float32()
		switch {
		case i%4 == 0:
			x[i], labels[i] = missing, 1 // always the second class
		case x[i] > 0.7:
			labels[i] = 1
		}
	}
	table := table(labels, x, y)
	f := grown(t, table, plainTree())
	assert.Equal(t, 1.0, accuracy(f, table))
	assert.Len(t, f.Trees[0].Nodes, 3, "one split, missing values with the great ones")
	f = grown(t, table, Settings{Kind: forest.RandomForest, Trees: 20})
	assert.Equal(t, 1.0, accuracy(f, table))

	for i := range rows { // nothing but missing or not
		labels[i] = int32((i + 1) % 2)
		if x[i], y[i] = 1, missing; i%2 == 0 {
			x[i] = missing
		}
	}
	f = grown(t, table, plainTree())
	assert.Equal(t, 1.0, accuracy(f, table))
	assert.Len(t, f.Trees[0].Nodes, 3)
	assert.Equal(t, int32(0), decide(f, []float32{1e30, 0}), "any value is on the side of the values")
}
