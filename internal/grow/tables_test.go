package grow

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var missing = float32(math.NaN())

// table with columns and labels, and as many classes as the labels tell.
func table(labels []int32, columns ...[]float32) *dataset.Table {
	t := &dataset.Table{Columns: columns, Labels: labels}
	for f := range columns {
		t.Features = append(t.Features, fmt.Sprint("feature ", f))
	}
	last := int32(-1)
	for _, label := range labels {
		last = max(last, label)
	}
	for c := range last + 1 {
		t.Classes = append(t.Classes, fmt.Sprint("class ", c))
	}
	return t
}

// synthetic returns rows of normal values, all different, whose classes depend on
// sums, waves and products of three of five features; a tenth is drawn by lot.
func synthetic(seed uint64, rows, features, classes int) *dataset.Table {
	random := rand.New(rand.NewPCG(^seed, 1))
	labels := make([]int32, rows)
	columns := make([][]float32, features)
	for f := range columns {
		columns[f] = make([]float32, rows)
	}
	for i := range rows {
		sum := 0.0
		for f := range features {
			v := random.NormFloat64()
			columns[f][i] = float32(v)
			switch f % 5 {
			case 0:
				sum += v
			case 1:
				sum += math.Sin(3 * v)
			case 2:
				sum += v * float64(columns[f-1][i])
			}
		}
		p := 1 / (1 + math.Exp(-sum/math.Sqrt(float64(features)/5)))
		labels[i] = int32(min(int(p*float64(classes)), classes-1))
		if random.Float64() < 0.1 {
			labels[i] = random.Int32N(int32(classes))
		}
	}
	return table(labels, columns...)
}

// drawTable draws a small table with few or many different values, missing ones among
// them, and up to four classes, of which at least two occur.
func drawTable(t *rapid.T, maxRows int) *dataset.Table {
	rows := rapid.IntRange(2, maxRows).Draw(t, "rows")
	labels := make([]int32, rows)
	last := rapid.Int32Range(1, 3).Draw(t, "last class")
	for i := range labels {
		labels[i] = rapid.Int32Range(0, last).Draw(t, "label")
	}
	if labels[0] = 0; rows > 1 {
		labels[rows-1] = last
	}
	columns := make([][]float32, rapid.IntRange(1, 4).Draw(t, "features"))
	for f := range columns {
		values := rapid.OneOf(
			rapid.Float32Range(-2, 2), rapid.Float32(),
			rapid.Map(rapid.IntRange(-3, 3), func(n int) float32 { return float32(n) }),
			rapid.Map(rapid.IntRange(0, 3), func(n int) float32 { return math.Float32frombits(uint32(n)) }), // denormal
			rapid.SampledFrom([]float32{0, float32(math.Copysign(0, -1)), 1, math.Nextafter32(1, 2), math.MaxFloat32, -math.MaxFloat32}),
		).Filter(func(v float32) bool { return !math.IsInf(float64(v), 0) })
		if rapid.Bool().Draw(t, "some missing") {
			values = rapid.OneOf(values, rapid.Just(missing))
		}
		columns[f] = rapid.SliceOfN(values, rows, rows).Draw(t, "column")
	}
	return table(labels, columns...)
}

// leafOf walks a row down a tree and returns the node and its depth.
func leafOf(tree *forest.Tree, row []float32) (node, depth int) {
	for tree.Nodes[node].Feature != forest.Leaf {
		n := &tree.Nodes[node]
		v := row[n.Feature]
		node = int(n.Next)
		if !(v <= n.Threshold || v != v && n.MissingLeft) {
			node++
		}
		depth++
	}
	return node, depth
}

// score is the mean of what the trees say.
func score(f *forest.Forest, row []float32) []float64 {
	sum := make([]float64, f.Outputs())
	for i := range f.Trees {
		tree := &f.Trees[i]
		leaf, _ := leafOf(tree, row)
		for k := range sum {
			sum[k] += tree.Values[int(tree.Nodes[leaf].Next)*len(sum)+k] / float64(len(f.Trees))
		}
	}
	return sum
}

func decide(f *forest.Forest, row []float32) int32 {
	best := 0
	scores := score(f, row)
	for k, s := range scores {
		if s > scores[best] {
			best = k
		}
	}
	return int32(best)
}

// accuracy is the part of the rows whose class the forest finds.
func accuracy(f *forest.Forest, t *dataset.Table) float64 {
	right := 0
	var row []float32
	for i, label := range t.Labels {
		if row = t.Row(row[:0], i); decide(f, row) == label {
			right++
		}
	}
	return float64(right) / float64(t.Rows())
}

// grown grows a forest, which has to be valid.
func grown(t require.TestingT, table *dataset.Table, s Settings) *forest.Forest {
	f, err := Grow(context.Background(), table, s)
	require.NoError(t, err)
	require.NoError(t, f.Validate())
	return f
}

// plainTree are the settings of a single tree on all rows.
func plainTree() Settings {
	return Settings{Kind: forest.Bagging, Trees: 1, WholeSample: true, Workers: 1}
}
