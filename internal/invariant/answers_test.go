package invariant

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explained is what the check's violation is told by.
func (h *history) explained(s *scene, e Evidence) (x Explanation) {
	h.t.Helper()
	found := false
	h.verdicts(s, func(v *Verdict) {
		require.Equal(h.t, Violated, v.Outcome, "%s", v.Reason)
		x, found = v.Explain(e), true
	})
	require.True(h.t, found)
	return x
}

func TestAnExplanationTellsWhatWasLookedUp(t *testing.T) {
	orders := []*scene{shows(0, `{"id": 42, "price": 3, "accountId": 43, "pin": 1234}, {"id": 43, "price": 5, "lines": [{"order": 43, "line": 1, "amount": 2}]}`)}
	now := func() *scene { return order().at(later) }
	for name, e := range map[string]struct {
		before []*scene
		scene  *scene
		check  string
		part   string
		values []Value
	}{
		"a field": {
			orders, now(), `call.status == 200 && row("orders", req.path.id).price == 4`, `row("orders", req.path.id).price == 4`,
			[]Value{{"call.status", "200"}, {`row("orders", req.path.id).price`, "3"}, {"req.path.id", "42"}},
		},
		"a field by its index": {
			orders, now(), `row("orders", "42")["price"] == 4`, `row("orders", "42")["price"] == 4`,
			[]Value{{`row("orders", "42").price`, "3"}},
		},
		"a row of a row": {
			orders, now(), `row("orders", row("orders", req.path.id).account).price == 4`, `row("orders", row("orders", req.path.id).account).price == 4`,
			[]Value{{`row("orders", row("orders", req.path.id).account).price`, "5"}, {`row("orders", req.path.id).account`, "43"}, {"req.path.id", "42"}},
		},
		"a key of two parts": {
			orders, now().with(requestBodyAttribute, `{"line": 1}`), `row("lines", ["43", req.body.line]).amount == 3`, `row("lines", ["43", req.body.line]).amount == 3`,
			[]Value{{`row("lines", ["43", req.body.line]).amount`, "2"}, {"req.body.line", "1"}},
		},
		"a field that must not be there": {
			orders, now(), `!has(row("orders", req.path.id).price)`, `!has(row("orders", req.path.id).price)`,
			[]Value{{`row("orders", req.path.id).price`, "3"}, {"req.path.id", "42"}},
		},
		"a field that must be there": {
			orders, now(), `has(row("orders", req.path.id).status)`, `has(row("orders", req.path.id).status)`,
			[]Value{{`row("orders", req.path.id).status`, "(missing)"}, {"req.path.id", "42"}},
		},
		"an item of a list": {
			orders, now().with(requestBodyAttribute, `{"ids": [43, 42]}`), `req.body.ids.all(i, row("orders", i).price == 5)`, `req.body.ids.all(i, row("orders", i).price == 5)`,
			[]Value{{`row("orders", req.body.ids[1]).price`, "3"}, {"req.body.ids[1]", "42"}},
		},
		"a secret field": {
			orders, now(), `row("orders", req.path.id).pin == 1`, `row("orders", req.path.id).pin == 1`,
			[]Value{{`row("orders", req.path.id).pin`, "sha256:03ac674216f3"}, {"req.path.id", "42"}},
		},
		"a field that comes from a secret": {
			[]*scene{pays(0, "42", 200, `{}`)},
			now(), `row("orders", req.path.id).code == ""`, `row("orders", req.path.id).code == ""`,
			[]Value{{`row("orders", req.path.id).code`, "sha256:f52fbd32b2b3"}, {"req.path.id", "42"}},
		},
		"a secret key": {
			orders, now(), `row("orders", (env.session.id == "") ? "1" : "42").price == 4`, `row("orders", (env.session.id == "") ? "1" : "42").price == 4`,
			[]Value{{`row("orders", (env.session.id == "") ? "1" : "42").price`, "3"}, {"env.session.id", "sha256:6a840baf5d8c"}},
		},
		"what was not shown": {
			[]*scene{shows(0, `{"id": 42}`).by("s-0", "8"), shows(1, `{"id": 43}`)},
			now(), `shown("orders", req.path.id)`, `shown("orders", req.path.id)`,
			[]Value{{`shown("orders", req.path.id)`, "false"}, {"req.path.id", "42"}},
		},
		"an earlier call": {
			[]*scene{pays(0, "41", 200, `{"total": 5, "token": "t"}`)},
			now(),
			`earlier("POST /orders/{id}/pay").resp.body.total == 6 || earlier("POST /orders/{id}/pay").resp.body.token == "u"`,
			`earlier("POST /orders/{id}/pay").resp.body.total == 6 || earlier("POST /orders/{id}/pay").resp.body.token == "u"`,
			[]Value{{`earlier("POST /orders/{id}/pay").resp.body.total`, "5"}, {`earlier("POST /orders/{id}/pay").resp.body.token`, "sha256:e3b98a4da31a"}},
		},
		"an earlier call's time": {
			[]*scene{pays(0, "41", 200, ``)},
			now(), `call.start - earlier("POST /orders/{id}/pay", "orders").call.start < duration("1s")`,
			`call.start - earlier("POST /orders/{id}/pay", "orders").call.start < duration("1s")`,
			[]Value{{"call.start", "2023-11-14T22:14:20Z"}, {`earlier("POST /orders/{id}/pay", "orders").call.start`, "2023-11-14T22:13:20Z"}},
		},
		"no earlier call": {
			[]*scene{now().at(0)},
			now(), `has(earlier("POST /orders/{id}/pay").resp.status)`, `has(earlier("POST /orders/{id}/pay").resp.status)`,
			[]Value{{`earlier("POST /orders/{id}/pay").resp.status`, "(absent)"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := historyOf(t, bookOfShop(t, e.check), quick()).calls(e.before...).explained(e.scene, ShowValues)
			assert.Equal(t, e.part, x.False)
			assert.Equal(t, e.values, x.Values)
		})
	}
}

func TestEvidenceOfWhatWasLookedUp(t *testing.T) {
	h := historyOf(t, bookOfShop(t, `row("orders", req.path.id).account == env.user.id`), quick()).calls(shows(0, `{"id": 42, "accountId": "8"}`))
	assert.Equal(t, `the rule rule-0 does not hold: row("orders", req.path.id).account == env.user.id is false; `+
		`row("orders", req.path.id).account = 8, req.path.id = 42, env.user.id = 7`, h.explained(order().at(later), ShowValues).Text)
	assert.Equal(t, []Value{
		{`row("orders", req.path.id).account`, "sha256:2c624232cdd2"}, {"req.path.id", "sha256:73475cb40a56"}, {"env.user.id", "sha256:7902699be42c"},
	}, h.explained(order().at(later), ShowHashes).Values)
	assert.Empty(t, h.explained(order().at(later), ShowNothing).Values)
}
