package grow

import (
	"context"
	"math"
	"slices"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// emptyCover is the cover of a leaf that no row came to. A cover has to be above 0;
// this one weighs next to nothing beside that of a single row. Splits have the sum
// of their leaves' covers.
const emptyCover = 1.0 / 1024

// isolator grows isolation trees, breadth first.
type isolator struct {
	settings Settings
	columns  [][]float32
	random   chance

	all      []uint32 // all rows, in their order
	swapped  []int    // what each of the first of them changes places with
	sample   []uint32 // rows of the tree; a node's are adjacent
	nodes    []forest.Node
	open     []open
	values   []float64
	features []int32
	fixed    []uint64 // for each node a set of features that are constant in it
	words    int      // of such a set
}

func newIsolator(t *dataset.Table, s Settings) *isolator {
	g := &isolator{settings: s, columns: t.Columns, words: (len(t.Columns) + 63) / 64}
	g.all = make([]uint32, t.Rows())
	for i := range g.all {
		g.all[i] = uint32(i)
	}
	g.features = make([]int32, len(t.Columns))
	return g
}

func (g *isolator) grow(ctx context.Context, number int) (forest.Tree, error) {
	g.random.Seed(g.settings.Seed, uint64(number))
	g.plant()
	const often = 1 << 12 // nodes between looks at the context
	for i := 0; i < len(g.nodes); i++ {
		g.visit(i)
		if len(g.nodes) > forest.MaxNodes {
			return forest.Tree{}, errNodes
		}
		if i%often == 0 && ctx.Err() != nil {
			return forest.Tree{}, context.Cause(ctx)
		}
	}
	forest.CompleteCovers(g.nodes)
	return forest.Tree{Nodes: slices.Clone(g.nodes), Values: slices.Clone(g.values), Output: forest.AllOutputs}, nil
}

// plant draws the tree's sample for the root, without replacement.
func (g *isolator) plant() {
	g.swapped = g.swapped[:0]
	for i := range g.settings.SampleSize {
		j := i + g.random.below(len(g.all)-i)
		g.all[i], g.all[j] = g.all[j], g.all[i]
		g.swapped = append(g.swapped, j)
	}
	g.sample = append(g.sample[:0], g.all[:g.settings.SampleSize]...)
	for i, j := range slices.Backward(g.swapped) {
		g.all[i], g.all[j] = g.all[j], g.all[i]
	}
	for i := range g.features {
		g.features[i] = int32(i)
	}
	g.values = g.values[:0]
	g.nodes = append(g.nodes[:0], forest.Node{})
	g.open = append(g.open[:0], open{end: int32(g.settings.SampleSize)})
	g.fixed = append(g.fixed[:0], make([]uint64, g.words)...)
}

// visit makes node i a leaf, or a split with its children behind all nodes.
func (g *isolator) visit(i int) {
	o := g.open[i]
	rows := g.sample[o.begin:o.end]
	node := &g.nodes[i]
	if len(rows) < 2 || int(o.depth) == g.settings.MaxDepth || !g.draw(i, rows) {
		node.Feature, node.Next = forest.Leaf, int32(len(g.values))
		node.Cover = max(float64(len(rows)), emptyCover)
		g.values = append(g.values, float64(o.depth)+forest.AveragePathLength(float64(len(rows))))
		return
	}
	node.Next = int32(len(g.nodes))
	middle := o.begin + g.divide(rows, node)
	g.open = append(g.open, open{begin: o.begin, end: middle, depth: o.depth + 1}, open{begin: middle, end: o.end, depth: o.depth + 1})
	g.nodes = append(g.nodes, forest.Node{}, forest.Node{})
	fixed := g.fixed[i*g.words : (i+1)*g.words]
	g.fixed = append(append(g.fixed, fixed...), fixed...)
}

// draw draws a feature and a threshold for node i, false if all features are
// constant.
func (g *isolator) draw(i int, rows []uint32) bool {
	fixed := g.fixed[i*g.words : (i+1)*g.words]
	for j := range g.features {
		k := j + g.random.below(len(g.features)-j)
		g.features[j], g.features[k] = g.features[k], g.features[j]
		f := g.features[j]
		if fixed[f>>6]>>(f&63)&1 != 0 {
			continue
		}
		if least, greatest := limits(rows, g.columns[f]); least < greatest {
			g.nodes[i].Feature, g.nodes[i].Threshold = f, g.threshold(least, greatest)
			return true
		}
		fixed[f>>6] |= 1 << (f & 63)
	}
	return false
}

// limits returns the least and the greatest value of some rows, +Inf and -Inf where
// all are missing.
func limits(rows []uint32, values []float32) (least, greatest float32) {
	least, greatest = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, row := range rows {
		v := values[row]
		if v < least {
			least = v
		}
		if v > greatest {
			greatest = v
		}
	}
	return least, greatest
}

// threshold draws one from the range of values and the margin around it. Without a
// margin it leaves values on both sides.
func (g *isolator) threshold(least, greatest float32) float32 {
	from, to := float64(least), float64(greatest)
	margin := g.settings.Margin * (to - from)
	t := from - margin + g.random.fraction()*(to-from+2*margin)
	t32 := float32(min(max(t, -math.MaxFloat32), math.MaxFloat32))
	if margin == 0 && t32 >= greatest {
		return math.Nextafter32(greatest, least)
	}
	return t32
}

// divide moves the rows that go left at a split to the front and returns how many
// these are. Rows without a value go with the greater number of the others.
func (g *isolator) divide(rows []uint32, split *forest.Node) int32 {
	values := g.columns[split.Feature]
	left, right := 0, 0
	for _, row := range rows {
		switch v := values[row]; {
		case v <= split.Threshold:
			left++
		case v > split.Threshold:
			right++
		}
	}
	split.MissingLeft = left >= right
	middle := 0
	for i, row := range rows {
		v := values[row]
		if v <= split.Threshold || split.MissingLeft && v != v {
			rows[i], rows[middle] = rows[middle], row
			middle++
		}
	}
	return int32(middle)
}
