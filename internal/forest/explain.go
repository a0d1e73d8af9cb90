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
			e.visit(0, 0, 1, 1)
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

// explanation is the state of a walk through all of a tree, depth first. All
// slices of numbers have one for each point of the quadrature.
type explanation struct {
	row    []float32
	output int
	width  int // values of a leaf in trees that add to all outputs
	tree   *Tree

	rule   quadrature
	levels []*level
	shares []share // of each feature, on the path so far

	base          float64
	contributions []float64
}

// level is what the walk knows below a split that changes more than a number.
type level struct {
	product []float64 // of the factors of all features on the path
	sum     []float64 // of value times product over the leaves below
	inverse []float64 // of the factor of the feature split on, if the row passes
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
		row: row, output: output, width: f.Outputs(), rule: newQuadrature(n),
		shares: make([]share, len(f.Features)), contributions: contributions,
	}
	ones := slices.Repeat([]float64{1}, n)
	e.levels = []*level{{product: ones, sum: make([]float64, n)}}
	for i := range e.shares {
		e.shares[i] = share{zero: 1, inverse: ones}
	}
	return e
}

// fewFeatures are so few that the depth of the trees, which takes a look at all
// nodes, would not save much.
const fewFeatures = 16

// level makes those slices that are not there yet.
func (e *explanation) level(depth int) *level {
	if depth == len(e.levels) {
		n := len(e.rule.points)
		numbers := make([]float64, 3*n)
		e.levels = append(e.levels, &level{product: numbers[:n], sum: numbers[n : 2*n], inverse: numbers[2*n:]})
	}
	return e.levels[depth]
}

// visit adds up the leaves below a node and the contributions of the splits there.
// The product on the path to it is that of the level, times scale. It returns the
// sum of scale times value over the leaves with the level's own product; those with
// another are in the level's sum. Part is the part of all rows that get there.
func (e *explanation) visit(node int32, depth int, scale, part float64) float64 {
	n := &e.tree.Nodes[node]
	if n.Feature == Leaf {
		value := e.value(n)
		e.base += value * part
		return scale * value
	}
	// The parent's cover would do as well if it were the sum, but files round it.
	left, right := e.tree.Nodes[n.Next].Cover, e.tree.Nodes[n.Next+1].Cover
	left, right = left/(left+right), right/(left+right)
	if e.shares[n.Feature].inverse == nil {
		// The feature's factor is z·(1−t) above and below: it only gets smaller, and
		// no leaf contributes more or less through it.
		return e.visit(n.Next, depth, scale*left, part*left) + e.visit(n.Next+1, depth, scale*right, part*right)
	}
	goesLeft := n.goesLeft(e.at(n.Feature))
	e.branch(n.Feature, n.Next, goesLeft, depth, scale, part, left)
	e.branch(n.Feature, n.Next+1, !goesLeft, depth, scale, part, right)
	return 0
}

// branch visits a child that gets the given ratio of its parent's rows. The row has
// passed all splits on the feature so far, and this one or not.
//
// What the leaves below give through the feature is the integral of their sum times
// (o−z)/factor. The splits above count them with the old share, so the difference is
// what this one adds.
func (e *explanation) branch(feature, child int32, passes bool, depth int, scale, part, ratio float64) {
	if n := &e.tree.Nodes[child]; n.Feature == Leaf {
		e.branchLeaf(feature, n, passes, depth, scale, part*ratio, ratio)
		return
	}
	here, below := e.levels[depth], e.level(depth+1)
	old := e.shares[feature]
	now := share{zero: old.zero * ratio}
	rule, n := &e.rule, len(e.rule.rest)
	product, sum, inverse := below.product[:n], below.sum[:n], below.inverse[:n]
	above, before := here.product[:n], old.inverse[:n]
	if passes {
		now.inverse = inverse
		for i, rest := range rule.rest {
			factor := now.zero*rest + rule.points[i]
			inverse[i] = 1 / factor
			product[i] = scale * above[i] * before[i] * factor
		}
	} else {
		for i, rest := range rule.rest {
			product[i] = scale * now.zero * above[i] * before[i] * rest
		}
	}
	clear(sum)
	e.shares[feature] = now
	own := e.visit(child, depth+1, 1, part*ratio)
	e.shares[feature] = old

	gain, total := 0.0, here.sum[:n]
	for i, s := range sum {
		s += own * product[i]
		total[i] += s
		slope := -rule.restInverse[i]
		if passes {
			slope = (1 - now.zero) * inverse[i]
		}
		gain += rule.weights[i] * s * (slope - (1-old.zero)*before[i])
	}
	e.contributions[feature] += gain
}

// branchLeaf does the same for a leaf, where one factor cancels the other.
func (e *explanation) branchLeaf(feature int32, leaf *Node, passes bool, depth int, scale, part, ratio float64) {
	value := e.value(leaf)
	if value == 0 {
		return
	}
	e.base += value * part
	here, old := e.levels[depth], e.shares[feature]
	rule, n := &e.rule, len(e.rule.rest)
	total, above, before := here.sum[:n], here.product[:n], old.inverse[:n]
	one, zero := 0.0, old.zero*ratio
	if passes {
		one = 1
	}
	gain := 0.0
	for i, rest := range rule.rest {
		others := scale * value * above[i] * before[i]
		s := others * (zero*rest + one*rule.points[i])
		total[i] += s
		gain += rule.weights[i] * (others*(one-zero) - s*(1-old.zero)*before[i])
	}
	e.contributions[feature] += gain
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
