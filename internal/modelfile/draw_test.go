package modelfile

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// drawForest draws a valid forest of any kind. Some of its trees can be written
// short (breadth first, cover that adds up, ...), others cannot.
func drawForest(t *rapid.T) *forest.Forest {
	f := &forest.Forest{
		Kind: rapid.SampledFrom([]forest.Kind{
			forest.RandomForest, forest.Bagging, forest.IsolationForest, forest.Boosting,
		}).Draw(t, "kind"),
		Features: drawNames(t, "feature", rapid.IntRange(1, 5).Draw(t, "features")),
		Origin:   rapid.SampledFrom([]string{"", "a week of <calls> & \"clicks\"", "línea\u2028\n"}).Draw(t, "origin"),
	}
	if f.Kind == forest.IsolationForest {
		f.SampleSize = rapid.IntRange(2, 256).Draw(t, "sample size")
	} else {
		f.Classes = drawNames(t, "class", rapid.IntRange(2, 4).Draw(t, "classes"))
	}
	if f.Kind == forest.Boosting && rapid.Bool().Draw(t, "with base") {
		f.Base = rapid.SliceOfN(drawFloat64(), f.Outputs(), f.Outputs()).Draw(t, "base")
	}
	for range rapid.IntRange(1, 4).Draw(t, "trees") {
		f.Trees = append(f.Trees, drawTree(t, f))
	}
	return f
}

// drawNames draws distinct names.
func drawNames(t *rapid.T, what string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(what, " ", i, rapid.SampledFrom([]string{"", "ü", "\"\\", "<&>"}).Draw(t, what))
	}
	return names
}

func drawFloat64() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(-forest.MaxValue, forest.MaxValue), rapid.Float64Range(-10, 10))
}

func drawThreshold() *rapid.Generator[float32] {
	infinite := []float32{float32(math.Inf(-1)), float32(math.Inf(1))}
	return rapid.OneOf(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32), rapid.SampledFrom(infinite))
}

func drawTree(t *rapid.T, f *forest.Forest) forest.Tree {
	tree := forest.Tree{Output: forest.AllOutputs}
	width := f.Outputs()
	if f.Kind == forest.Boosting {
		tree.Output, width = rapid.IntRange(0, f.Outputs()-1).Draw(t, "output"), 1
	}
	root := drawShape(t, len(f.Features), 6)
	numbering := rapid.IntRange(0, 2).Draw(t, "numbering")
	ordered := numbering < 2
	if numbering == 0 {
		tree.Nodes = root.breadthFirst()
	} else {
		tree.Nodes = root.depthFirst()
	}
	leaves := len(tree.Nodes)/2 + 1
	if !ordered {
		shuffleLeaves(tree.Nodes, rapid.Permutation(numbersTo(leaves)).Draw(t, "leaves"))
	}
	drawCover(t, tree.Nodes)
	missing := rapid.IntRange(0, 2).Draw(t, "missing")
	for i := range tree.Nodes {
		n := &tree.Nodes[i]
		n.MissingLeft = missing == 0 && majorityLeft(tree.Nodes, n) ||
			missing == 1 && n.Feature != forest.Leaf && rapid.Bool().Draw(t, "missing left")
	}
	switch {
	case f.Kind == forest.IsolationForest && ordered && rapid.Bool().Draw(t, "path lengths"):
		tree.Values = pathLengths(tree.Nodes)
	case f.Kind == forest.IsolationForest:
		tree.Values = rapid.SliceOfN(rapid.Float64Range(0, 20), leaves, leaves).Draw(t, "lengths")
	case f.Kind == forest.Boosting:
		tree.Values = rapid.SliceOfN(drawFloat64(), leaves*width, leaves*width).Draw(t, "values")
	default:
		for range leaves {
			tree.Values = append(tree.Values, drawShares(t, width)...)
		}
	}
	return tree
}

// shape is a tree whose nodes have no numbers yet.
type shape struct {
	feature     int32
	threshold   float32
	left, right *shape // nil of a leaf
}

func drawShape(t *rapid.T, features, depth int) *shape {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		return &shape{feature: forest.Leaf}
	}
	return &shape{
		feature:   int32(rapid.IntRange(0, features-1).Draw(t, "feature")),
		threshold: drawThreshold().Draw(t, "threshold"),
		left:      drawShape(t, features, depth-1), right: drawShape(t, features, depth-1),
	}
}

func (s *shape) node() forest.Node { return forest.Node{Feature: s.feature, Threshold: s.threshold} }

func (s *shape) breadthFirst() []forest.Node {
	var nodes []forest.Node
	var leaves int32
	queue := []*shape{s}
	for i := 0; i < len(queue); i++ {
		s, n := queue[i], queue[i].node()
		if s.left == nil {
			n.Next = leaves
			leaves++
		} else {
			n.Next = int32(len(queue))
			queue = append(queue, s.left, s.right)
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func (s *shape) depthFirst() []forest.Node {
	nodes := []forest.Node{{}}
	var leaves int32
	var visit func(s *shape, i int)
	visit = func(s *shape, i int) {
		nodes[i] = s.node()
		if s.left == nil {
			nodes[i].Next = leaves
			leaves++
			return
		}
		next := len(nodes)
		nodes[i].Next = int32(next)
		nodes = append(nodes, forest.Node{}, forest.Node{})
		visit(s.left, next)
		visit(s.right, next+1)
	}
	visit(s, 0)
	return nodes
}

func shuffleLeaves(nodes []forest.Node, order []int) {
	for i := range nodes {
		if n := &nodes[i]; n.Feature == forest.Leaf {
			n.Next = int32(order[n.Next])
		}
	}
}

func drawCover(t *rapid.T, nodes []forest.Node) {
	for i := range nodes {
		nodes[i].Cover = float64(rapid.IntRange(1, 1000).Draw(t, "rows"))
	}
	switch rapid.IntRange(0, 2).Draw(t, "cover") {
	case 0:
		addUpCover(nodes)
	case 1:
		for i := range nodes {
			nodes[i].Cover *= rapid.Float64Range(0.001, 1000).Draw(t, "weight")
		}
	}
}

// drawShares draws probabilities that add up to 1.
func drawShares(t *rapid.T, n int) []float64 {
	shares := make([]float64, n)
	sum := 0.0
	for i := range shares {
		shares[i] = float64(rapid.IntRange(0, 9).Draw(t, "rows of a class"))
		sum += shares[i]
	}
	if sum == 0 {
		shares[0], sum = 1, 1
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

func numbersTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}
