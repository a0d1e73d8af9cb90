package forest

import (
	"math"
	"slices"
)

// Explain says how much each feature moves one raw output (see [Scorer.Raw]) of a
// row away from base, which is its mean by the trees' cover: base and the
// contributions add up to the raw output, but for rounding. They are the Shapley
// values of path-dependent TreeSHAP, see the package comment; a row of another
// length is taken as by a [Scorer].
//
// Contributions have the unit of the output. That of an isolation forest is the
// path length: a negative contribution makes the row more anomalous.
//
// The forest must be valid. An output that it does not have gets a base of 0 and
// contributions of 0.
func (f *Forest) Explain(row []float32, output int) (base float64, contributions []float64) {
	contributions = make([]float64, len(f.Features))
	if output < 0 || output >= f.Outputs() {
		return 0, contributions
	}
	e := newExplanation(f, row, output, contributions)
	for i := range f.Trees {
		t := &f.Trees[i]
		if t.Output == AllOutputs || t.Output == output {
			e.tree = t
			e.visit(0, 0, e.levels[0].left, 1, 1)
		}
	}
	base = e.base
	switch {
	case f.Kind != Boosting:
		base /= float64(len(f.Trees))
		for i := range contributions {
			contributions[i] /= float64(len(f.Trees))
		}
	case len(f.Base) != 0:
		base += f.Base[output]
	}
	return base, contributions
}

// explanation is the state of a walk through all of a tree, depth first. Slices have
// one element for each point of the quadrature, but for shares and contributions.
type explanation struct {
	row    []float32
	output int
	width  int // values of a leaf in trees that add to all outputs
	tree   *Tree

	rule   []point
	levels []*level
	shares []share // of each feature, on the path so far

	base          float64
	contributions []float64
}

// term is what the walk knows at a point, of the nodes below one.
type term struct {
	product float64 // of the factors of all features on the path
	sum     float64 // of value times product over the leaves
}

// share is the factor z·(1−t) + o·t of a feature.
type share struct {
	zero float64 // z: the part of the cover that passes all splits on the feature
	// level that has the inverse of the factor; failed if o = 0: the row does not pass
	// all those splits.
	level int
}

const failed = -1

// level is what a fork finds: the terms of its children, and the inverse of its
// feature's factor below the one that the row goes to. The first is above the root.
type level struct {
	left, right []term
	inverse     []float64
}

// fewFeatures are so few that the depth of the trees, which takes a look at all
// nodes, would not save much.
const fewFeatures = 16

func newExplanation(f *Forest, row []float32, output int, contributions []float64) *explanation {
	// Without the feature's own factor the polynomial has a degree of one less than
	// the features on a path.
	most := len(f.Features)
	if most > fewFeatures {
		most = min(most, f.depth())
	}
	n := max(1, (most+1)/2)
	if missing := len(f.Features) - len(row); missing > 0 {
		row = append(slices.Clone(row), slices.Repeat([]float32{float32(math.NaN())}, missing)...)
	}
	return &explanation{
		row: row, output: output, width: f.Outputs(), rule: gaussLegendre(n),
		levels: []*level{{left: slices.Repeat([]term{{product: 1}}, n), inverse: slices.Repeat([]float64{1}, n)}},
		shares: slices.Repeat([]share{{zero: 1}}, len(f.Features)), contributions: contributions,
	}
}

// below returns the level below.
func (e *explanation) below(depth int) *level {
	if depth++; depth == len(e.levels) {
		n := len(e.rule)
		e.levels = append(e.levels, &level{left: make([]term, n), right: make([]term, n), inverse: make([]float64, n)})
	}
	return e.levels[depth]
}

// visit adds up the leaves below a node and the contributions of the splits there.
// The product on the path to it is that of the terms, times scale. It returns the sum
// of scale times value over the leaves with that very product; those with another are
// in the terms' sum. Part is the part of all rows that get there, depth the number of
// forks above.
func (e *explanation) visit(node int32, depth int, terms []term, scale, part float64) float64 {
	n := &e.tree.Nodes[node]
	if n.Feature == Leaf {
		value := e.value(n)
		e.base += value * part
		return scale * value
	}
	left, right := &e.tree.Nodes[n.Next], &e.tree.Nodes[n.Next+1]
	// The parent's cover would do as well if it were the sum, but files round it.
	partLeft := left.Cover / (left.Cover + right.Cover)
	partRight := 1 - partLeft
	known := e.shares[n.Feature].level != failed
	if left.Feature == Leaf && right.Feature == Leaf { // most splits of a full tree, so this is worth it
		a, b := e.value(left), e.value(right)
		mean := a*partLeft + b*partRight
		e.base += mean * part
		if !known {
			return scale * mean
		}
		e.leaves(n, terms, scale, mean, a, b)
		return 0
	}
	if known {
		e.fork(n, depth, terms, scale, part, partLeft)
		return 0
	}
	// The feature's factor is z·(1−t) above and below: it only gets smaller, and no
	// leaf gives more or less through it.
	return e.visit(n.Next, depth, terms, scale*partLeft, part*partLeft) +
		e.visit(n.Next+1, depth, terms, scale*partRight, part*partRight)
}

// value of a leaf, for the output explained.
func (e *explanation) value(leaf *Node) float64 {
	if e.tree.Output == AllOutputs {
		return e.tree.Values[int(leaf.Next)*e.width+e.output]
	}
	return e.tree.Values[leaf.Next]
}

// depth is the largest number of splits on a path of any tree.
func (f *Forest) depth() int {
	deepest := int16(0)
	var depths []int16
	for i := range f.Trees {
		nodes := f.Trees[i].Nodes
		depths = append(depths[:0], make([]int16, len(nodes))...)
		for k := range nodes {
			if n := &nodes[k]; n.Feature != Leaf {
				below := depths[k] + 1
				depths[n.Next], depths[n.Next+1] = below, below
				deepest = max(deepest, below)
			}
		}
	}
	return int(deepest)
}
