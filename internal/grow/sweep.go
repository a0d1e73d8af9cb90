package grow

import (
	"math"
	"math/bits"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// gap is a place to split: behind the group lower and before the group upper.
type gap struct{ lower, upper int32 }

// noUpper stands for missing rows, behind all others.
const noUpper = -1

// cut is a gap and what it leaves of impurity.
type cut struct {
	gap
	impurity float64 // comparable within a node; +Inf for no cut
	span     int     // groups from the first that is not empty to the last
}

// sweeper finds the best gap between the groups of a node's rows. It keeps its
// buffers.
type sweeper struct {
	moved  [forest.MaxClasses]float64 // weight of the class at each place
	others side
	purity []float64 // of what each gap has to its left
}

// sweep returns the best gap between neighbouring groups, the lowest of several.
// The rows of start go left of all groups, those of end right of them.
func (s *sweeper) sweep(n *node, g *groups, start, end *side) cut {
	if n.places == 2 {
		return sweepTwo(n, g, start)
	}
	return s.sweepMany(n, g, start, end)
}

func sweepTwo(n *node, g *groups, start *side) cut {
	pairs := g.pairs
	for len(pairs) > 0 && pairs[len(pairs)-1] == 0 {
		pairs = pairs[:len(pairs)-1]
	}
	first := 0
	for first < len(pairs) && pairs[first] == 0 {
		first++
	}
	best := cut{impurity: math.Inf(1), span: len(pairs) - first}
	if best.span < 2 {
		return best
	}
	w0, w1 := n.weights[0], n.weights[1]
	left := start.pair() + pairs[first]
	right := n.total.pair() - left
	rows := start.rows
	// Impurities are compared as whole numbers, which needs no branch. Behind an empty
	// group they are what they were, so that the gap before it is taken.
	least, at := math.Float64bits(best.impurity), 0
	for i := first + 1; i < len(pairs); i++ {
		impurity := math.Float64bits(impurityOfTwo(
			w0*float64(left.first()), w1*float64(left.second()), w0*float64(right.first()), w1*float64(right.second())))
		if n.minLeaf > 1 {
			if rows += g.rows[i-1]; !n.allowed(rows) {
				impurity = math.MaxUint64
			}
		}
		_, less := bits.Sub64(impurity, least, 0)
		at ^= (at ^ i) & -int(less)
		least = min(least, impurity)
		left += pairs[i]
		right -= pairs[i]
	}
	if at > 0 {
		upper := at
		for pairs[upper] == 0 {
			upper++
		}
		best.impurity, best.lower, best.upper = math.Float64frombits(least), int32(at-1), int32(upper)
	}
	return best
}

// impurityOfTwo is half of the sum of both sides' weight · Gini impurity, where two
// classes weigh a and b on the left, c and d on the right.
func impurityOfTwo(a, b, c, d float64) float64 {
	left, right := a+b, c+d
	return (a*b*right + c*d*left) / (left * right)
}

// sweepMany adds up from both ends. To take from one side what the other gains would
// let a rare class drown in the rounding of a heavy one.
func (s *sweeper) sweepMany(n *node, g *groups, start, end *side) cut {
	s.purity = resize(s.purity, len(g.ends))
	rows := start.rows
	squares, weight := s.begin(n, start)
	first := int32(0)
	for i, last := range g.ends {
		for _, p := range g.parts[first:last] {
			squares, weight = s.move(n, p, squares, weight)
		}
		s.purity[i] = squares / weight
		if n.minLeaf > 1 {
			rows += g.rows[i]
		}
		first = last
	}
	most, at := uint64(0), 0
	squares, weight = s.begin(n, end)
	for i := len(g.ends) - 1; i > 0; i-- {
		for _, p := range g.parts[g.ends[i-1]:g.ends[i]] {
			squares, weight = s.move(n, p, squares, weight)
		}
		if n.minLeaf > 1 {
			rows -= g.rows[i]
		}
		purity := math.Float64bits(s.purity[i-1] + squares/weight)
		if n.minLeaf > 1 && !n.allowed(rows) {
			purity = 0
		}
		_, less := bits.Sub64(purity, most, 0)
		at ^= (at ^ i) & (int(less) - 1)
		most = max(most, purity)
	}
	best := cut{impurity: math.Inf(1), span: len(g.ends)}
	if most > 0 {
		best.impurity, best.lower, best.upper = -math.Float64frombits(most), g.names[at-1], g.names[at]
	}
	return best
}

// begin has a side's rows moved and nothing else. It returns the sum of the classes'
// squared weights, and that of the weights.
func (s *sweeper) begin(n *node, from *side) (squares, weight float64) {
	for place := range n.places {
		w := n.weights[place] * float64(from.times[place])
		s.moved[place] = w
		squares += w * w
		weight += w
	}
	return squares, weight
}

// move adds to what was moved, and returns the new squares and weight.
func (s *sweeper) move(n *node, p part, squares, weight float64) (float64, float64) {
	before, more := s.moved[uint8(p.place)], n.weights[uint8(p.place)]*float64(p.times)
	s.moved[uint8(p.place)] = before + more
	return squares + more*(2*before+more), weight + more
}

// aside returns the cut that parts missing rows from all others.
func (s *sweeper) aside(n *node, missing *side) cut {
	c := cut{gap: gap{upper: noUpper}, impurity: math.Inf(1)}
	if !n.allowed(missing.rows) || missing.rows == n.total.rows {
		return c
	}
	s.others = *missing
	s.others.complement(n)
	if n.places == 2 {
		w0, w1 := n.weights[0], n.weights[1]
		c.impurity = impurityOfTwo(w0*float64(s.others.times[0]), w1*float64(s.others.times[1]),
			w0*float64(missing.times[0]), w1*float64(missing.times[1]))
		return c
	}
	squares, weight := s.begin(n, missing)
	c.impurity = -squares / weight
	squares, weight = s.begin(n, &s.others)
	c.impurity -= squares / weight
	return c
}
