package invariant

import (
	"testing"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// FuzzCheck compiles whatever somebody writes into a rule file and evaluates it: neither may fail but with an error.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`call.status == 200`, `db.all(s, same(s.where.user_id, env.user.id))`, `db.complete && db.exists(s, s.set["a"] == 1)`,
		`calls.exists(c, c.req.body.a[0].b in ["x"])`, `req.body.items.map(i, i.price).exists(p, p > 1)`, `db[0].table == "a"`,
		`req.body.all(k, req.body[k] != null)`, `size(req.query) > 0`, `same(req.body, [1])`, `req.body.a == {"b": [1, 2.5, 3u]}`,
		`req.path.id.matches("^[0-9]+$")`, `has(req.body.a.b)`, `req.body.a + "x" == "yx"`, `db.filter(s, s.rows > 1).size() < 2`,
		`timestamp(req.body.a) > call.start`, `type(req.body.a) == int ? req.body.a > 1 : true`, `{"a": req.body.a}.a == 1`, `[req.body.a][0] == 1`,
	} {
		f.Add(seed, `{"a": [{"b": "x"}, 2], "items": [{"price": 1}, {}]}`)
	}
	f.Fuzz(func(t *testing.T, check, body string) {
		if len(check) > 1000 {
			return
		}
		file := &rulefile.File{Path: "fuzz", Rules: []rulefile.Rule{{ID: "a", Check: rulefile.Expression{Text: check}, APIs: apis("*")}}}
		b, err := Compile([]*rulefile.File{file}, Options{CostLimit: 20_000})
		if err != nil {
			_ = err.Error()
			return
		}
		s := order().with(requestBodyAttribute, body).with("url.query", "a=1").ran(`UPDATE orders SET a = 1 WHERE user_id = $1`, "7").called(stock())
		s.verdicts(t, b, func(v *Verdict) {
			if v.Outcome == Violated {
				_ = v.Explain(ShowValues)
			}
		})
	})
}
