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
			e.visit(0, 0, e.root, 1, 1)
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
	root   []term
	levels []*level
	shares []share // of each feature, on the path so far

	base          float64
	contributions []float64
}

// term is what the walk knows at a point below an edge.
type term struct {
	product float64 // of the factors of all features on the path
	sum     float64 // of value times product over the leaves below
}

// level is what a split needs, for its child that the row goes to and the other.
type level struct {
	taken, other []term
	inverse      []float64 // of the feature's factor below taken
}

// share is the factor z·(1−t) + o·t of a feature.
type share struct {
	zero    float64   // z: the part of the cover that passes all splits on the feature
	inverse []float64 // of the factor; nil if o = 0: the row does not pass them
}

func newExplanation(f *Forest, row []float32, output int, contributions []float64) *explanation {
	// Without the feature's own factor the polynomial has a degree of one less than
	// the features on a path.
	most := len(f.Features)
	if most > fewFeatures {
		most = min(most, f.depth())
	}
	n := max(1, (most+1)/2)
	e := &explanation{
		row: row, output: output, width: f.Outputs(), rule: gaussLegendre(n), root: slices.Repeat([]term{{product: 1}}, n),
		shares: slices.Repeat([]share{{zero: 1, inverse: slices.Repeat([]float64{1}, n)}}, len(f.Features)), contributions: contributions,
	}
	return e
}

// fewFeatures are so few that the depth of the trees, which takes a look at all
// nodes, would not save much.
const fewFeatures = 16

// level returns that of a split with so many others above that need one.
func (e *explanation) level(depth int) *level {
	if depth == len(e.levels) {
		n := len(e.rule)
		e.levels = append(e.levels, &level{taken: make([]term, n), other: make([]term, n), inverse: make([]float64, n)})
	}
	return e.levels[depth]
}

// visit adds up the leaves below a node and the contributions of the splits there.
// The product on the path to it is that of the terms, times scale. It returns the sum
// of scale times value over the leaves with that very product; those with another are
// in the terms' sum. Part is the part of all rows that get there.
func (e *explanation) visit(node int32, depth int, terms []term, scale, part float64) float64 {
	n := &e.tree.Nodes[node]
	if n.Feature == Leaf {
		value := e.value(n)
		e.base += value * part
		return scale * value
	}
	// The parent's cover would do as well if it were the sum, but files round it.
	left, right := e.tree.Nodes[n.Next].Cover, e.tree.Nodes[n.Next+1].Cover
	left /= left + right
	right = 1 - left
	if e.shares[n.Feature].inverse == nil {
		// The feature's factor is z·(1−t) above and below: it only gets smaller, and
		// no leaf contributes more or less through it.
		return e.visit(n.Next, depth, terms, scale*left, part*left) + e.visit(n.Next+1, depth, terms, scale*right, part*right)
	}
	goesLeft := n.goesLeft(e.at(n.Feature))
	ratio := left
	if !goesLeft {
		ratio = right
	}
	e.split(n, depth, goesLeft, terms, scale, part, ratio)
	return 0
}

// split visits the children of a split on a feature whose splits above the row
// passes. The child that the row goes to is taken, it has that ratio of the cover.
func (e *explanation) split(n *Node, depth int, goesLeft bool, above []term, scale, part, ratio float64) {
	old, l := e.shares[n.Feature], e.level(depth)
	now, rest := share{zero: old.zero * ratio, inverse: l.inverse}, old.zero*(1-ratio)
	points := len(e.rule)
	above, before, after := above[:points], old.inverse[:points], now.inverse[:points]
	taken, other := l.taken[:points], l.other[:points]
	for i := range e.rule {
		q := &e.rule[i]
		product := scale * above[i].product * before[i]
		factor := now.zero*q.rest + q.at
		after[i] = 1 / factor
		taken[i] = term{product: product * factor}
		other[i] = term{product: product * q.rest} // times z, the scale of the visit
	}
	var takenScale, otherScale float64
	for side := range int32(2) { // in the order of the nodes in memory
		if goesLeft == (side == 0) {
			e.shares[n.Feature] = now
			takenScale = e.visit(n.Next+side, depth+1, taken, 1, part*ratio)
		} else {
			e.shares[n.Feature] = share{}
			otherScale = e.visit(n.Next+side, depth+1, other, rest, part*(1-ratio))
		}
	}
	e.shares[n.Feature] = old

	// What leaves give through the feature is the integral of their sum times
	// (o−z)/factor. The splits above count them with the old share, so the difference
	// is what this one adds.
	gain, was, is := 0.0, 1-old.zero, 1-now.zero
	for i := range e.rule {
		q := &e.rule[i]
		t := taken[i].sum + takenScale*taken[i].product
		o := other[i].sum + otherScale*other[i].product
		above[i].sum += t + o
		gain += q.weight * (t*is*after[i] - o*q.restInverse - (t+o)*was*before[i])
	}
	e.contributions[n.Feature] += gain
}

// value of a leaf, for the output explained.
func (e *explanation) value(leaf *Node) float64 {
	if e.tree.Output == AllOutputs {
		return e.tree.Values[int(leaf.Next)*e.width+e.output]
	}
	return e.tree.Values[leaf.Next]
}

// at is the row's value of a feature; NaN if the row is too short.
func (e *explanation) at(feature int32) float32 {
	if int(feature) < len(e.row) {
		return e.row[feature]
	}
	return float32(math.NaN())
}

// goesLeft tells the way of a value.
func (n *Node) goesLeft(x float32) bool {
	if x != x {
		return n.MissingLeft
	}
	return x <= n.Threshold
}

// depth is the largest number of splits on a path of any tree.
func (f *Forest) depth() int {
	deepest := 0
	var depths []int
	for i := range f.Trees {
		nodes := f.Trees[i].Nodes
		depths = append(depths[:0], make([]int, len(nodes))...)
		for k := range nodes {
			if n := &nodes[k]; n.Feature != Leaf {
				depths[n.Next], depths[n.Next+1] = depths[k]+1, depths[k]+1
				deepest = max(deepest, depths[k]+1)
			}
		}
	}
	return deepest
}
