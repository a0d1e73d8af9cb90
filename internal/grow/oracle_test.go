package grow

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// impurity is weight · Gini impurity of some rows.
func impurity(t *dataset.Table, rows []int, weights []float64) float64 {
	of := make([]float64, len(t.Classes))
	sum := 0.0
	for _, row := range rows {
		of[t.Labels[row]] += weights[t.Labels[row]]
		sum += weights[t.Labels[row]]
	}
	rest := 1.0
	for _, w := range of {
		rest -= w / sum * w / sum
	}
	return sum * rest
}

// sides splits rows.
func sides(t *dataset.Table, rows []int, feature int32, threshold float32, missingLeft bool) (left, right []int) {
	for _, row := range rows {
		if v := t.Columns[feature][row]; v <= threshold || v != v && missingLeft {
			left = append(left, row)
		} else {
			right = append(right, row)
		}
	}
	return left, right
}

// leastImpurity tries all splits of rows: at each value that occurs, with missing
// rows on either side. It returns +Inf if none leaves enough rows on both sides.
func leastImpurity(t *dataset.Table, rows []int, weights []float64, minLeaf int) float64 {
	least := math.Inf(1)
	for f, column := range t.Columns {
		for _, row := range rows {
			for _, missingLeft := range []bool{false, true} {
				if column[row] != column[row] {
					continue
				}
				left, right := sides(t, rows, int32(f), column[row], missingLeft)
				if len(left) >= minLeaf && len(right) >= minLeaf {
					least = min(least, impurity(t, left, weights)+impurity(t, right, weights))
				}
			}
		}
	}
	return least
}

// eachNode calls look with each node of a tree, its depth and the rows that come by.
func eachNode(t *dataset.Table, tree *forest.Tree, look func(n *forest.Node, depth int, rows []int)) {
	var walk func(node int32, depth int, rows []int)
	walk = func(node int32, depth int, rows []int) {
		n := &tree.Nodes[node]
		look(n, depth, rows)
		if n.Feature == forest.Leaf {
			return
		}
		left, right := sides(t, rows, n.Feature, n.Threshold, n.MissingLeft)
		walk(n.Next, depth+1, left)
		walk(n.Next+1, depth+1, right)
	}
	all := make([]int, t.Rows())
	for i := range all {
		all[i] = i
	}
	walk(0, 0, all)
}

func TestEachSplitIsTheBest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		table := drawTable(rt, 40)
		s := plainTree()
		s.MinLeaf = rapid.IntRange(1, 3).Draw(rt, "min leaf")
		s.MaxDepth = rapid.IntRange(0, 4).Draw(rt, "max depth")
		weights := []float64{1, 1, 1, 1}[:len(table.Classes)]
		if rapid.Bool().Draw(rt, "weights") {
			weights = rapid.SliceOfN(rapid.SampledFrom([]float64{0.1, 1, 2.5, 1000}), len(weights), len(weights)).Draw(rt, "of classes")
			s.ClassWeights = weights
		}
		tree := &grown(rt, table, s).Trees[0]
		eachNode(table, tree, func(n *forest.Node, depth int, rows []int) {
			whole := impurity(table, rows, weights)
			checkCover(rt, table, n, rows, weights)
			if n.Feature == forest.Leaf {
				checkLeaf(rt, table, tree, n, rows, weights)
				splittable := whole > 1e-9*n.Cover && !math.IsInf(leastImpurity(table, rows, weights, s.MinLeaf), 1)
				require.False(rt, splittable && (s.MaxDepth == 0 || depth < s.MaxDepth), "an impure leaf that could be split: %v", rows)
				return
			}
			left, right := sides(table, rows, n.Feature, n.Threshold, n.MissingLeft)
			require.True(rt, len(left) >= s.MinLeaf && len(right) >= s.MinLeaf)
			require.True(rt, s.MaxDepth == 0 || depth < s.MaxDepth)
			rest := impurity(table, left, weights) + impurity(table, right, weights)
			require.InDelta(rt, leastImpurity(table, rows, weights, s.MinLeaf), rest, 1e-9*n.Cover)
			checkMissing(rt, table, tree, n, rows)
			checkThreshold(rt, table.Columns[n.Feature], n, left, right)
		})
	})
}

func checkCover(t require.TestingT, table *dataset.Table, n *forest.Node, rows []int, weights []float64) {
	cover := 0.0
	for _, row := range rows {
		cover += weights[table.Labels[row]]
	}
	require.InEpsilon(t, cover, n.Cover, 1e-12)
}

// checkLeaf compares a leaf with the classes of its rows.
func checkLeaf(t require.TestingT, table *dataset.Table, tree *forest.Tree, n *forest.Node, rows []int, weights []float64) {
	for class := range table.Classes {
		part := 0.0
		for _, row := range rows {
			if int(table.Labels[row]) == class {
				part += weights[class] / n.Cover
			}
		}
		require.InDelta(t, part, tree.Values[int(n.Next)*len(table.Classes)+class], 1e-12)
	}
}

// checkMissing looks at where a split sends what its rows did not tell.
func checkMissing(t require.TestingT, table *dataset.Table, tree *forest.Tree, n *forest.Node, rows []int) {
	for _, row := range rows {
		if v := table.Columns[n.Feature][row]; v != v {
			return
		}
	}
	require.Equal(t, tree.Nodes[n.Next].Cover >= tree.Nodes[n.Next+1].Cover, n.MissingLeft)
}

// checkThreshold looks at whether a threshold is midway between the rows' values.
func checkThreshold(t require.TestingT, column []float32, n *forest.Node, left, right []int) {
	lower, upper := float32(math.Inf(-1)), float32(math.Inf(1))
	for _, row := range left {
		if v := column[row]; v > lower {
			lower = v
		}
	}
	for _, row := range right {
		if v := column[row]; v < upper {
			upper = v
		}
	}
	if math.IsInf(float64(upper), 1) {
		require.Equal(t, float32(math.MaxFloat32), n.Threshold, "missing rows set aside")
		return
	}
	require.Equal(t, between(lower, upper), n.Threshold)
}

// Within the two bins of a rough split the threshold is the best one.
func TestRefine(t *testing.T) {
	for seed := range uint64(40) {
		table := synthetic(seed, 1200, 2, 2+int(seed%3))
		punch(table, float64(seed%2)/5)
		weights := []float64{1, 3, 0.5, 1}[:len(table.Classes)]
		m, err := newMatrix(t.Context(), table, 1)
		require.NoError(t, err)
		s := search{matrix: m}
		s.node.minLeaf = 1 + uint32(seed%7)
		rows, all := make([]sample, table.Rows()), make([]int, table.Rows())
		for i := range rows {
			rows[i], all[i] = sample{uint32(i), newTag(1, table.Labels[i])}, i
		}
		s.node.count(rows, weights)
		s.start()
		require.True(t, s.try(1, rows))
		if s.best.upper == noUpper {
			continue
		}
		require.True(t, s.best.rough)
		rough, c := s.best, &m.columns[1]
		s.refine(rows)

		at := func(threshold float32) float64 {
			left, right := sides(table, all, 1, threshold, rough.missingLeft)
			if len(left) < int(s.node.minLeaf) || len(right) < int(s.node.minLeaf) {
				return math.Inf(1)
			}
			return impurity(table, left, weights) + impurity(table, right, weights)
		}
		least := math.Inf(1)
		for rank, v := range c.distinct[:len(c.distinct)-1] {
			row := slices.Index(table.Columns[1], v)
			above := slices.Index(table.Columns[1], c.distinct[rank+1])
			if int32(c.bins[row]) >= rough.lower && int32(c.bins[above]) <= rough.upper {
				least = min(least, at(v))
			}
		}
		assert.InDelta(t, least, at(c.threshold(s.best.ranks)), 1e-9)
	}
}

// Some hundred rows that are all in one bin of a large table are parted all the same.
func TestRowsOfOneBin(t *testing.T) {
	const rows = 80_000
	labels, x, y := make([]int32, rows), make([]float32, rows), make([]float32, rows)
	for i := range x {
		x[i] = float32(i)
	}
	c, _ := columnOf(x)
	first, end := slices.Index(c.bins, 100), slices.Index(c.bins, 101)
	require.Greater(t, end-first, maxBins, "or they are sorted anyhow")
	for i := first; i < end; i++ {
		y[i] = 1
		if i-first > 50 {
			labels[i] = 1
		}
	}
	table := table(labels, x, y)
	f := grown(t, table, plainTree())
	assert.Equal(t, 1.0, accuracy(f, table))
	assert.Len(t, f.Trees[0].Nodes, 5)
}

// Nodes of many rows with many values are split at the best boundary of bins, and
// then as well as the two bins beside it allow. Where there is little to gain, as
// among the last few hundred rows that differ by chance, a part of it may be lost.
func TestBinsCostNextToNothing(t *testing.T) {
	for _, classes := range []int{2, 3, 8} {
		for _, gaps := range []float64{0, 0.1} {
			t.Run(fmt.Sprint(classes, " classes, missing ", gaps), func(t *testing.T) {
				table := synthetic(uint64(classes), 3000, 3, classes)
				punch(table, gaps)
				weights := make([]float64, classes)
				for i := range weights {
					weights[i] = float64(1 + i%2)
				}
				s := plainTree()
				s.ClassWeights, s.MinLeaf = weights, 5
				tree := &grown(t, table, s).Trees[0]
				nodes, gains, bests := 0, 0.0, 0.0
				eachNode(table, tree, func(n *forest.Node, _ int, rows []int) {
					if n.Feature == forest.Leaf || len(rows) < 255 {
						return
					}
					nodes++
					left, right := sides(table, rows, n.Feature, n.Threshold, n.MissingLeft)
					whole := impurity(table, rows, weights)
					gain := whole - impurity(table, left, weights) - impurity(table, right, weights)
					best := whole - leastBySorting(table, rows, weights, s.MinLeaf)
					assert.Greater(t, gain, 0.8*best-1e-9*whole, "%d rows", len(rows))
					gains, bests = gains+gain, bests+best
				})
				assert.Greater(t, nodes, 5)
				assert.Greater(t, gains, 0.99*bests)
			})
		}
	}
}

// punch takes that part of the values out.
func punch(t *dataset.Table, part float64) {
	random := rand.New(rand.NewPCG(5, 5))
	for _, column := range t.Columns {
		for i := range column {
			if random.Float64() < part {
				column[i] = missing
			}
		}
	}
}

// leastBySorting is leastImpurity for many rows.
func leastBySorting(t *dataset.Table, rows []int, weights []float64, minLeaf int) float64 {
	least := math.Inf(1)
	for _, column := range t.Columns {
		var present, without []int
		for _, row := range rows {
			if column[row] == column[row] {
				present = append(present, row)
			} else {
				without = append(without, row)
			}
		}
		slices.SortFunc(present, func(a, b int) int { return cmp.Compare(column[a], column[b]) })
		for _, missingLeft := range []bool{false, true} {
			left, right := make([]float64, len(weights)), make([]float64, len(weights))
			lefts := 0
			move := func(row int, weight float64) {
				left[t.Labels[row]] += weight
				right[t.Labels[row]] -= weight
				lefts++
			}
			for _, row := range rows {
				right[t.Labels[row]] += weights[t.Labels[row]]
			}
			if missingLeft {
				for _, row := range without {
					move(row, weights[t.Labels[row]])
				}
			}
			for i, row := range present {
				move(row, weights[t.Labels[row]])
				if i+1 < len(present) && column[row] == column[present[i+1]] {
					continue
				}
				if lefts >= minLeaf && len(rows)-lefts >= minLeaf {
					least = min(least, giniOf(left)+giniOf(right))
				}
			}
		}
	}
	return least
}

// giniOf is weight · Gini impurity of classes of these weights.
func giniOf(weights []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, w := range weights {
		sum += w
		squares += w * w
	}
	return sum - squares/sum
}
