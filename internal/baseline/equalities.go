package baseline

import (
	"slices"
)

// equalities makes rules of the pairs of places that have the same values.
func (b *builder) equalities() {
	a := b.api
	pairs := slices.Clone(a.Pairs)
	slices.SortStableFunc(pairs, func(x, y *Pair) int { return a.order(x) - a.order(y) })
	same := b.same
	for _, p := range pairs {
		x, y := a.Places[p.A], a.Places[p.B]
		if x.mixed() || y.mixed() || x.Cut {
			continue
		}
		if same.find(p.A) == same.find(p.B) {
			b.result.Counts.Candidates++
			b.result.Counts.RejectedBy[whyImplied]++
			continue
		}
		if b.equality(p, x, y) {
			same.join(p.A, p.B)
		}
	}
}

// order puts first what says best where a value is from.
func (a *API) order(p *Pair) int {
	x, y := a.Places[p.A], a.Places[p.B]
	group := 0
	if x.Group >= 0 {
		group = 1
	}
	return group*100 + rank(y)*10 + rank(x)
}

// classesOfPlaces are places whose values are known to be the same.
type classesOfPlaces map[int32]int32

func (c classesOfPlaces) find(p int32) int32 {
	for c[p] != 0 {
		p = c[p] - 1
	}
	return p
}

func (c classesOfPlaces) join(p, q int32) { c[c.find(p)] = c.find(q) + 1 }

func (b *builder) equality(p *Pair, x, y *Place) bool {
	other := y.path("")
	c := &candidate{
		kind: "common-sense", what: idOf(x.longPath()) + "-is-" + idOf(y.longPath()),
		message: x.name() + " is not " + y.name(), sentence: x.name() + " is " + y.name(),
		evidence: evidenceOf(&p.Claim, y.Column.Values.distinct()), refs: p.Claim.Refs, found: p.Claim.Found, least: leastSessions,
	}
	c.exact = true
	switch {
	case y.Nulls && y.Empty:
		c.when = other + " != null && " + other + ` != ""`
	case y.Nulls:
		c.when = other + " != null"
	case y.Empty:
		c.when = other + ` != ""`
	}
	same := func(v string) string { return "same(" + v + ", " + other + ")" }
	var g *Group
	if x.Group >= 0 {
		g = b.api.Groups[x.Group]
	}
	switch {
	case g == nil:
		c.check = b.api.over(x, "", same)
		if y.Part.caller() {
			c.kind = "environment"
		}
	case g.Statements:
		c.kind = "database"
		c.what = idOf(g.Operation+"-"+g.Table+"-"+x.longPath()) + "-is-" + idOf(y.longPath())
		c.sentence = "each " + g.Operation + " on " + g.Table + " has the " + x.Name + " that is " + y.name()
		c.message = "the " + x.Name + " in " + article(g.Operation) + " on " + g.Table + " is not " + y.name()
		c.check = b.each(g, func(s string) string { return b.api.over(x, s+".", same) })
	default:
		c.kind = "related-API"
		c.what = idOf(g.Method+"-"+g.Route+"-"+x.longPath()) + "-is-" + idOf(y.longPath())
		c.sentence = "in each " + g.Method + " " + g.Route + ", " + x.name() + " is " + y.name() + " of this call"
		c.message = "in a " + g.Method + " " + g.Route + " that it makes, " + x.name() + " is not " + y.name()
		c.check = b.each(g, func(s string) string { return b.api.over(x, s+".", same) })
	}
	if !y.Part.caller() && (y.Part != pathPart && keyRank(y.Name) < 0 || x.Part.response()) {
		c.least = leastEqual
	}
	if x.Column.is(dateForm) || y.Column.is(dateForm) {
		c.least = leastDates
	}
	agreement := p.agreement()
	if x.Group < 0 && !x.Column.Values.More && !y.Column.Values.More {
		agreement = max(agreement, x.Column.Values.agreement(&y.Column.Values))
	}
	if chanceHolds(agreement, p.Claim.Held.Sessions) {
		c.why = whyChance
	}
	return b.consider(c)
}

// each writes that a condition holds in all child calls or statements of a group.
func (b *builder) each(g *Group, condition func(s string) string) string {
	if g.Statements {
		return "db.all(s, s.op != " + quoted(g.Operation) + " || s.table != " + quoted(g.Table) + " || " + condition("s") + ")"
	}
	return "calls.all(c, " + b.api.isNot(g, "c") + " || " + condition("c") + ")"
}

// isNot writes that a child call is none of a group.
func (a *API) isNot(g *Group, c string) string { return a.compared(g, c, " != ", " || ") }

// is writes that a child call is one of a group.
func (a *API) is(g *Group, c string) string { return a.compared(g, c, " == ", " && ") }

// compared compares a child call with those of a group by as much as tells them from others.
func (a *API) compared(g *Group, c, with, and string) string {
	method, service := "", ""
	for _, other := range a.Groups {
		switch {
		case other.Statements || other.Route != g.Route:
		case other.Method != g.Method:
			method = and + c + ".method" + with + quoted(g.Method)
		case other.Service != g.Service:
			service = and + c + ".service" + with + quoted(g.Service)
		}
	}
	return c + ".route" + with + quoted(g.Route) + method + service
}
