package baseline

import (
	"net/http"
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
		b.single(g)
		if g.Statements {
			b.rows(g)
		}
	}
}

// operations makes the rule about what a call may do in which tables.
func (b *builder) operations() {
	v := &b.api.Operations
	if v.More || len(v.List) == 0 {
		return
	}
	b.values(v, &candidate{
		kind: "database", what: "operations", message: "the call does in the database what it has never done", least: leastSessions,
	}, func(v *Values) (check, sentence string) {
		tables := make(map[string][]string)
		for _, text := range sortedTexts(v) {
			i := strings.LastIndexByte(text, ' ') // several statements in one text are one operation
			op, table := text[:max(i, 0)], text[i+1:]
			tables[op] = append(tables[op], table)
		}
		conditions, sentences := []string{`s.table == ""`}, []string(nil)
		for _, op := range sortedKeys(tables) {
			names := quotedList(tables[op])
			condition := "s.table in [" + names + "]"
			if len(tables[op]) == 1 {
				condition = "s.table == " + names
			}
			conditions = append(conditions, "s.op == "+quoted(op)+" && "+condition)
			sentences = append(sentences, op+" on "+strings.Join(tables[op], ", "))
		}
		return "db.all(s, " + strings.Join(conditions, " || ") + ")", "in the database it does no more than " + strings.Join(sentences, "; ")
	})
	b.tables()
}

// values makes a rule that there are no other values than those of a column, or tells which calls stand in its way.
func (b *builder) values(v *Values, c *candidate, write func(*Values) (check, sentence string)) {
	c.check, c.sentence = write(v)
	c.evidence = setEvidence(v)
	switch {
	case v.rare() > 0:
		c.why = whyRare
	case v.Seen.Sessions < perValue*len(v.List):
		c.why = whyMany
	}
	if c.why == whyRare {
		near, common := *c, *v
		common.List = nil
		for i := range v.List {
			x := &v.List[i]
			if rare(&x.Seen, v.Seen.Calls) {
				near.evidence.Violations += x.Seen.Calls
				near.refs, near.found = append(near.refs, x.First), append(near.found, x.Text)
				continue
			}
			common.List = append(common.List, *x)
		}
		if len(common.List) > 0 && len(near.refs) <= keptRefs && near.evidence.Violations*breakShare <= v.Seen.Calls &&
			near.evidence.Sessions >= leastOften && (b.settings.Novelty || c.kind != "novelty") {
			near.check, near.sentence = write(&common)
			b.near(&near)
		}
	}
	b.consider(c)
}

// tables makes the rule about all tables that statements touch, also those that are joined.
func (b *builder) tables() {
	v := &b.api.Tables
	if v.More || len(v.List) == 0 {
		return
	}
	b.values(v, &candidate{
		kind: "database", what: "tables", message: "the call touches a table that it has never touched", least: leastSessions,
	}, func(v *Values) (check, sentence string) {
		return "db.all(s, s.tables.all(t, t in " + literals(v) + "))", "the tables that it touches: " + spoken(v)
	})
}

// skeletons makes the rule about the statements that an API has.
func (b *builder) skeletons() {
	v := &b.api.Skeletons
	if v.More || len(v.List) == 0 || b.api.Unread > 0 {
		return
	}
	least := leastSessions
	if slices.ContainsFunc(v.List, func(x Value) bool { return x.Seen.Sessions < b.api.Seen.Sessions }) {
		least = leastVaried
	}
	b.values(v, &candidate{
		kind: "novelty", what: "statements", message: "the call sends a statement that it has never sent", least: least,
	}, func(v *Values) (check, sentence string) {
		return "db.all(s, s.skeleton in " + literals(v) + ")", "its statements are known ones"
	})
}

// children makes the rule about the calls that a call makes.
func (b *builder) children() {
	v := &b.api.Children
	if v.More || len(v.List) == 0 || b.api.Full {
		return
	}
	b.values(v, &candidate{
		kind: "novelty", what: "calls", message: "the call makes a call that it has never made", least: leastOften,
	}, func(v *Values) (check, sentence string) {
		var routes []string
		for _, text := range sortedTexts(v) {
			_, route, _ := strings.Cut(text, " ")
			routes = append(routes, route)
		}
		slices.Sort(routes)
		routes = slices.Compact(routes)
		return "calls.all(c, c.route in [" + quotedList(routes) + "])", "it calls no others than " + strings.Join(routes, ", ")
	})
}

// always makes the rule that a call makes a child call or statement each time.
func (b *builder) always(g *Group) {
	c, ok := b.doing(g, &g.InCalls)
	if !ok {
		return
	}
	what := g.what()
	if g.Statements {
		c.what = "sends-" + idOf(g.Operation+"-"+g.Table)
		c.check = "db.exists(s, " + g.isStatement() + ")"
		c.message = "the call does not send the " + what + " that it always sends"
		c.sentence = "it sends " + article(what)
	} else {
		c.what = "makes-" + idOf(g.Method+"-"+g.Route)
		c.check = "calls.exists(c, " + b.api.is(g, "c") + ")"
		c.message = "the call does not make the call " + what + " that it always makes"
		c.sentence = "it calls " + what
	}
	b.consider(c)
}

// single makes the rule that what changes something is done once in a call.
func (b *builder) single(g *Group) {
	c, ok := b.doing(g, &g.Single)
	if !ok || !g.changes() {
		return
	}
	what := g.what()
	if g.Statements {
		c.what = "one-" + idOf(g.Operation+"-"+g.Table)
		c.check = "size(db.filter(s, " + g.isStatement() + ")) <= 1"
		c.message = "the call sends more than one " + what
		c.sentence = "it sends no more than one " + what
	} else {
		c.what = "one-" + idOf(g.Method+"-"+g.Route)
		c.check = "size(calls.filter(c, " + b.api.is(g, "c") + ")) <= 1"
		c.message = "the call makes the call " + what + " more than once"
		c.sentence = "it calls " + what + " no more than once"
	}
	b.consider(c)
}

// doing begins a candidate about what a call that is not refused does; false if the claim does not hold.
func (b *builder) doing(g *Group, claim *Claim) (c *candidate, ok bool) {
	c = &candidate{
		kind: "related-API", when: "resp.status < 400", evidence: evidenceOf(claim, 1), refs: claim.Refs, found: claim.Found, least: leastDoings,
	}
	if g.Statements {
		c.kind = "database"
		if b.api.Unread > 0 { // it may be such a one
			c.why = whyUnread
		}
	}
	return c, claim.alive() && claim.Held.Calls > claim.Broke.Calls
}

// what names the child call, or the statement.
func (g *Group) what() string {
	if g.Statements {
		return g.Operation + " on " + g.Table
	}
	return g.Method + " " + g.Route
}

// isStatement writes that a statement s is one of the group.
func (g *Group) isStatement() string {
	return "s.op == " + quoted(g.Operation) + " && s.table == " + quoted(g.Table)
}

// article puts the article before an operation.
func article(operation string) string {
	if strings.HasPrefix(operation, "I") || strings.HasPrefix(operation, "U") {
		return "an " + operation
	}
	return "a " + operation
}

// changes is true for what does more than tell something.
func (g *Group) changes() bool {
	if g.Statements {
		return g.Operation == "INSERT" || g.Operation == "UPDATE" || g.Operation == "DELETE"
	}
	return g.Method == http.MethodPost
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
		message:  article(g.Operation) + " on " + g.Table + " returns more rows than ever",
		sentence: article(g.Operation) + " on " + g.Table + " returns at most " + limit + map[bool]string{true: " row", false: " rows"}[limit == "1"],
		evidence: Evidence{
			Calls: c.Values.Seen.Calls, Sessions: c.Values.Seen.Sessions, Distinct: c.Values.distinct(), Risk: 1 / float64(c.Values.Seen.Sessions+2),
		},
		least: leastDoings,
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
