package invariant

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explained returns the explanation of the check's violation.
func (s *scene) explained(t *testing.T, check string, e Evidence) (x Explanation) {
	t.Helper()
	found := false
	s.verdicts(t, book(t, check), func(v *Verdict) {
		require.Equal(t, Violated, v.Outcome, "%s", v.Reason)
		x, found = v.Explain(e), true
	})
	require.True(t, found)
	return x
}

func TestAnExplanationNamesThePartAndTheValues(t *testing.T) {
	for name, e := range map[string]struct {
		scene  *scene
		check  string
		part   string
		values []Value
	}{
		"two fields": {
			order().with(requestBodyAttribute, `{"user": "8"}`), `req.body.user == env.user.id`,
			`req.body.user == env.user.id`,
			[]Value{{"req.body.user", "8"}, {"env.user.id", "7"}},
		},
		"one side of and": {
			order(), `call.status == 200 && (call.method == "POST" || req.path.id == "43")`,
			`call.method == "POST" || req.path.id == "43"`,
			[]Value{{"call.status", "200"}, {"call.method", "GET"}, {"req.path.id", "42"}},
		},
		"a branch": {
			order(), `call.method == "GET" ? call.status == 204 : true`, `call.status == 204`,
			[]Value{{"call.method", "GET"}, {"call.status", "200"}},
		},
		"the item that is wrong": {
			order().with(requestBodyAttribute, `{"items": [{"price": 1}, {"price": -2}, {"price": -3}]}`), `req.body.items.all(i, i.price > 0)`,
			`req.body.items.all(i, i.price > 0)`,
			[]Value{{"req.body.items[1].price", "-2"}},
		},
		"the statement that is wrong": {
			order().ran(`SELECT 1 FROM users WHERE id = 7`).ran(`SELECT 1 FROM orders WHERE id = 42`),
			`db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))`,
			`db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))`,
			[]Value{{"db[1].table", "orders"}, {"db[1].where.user_id", "(absent)"}, {"env.user.id", "7"}},
		},
		"the one that is wrong, behind others that are right": {
			order().ran(`SELECT 1 FROM a WHERE u = 7`).ran(`SELECT 1 FROM a WHERE u = 7`).ran(`SELECT 1 FROM b WHERE u = 8`),
			`db.all(s, s.table == "a" && same(s.where.u, env.user.id))`, `db.all(s, s.table == "a" && same(s.where.u, env.user.id))`,
			[]Value{{"db[2].table", "b"}, {"db[2].where.u", "8"}, {"env.user.id", "7"}},
		},
		"the one that there must not be": {
			order().ran(`SELECT 1 FROM a`).ran(`SELECT 1 FROM b`), `!db.exists(s, s.table == "b")`, `!db.exists(s, s.table == "b")`,
			[]Value{{"db[1].table", "b"}},
		},
		"a loop in a loop": {
			order().with(requestBodyAttribute, `{"a": [{"b": [1, 2]}, {"b": [3, -4]}]}`), `req.body.a.all(x, x.b.all(y, y > 0))`,
			`req.body.a.all(x, x.b.all(y, y > 0))`,
			[]Value{{"req.body.a[1].b[1]", "-4"}},
		},
		"a field that is not known": {
			order().with(requestBodyAttribute, `{"a": 1, "role": "clerk"}`), `req.body.all(f, f in ["a"])`, `req.body.all(f, f in ["a"])`,
			[]Value{{"req.body.role", "clerk"}},
		},
		"a column that is not known": {
			order().ran(`UPDATE users SET a = 1, role = 'clerk'`), `db.all(s, s.set.all(c, c in ["a"]))`, `db.all(s, s.set.all(c, c in ["a"]))`,
			[]Value{{"db[0].set.role", "clerk"}},
		},
		"secrets within": {
			order().with(requestBodyAttribute, `{"password": {"value": "hunter2"}, "x-auth": "y"}`),
			`env.session.id == "x" || req.body.password.value == "a" || req.body["x-auth"] == "z"`,
			`env.session.id == "x" || req.body.password.value == "a" || req.body["x-auth"] == "z"`,
			[]Value{{"env.session.id", "sha256:6a840baf5d8c"}, {"req.body.password.value", "sha256:f52fbd32b2b3"}, {"req.body.x-auth", "sha256:a1fce4363854"}},
		},
		"what does not print": {
			order().with(requestBodyAttribute, `{"a": "x\ny"}`), `req.body.a == "z"`, `req.body.a == "z"`, []Value{{"req.body.a", "x y"}},
		},
		"nothing that is right": {
			order().ran(`SELECT 1 FROM users`).ran(`SELECT 1 FROM stock`), `db.exists(s, s.table == "orders")`,
			`db.exists(s, s.table == "orders")`,
			[]Value{{"db[0].table", "users"}, {"db[1].table", "stock"}},
		},
		"nothing at all": {
			order(), `db.complete && db.exists(s, s.table == "orders")`, `db.exists(s, s.table == "orders")`, []Value{{"db", "(0 seen)"}},
		},
		"too many": {
			order().ran(`SELECT 1 FROM users`), `size(db) < 1`, `size(db) < 1`, []Value{{"db", "(1 seen)"}},
		},
		"an index": {
			order().with(requestBodyAttribute, `{"a": [1, {"b": 2}]}`), `req.body.a[1].b == 3 || req.body["a"][0] == 2`,
			`req.body.a[1].b == 3 || req.body["a"][0] == 2`,
			[]Value{{"req.body.a[1].b", "2"}, {"req.body.a[0]", "1"}},
		},
		"what is asked for": {
			order().with(requestBodyAttribute, `{"role": "clerk"}`), `!has(req.body.role)`, `!has(req.body.role)`, []Value{{"req.body.role", "clerk"}},
		},
		"whole values": {
			order().with(requestBodyAttribute, `{"a": {"b": [1, "x"]}}`), `req.body.a == {"b": 1}`, `req.body.a == {"b": 1}`,
			[]Value{{"req.body.a", "{b}"}},
		},
		"whether there is a header": {
			order().with("http.request.header.x-act-as", []any{"9"}), `!("x-act-as" in req.header)`, `!("x-act-as" in req.header)`,
			[]Value{{"req.header.x-act-as", "9"}},
		},
		"a list": {
			order().with(requestBodyAttribute, `{"a": [1, "x"], "b": [{"pin": 1}]}`), `size(req.body.a) + size(req.body.b) == 4`,
			`size(req.body.a) + size(req.body.b) == 4`,
			[]Value{{"req.body.a", `[1,"x"]`}, {"req.body.b", "(1 elements)"}},
		},
		"a child call": {
			order().called(stock()), `calls.all(c, c.resp.body.left > 10)`, `calls.all(c, c.resp.body.left > 10)`,
			[]Value{{"calls[0].resp.body.left", "3"}},
		},
		"a secret": {
			order().with(requestBodyAttribute, `{"password": "hunter2"}`), `req.body.password == ""`, `req.body.password == ""`,
			[]Value{{"req.body.password", "sha256:f52fbd32b2b3"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := e.scene.explained(t, e.check, ShowValues)
			assert.Equal(t, e.part, x.False)
			assert.Equal(t, e.values, x.Values)
		})
	}
}

func TestTheTextOfAnExplanation(t *testing.T) {
	s := order().with(requestBodyAttribute, `{"user": "8"}`)
	assert.Equal(t, `the rule rule-a does not hold: req.body.user == env.user.id is false; req.body.user = 8, env.user.id = 7`,
		s.explained(t, `req.body.user == env.user.id`, ShowValues).Text)
	assert.Equal(t, `the rule rule-a does not hold: req.body.user == env.user.id is false; req.body.user = sha256:2c624232cdd2, env.user.id = sha256:7902699be42c`,
		s.explained(t, `req.body.user == env.user.id`, ShowHashes).Text)
	assert.Equal(t, `the rule rule-a does not hold: req.body.user == env.user.id is false`,
		s.explained(t, `req.body.user == env.user.id`, ShowNothing).Text)
}
