package invariant

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// FuzzCheck compiles whatever somebody writes into a rule file and evaluates it: neither may fail but with an error.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`call.status == 200`, `db.all(s, same(s.where.user_id, env.user.id))`, `db.complete && db.exists(s, s.set["a"] == 1)`,
		`calls.exists(c, c.req.body.a[0].b in ["x"])`, `req.body.items.map(i, i.price).exists(p, p > 1)`, `db[0].table == "a"`,
		`req.body.all(k, req.body[k] != null)`, `size(req.query) > 0`, `same(req.body, [1])`, `req.body.a == {"b": [1, 2.5, 3u]}`,
		`req.path.id.matches("^[0-9]+$")`, `has(req.body.a.b)`, `req.body.a + "x" == "yx"`, `db.filter(s, s.rows > 1).size() < 2`,
		`row("orders", req.body.a).price == 1`, `shown("orders", [req.body.a][0])`, `row("lines", req.body.items).amount > 1`, `has(row("lines", [req.body.a, 1]).amount)`,
		`has(earlier("POST /orders/list").resp.body.a.b) || earlier("POST /orders/list", "orders").call.start < call.start`, `day(req.body.a) == day(call.start)`,
		`req.body.items.exists(i, row("orders", i.id).seen < call.start && row("orders", row("orders", i.id).account).price == 1)`,
		`timestamp(req.body.a) > call.start`, `type(req.body.a) == int ? req.body.a > 1 : true`, `{"a": req.body.a}.a == 1`, `[req.body.a][0] == 1`,
	} {
		f.Add(seed, `{"a": [{"b": "x"}, 2], "items": [{"price": 1}, {}]}`)
	}
	f.Fuzz(func(t *testing.T, check, body string) {
		if len(check) > 1000 {
			return
		}
		file := &rulefile.File{Path: "fuzz", Rules: []rulefile.Rule{{ID: "a", Check: rulefile.Expression{Text: check}, APIs: apis("*")}}, References: shop()}
		b, err := Compile([]*rulefile.File{file}, Options{CostLimit: 20_000})
		if err != nil {
			_ = err.Error()
			return
		}
		s := order().with(requestBodyAttribute, body).with("url.query", "a=1").ran(`UPDATE orders SET a = 1 WHERE user_id = $1`, "7").called(stock())
		h := historyOf(t, b, quick()).calls(shows(0, body).with(requestBodyAttribute, body), pays(1, "7", 200, body))
		h.verdicts(s.at(later), func(v *Verdict) {
			if v.Outcome == Violated {
				_ = v.Explain(ShowValues)
			}
		})
	})
}

// FuzzFeed takes down whatever a service answers.
func FuzzFeed(f *testing.F) {
	for _, seed := range []string{
		`{"id": 42, "price": 1.50, "lines": [{"order": 42, "line": 1, "amount": 1e400}]}`, `{"id": "\u0034\u0032", "items": {}}`, `[], [[]], {"id": [1]}`, `{"id": -0}`, `{"id": 42`,
	} {
		f.Add(seed)
	}
	b := bookOfShop(f, `row("orders", req.path.id).price == 1 && row("orders", req.path.id).items == 1`, `shown("lines", [42, 1])`,
		`earlier("POST /orders/list").resp.body.data == null`)
	f.Fuzz(func(t *testing.T, data string) {
		settings := quick()
		settings.MaxBytes, settings.MaxRows = 1<<20, 100
		h := historyOf(t, b, settings).calls(shows(0, data), pays(1, "42", 200, data), shows(2, data))
		h.judged(order().at(later))
		require.LessOrEqual(t, h.store.Stats().Rows, settings.MaxRows)
	})
}
