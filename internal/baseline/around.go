package baseline

import (
	"slices"
	"strconv"
	"strings"
)

// around makes rules about what a call does: its statements and its child calls.
func (b *builder) around() {
	b.operations()
	b.skeletons()
	b.children()
	for _, g := range b.api.Groups {
		b.always(g)
		if g.Statements {
			b.rows(g)
		}
	}
}

// operations makes the rule about what a call may do in which tables.
func (b *builder) operations() {
	tables := make(map[string][]string)
	var seen Support
	rare := 0
	for _, g := range b.api.Groups {
		if !g.Statements {
			continue
		}
		tables[g.Operation] = append(tables[g.Operation], g.Table)
		seen.Calls += g.Seen.Calls
		seen.Sessions = max(seen.Sessions, g.Seen.Sessions)
		if g.Seen.Sessions == 1 {
			rare++
		}
	}
	if len(tables) == 0 || b.api.Full {
		return
	}
	var conditions, sentences []string
	for _, op := range sortedKeys(tables) {
		slices.Sort(tables[op])
		names := quotedList(tables[op])
		condition := "s.table in [" + names + "]"
		if len(tables[op]) == 1 {
			condition = "s.table == " + names
		}
		conditions = append(conditions, "s.op == "+quoted(op)+" && "+condition)
		sentences = append(sentences, op+" on "+strings.Join(tables[op], ", "))
	}
	c := &candidate{
		kind: "database", what: "operations", check: `db.all(s, s.table == "" || ` + strings.Join(conditions, " || ") + ")",
		message:  "the call does in the database what it has never done",
		sentence: "in the database it does no more than " + strings.Join(sentences, "; "),
		evidence: Evidence{Calls: seen.Calls, Sessions: seen.Sessions, Distinct: len(sentences), Risk: 1 / float64(seen.Sessions+2)},
		least:    leastSessions,
	}
	if rare > 0 {
		c.why = whyRare
	}
	b.consider(c)
	b.tables()
}

// tables makes the rule about all tables that statements touch, also those that are joined.
func (b *builder) tables() {
	v := &b.api.Tables
	if v.More || len(v.List) == 0 {
		return
	}
	b.consider(&candidate{
		kind: "database", what: "tables", check: "db.all(s, s.tables.all(t, t in " + literals(v) + "))",
		message: "the call touches a table that it has never touched", sentence: "the tables that it touches: " + spoken(v),
		evidence: setEvidence(v), least: leastSessions, why: setWhy(v, v),
	})
}

// skeletons makes the rule about the statements that an API has.
func (b *builder) skeletons() {
	v := &b.api.Skeletons
	if v.More || len(v.List) == 0 || b.api.Unread > 0 {
		return
	}
	b.consider(&candidate{
		kind: "novelty", what: "statements", check: "db.all(s, s.skeleton in " + literals(v) + ")",
		message: "the call sends a statement that it has never sent", sentence: "its statements are known ones",
		evidence: setEvidence(v), least: leastSessions, why: setWhy(v, v),
	})
}

// children makes the rule about the calls that a call makes.
func (b *builder) children() {
	v := &b.api.Children
	if v.More || len(v.List) == 0 || b.api.Full {
		return
	}
	var routes []string
	for _, g := range b.api.Groups {
		if !g.Statements && !slices.Contains(routes, g.Route) {
			routes = append(routes, g.Route)
		}
	}
	slices.Sort(routes)
	b.consider(&candidate{
		kind: "novelty", what: "calls", check: "calls.all(c, c.route in [" + quotedList(routes) + "])",
		message: "the call makes a call that it has never made", sentence: "it calls no others than " + strings.Join(routes, ", "),
		evidence: setEvidence(v), least: leastOften, why: setWhy(v, v),
	})
}

// always makes the rule that a call makes a child call or statement each time.
func (b *builder) always(g *Group) {
	if !g.InCalls.alive() || g.InCalls.Held.Calls <= g.InCalls.Broke.Calls {
		return
	}
	c := &candidate{
		kind: "related-API", what: "makes-" + idOf(g.Method+"-"+g.Route),
		check:    "calls.exists(c, !(" + b.api.isNot(g, "c") + "))",
		when:     "resp.status < 400",
		message:  "the call does not make the call " + g.Method + " " + g.Route + " that it always makes",
		sentence: "it calls " + g.Method + " " + g.Route,
		evidence: evidenceOf(&g.InCalls, 1), refs: g.InCalls.Refs, found: g.InCalls.Found, least: leastOften,
	}
	if g.Statements {
		c.kind, c.what = "database", "sends-"+idOf(g.Operation+"-"+g.Table)
		c.check = "db.exists(s, s.op == " + quoted(g.Operation) + " && s.table == " + quoted(g.Table) + ")"
		c.message = "the call does not send the " + g.Operation + " on " + g.Table + " that it always sends"
		c.sentence = "it sends a " + g.Operation + " on " + g.Table
	}
	b.consider(c)
}

// rows makes the rule about how many rows a statement returns.
func (b *builder) rows(g *Group) {
	id := g.roots[rowsPart]
	if id == 0 {
		return
	}
	c := &b.api.Places[id-1].Column
	if c.Values.Seen.Calls == 0 || c.Max.Top < 1 || c.Max.Top >= mostLimit {
		return
	}
	limit := strconv.Itoa(int(c.Max.Top))
	if c.Max.Top > 1 {
		limit = strconv.Itoa(int(roundUp(c.Max.Top)))
	}
	b.consider(&candidate{
		kind: "database", what: "rows-" + idOf(g.Operation+"-"+g.Table),
		check:    b.each(g, func(s string) string { return s + ".rows <= " + limit }),
		message:  "a " + g.Operation + " on " + g.Table + " returns more rows than ever",
		sentence: "a " + g.Operation + " on " + g.Table + " returns at most " + limit + " rows",
		evidence: Evidence{
			Calls: c.Values.Seen.Calls, Sessions: c.Values.Seen.Sessions, Distinct: c.Values.distinct(), Risk: 1 / float64(c.Values.Seen.Sessions+2),
		},
		least: leastOften,
	})
}

func quotedList(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quoted(name)
	}
	return strings.Join(all, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
