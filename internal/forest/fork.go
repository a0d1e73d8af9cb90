package forest

// A fork is a split on a feature whose splits above the row passes, if there are
// any. Below it the feature has two shares, the left child's and the right one's.
// The row goes to one of them, but a branch on that would be guessed wrongly half of
// the time: so both are reckoned in the same way, with an o of 1 or 0.
//
// Leaves give through a feature the integral of their sum times (o−z)/factor, which
// is -1/(1−t) for o = 0. The forks above count them with the share that the feature
// has there; so each fork takes that back.

// fork visits both children, adds what is below to the terms above, and counts what
// the feature contributes. It gets what visit does, and the left child's part of the
// cover.
func (e *explanation) fork(n *Node, depth int, above []term, scale, part, partLeft float64) {
	old, below := e.shares[n.Feature], e.below(depth)
	side := e.side(n)
	oneLeft, oneRight := float64(1-side), float64(side)
	zeroLeft, zeroRight := old.zero*partLeft, old.zero*(1-partLeft)
	zero := oneLeft*zeroLeft + oneRight*zeroRight
	points := len(e.rule)
	above, before, after := above[:points], e.levels[old.level].inverse[:points], below.inverse[:points]
	left, right := below.left[:points], below.right[:points]
	for i := range e.rule {
		q := &e.rule[i]
		others := scale * above[i].product * before[i]
		after[i] = 1 / (zero*q.rest + q.at)
		left[i] = term{product: others * (zeroLeft*q.rest + oneLeft*q.at)}
		right[i] = term{product: others * (zeroRight*q.rest + oneRight*q.at)}
	}
	now := [2]share{{level: failed}, {level: failed}}
	now[side&1] = share{zero: zero, level: depth + 1}
	e.shares[n.Feature] = now[0]
	a := e.visit(n.Next, depth+1, left, 1, part*partLeft)
	e.shares[n.Feature] = now[1]
	b := e.visit(n.Next+1, depth+1, right, 1, part*(1-partLeft))
	e.shares[n.Feature] = old

	gain, was, is := 0.0, 1-old.zero, 1-zero
	for i := range e.rule {
		q := &e.rule[i]
		sumLeft := left[i].sum + a*left[i].product
		sumRight := right[i].sum + b*right[i].product
		taken := oneLeft*sumLeft + oneRight*sumRight
		other := oneRight*sumLeft + oneLeft*sumRight
		above[i].sum += taken + other
		gain += q.weight * (taken*is*after[i] - other*q.restInverse - (taken+other)*was*before[i])
	}
	e.contributions[n.Feature] += gain
}

// leaves does the same for a fork of two leaves with the values a and b and this
// mean: what they give is multiplied and divided by the same factor.
func (e *explanation) leaves(n *Node, above []term, scale, mean, a, b float64) {
	old := e.shares[n.Feature]
	zero, one := old.zero*mean, a
	if e.side(n) == 1 {
		one = b
	}
	points := len(e.rule)
	above, before := above[:points], e.levels[old.level].inverse[:points]
	gain, was := 0.0, 1-old.zero
	for i := range e.rule {
		q := &e.rule[i]
		others := scale * above[i].product * before[i]
		sum := others * (zero*q.rest + one*q.at)
		above[i].sum += sum
		gain += q.weight * (others*(one-zero) - sum*was*before[i])
	}
	e.contributions[n.Feature] += gain
}

// side that the row goes to: 0 for the left child, 1 for the right one.
func (e *explanation) side(n *Node) (side int) {
	if x := e.row[n.Feature]; x > n.Threshold || x != x && !n.MissingLeft {
		side = 1
	}
	return side
}
