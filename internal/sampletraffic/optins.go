package sampletraffic

import (
	"fmt"
	"strings"
)

// optIns adds what a call carries: its user, and for a call that changes something its body.
func optIns(g *Generator, m attributes, r *request) {
	user := g.random.IntN(5000)
	m.PutStr("user.id", fmt.Sprint(user))
	m.PutEmptySlice("user.roles").AppendEmpty().SetStr("customer")
	m.PutStr("session.id", fmt.Sprintf("%08x-%04x", g.random.Uint32(), user))
	if r.endpoint.method == "GET" || r.endpoint.method == "DELETE" {
		return
	}
	m.PutStr("http.request.body.content", fmt.Sprintf(
		`{"customer":"%d","amount":%d,"currency":"EUR","note":%q,"items":[{"sku":"a-%d","price":%d},{"sku":"b-%d","price":%d}]}`,
		user, 1+g.random.IntN(90_000), strings.Repeat("x", g.random.IntN(40)), g.random.IntN(900), 1+g.random.IntN(4000), g.random.IntN(900), 1+g.random.IntN(4000)))
}

// parameters adds those of a statement.
func parameters(g *Generator, m attributes) {
	m.PutStr("db.query.parameter.0", fmt.Sprint(g.random.IntN(100_000)))
	m.PutStr("db.query.parameter.1", fmt.Sprint(g.random.IntN(5000)))
}

// checks are what rules of [Rules] say, in turn: they hold of the shop's traffic, as rules should.
var checks = []struct{ kind, text string }{
	{"common-sense", `call.status >= 100 && call.status < 600`},
	{"environment", `env.user.id.matches("^[0-9]+$") && "customer" in env.user.roles`},
	{"database", `db.all(s, s.op in ["SELECT", "UPDATE"])`},
	{"common-sense", `req.body.amount > 0 && req.body.currency == "EUR"`},
	{"database", `db.all(s, s.system != "postgresql" || has(s.where.owner))`},
	{"environment", `req.body.customer == env.user.id`},
	{"format", `size(env.session.id) == 13`},
	{"related-API", `calls.all(c, c.status < 600)`},
	{"common-sense", `req.body.items.all(i, i.price > 0)`},
	{"database", `size(db) <= 50`},
}

// Rules returns a rule file with n rules about the shop's APIs, all of which get as many, but for a remainder.
func Rules(n int) string {
	type api struct {
		service string
		endpoint
	}
	var apis []api
	for _, s := range backends {
		for _, e := range s.routes {
			apis = append(apis, api{s.name, e}, api{Gateway, endpoint{e.method, "/api/v1" + e.route}})
		}
	}
	const most = 50
	apis = apis[:most]
	var b strings.Builder
	b.WriteString("version: 1\ninvariants:\n")
	for i := range n {
		a, check := apis[i%most], checks[(i+i/most)%len(checks)]
		fmt.Fprintf(&b, "- id: rule-%d\n  kind: %s\n  service: %s\n  api: %s %s\n  check: '%s'\n", i, check.kind, a.service, a.method, a.route, check.text)
	}
	return b.String()
}
