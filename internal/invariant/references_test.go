package invariant

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func TestErrorsOfStatefulRulesTellWhereAndWhatWasMeant(t *testing.T) {
	for check, want := range map[string]string{
		`row("ordrs", req.path.id).price == 1`:                       `there is no reference ordrs: did you mean orders?`,
		`row(req.path.id, req.path.id).price == 1`:                   `row() takes the name of a reference as a text that stands in the rule, such as row("orders", req.path.id)`,
		`shown(call.method, req.path.id)`:                            `shown() takes the name of a reference as a text that stands in the rule, such as shown("orders", req.path.id)`,
		`shown("order", req.path.id)`:                                `there is no reference order: did you mean orders?`,
		`row("orders", req.path.id).prise == 1`:                      `orders has no field prise: did you mean price?`,
		`has(row("orders", req.path.id).total)`:                      `orders has no field total: there are account, by, code, items, owner, pin, price, seen, state, status and tries`,
		`row("orders", req.path.id) == {"price": 1}`:                 `a row is read by its fields, whose names stand in the rule: write row("orders", ...).account`,
		`row("orders", req.path.id)[req.path.id] == 1`:               `a row is read by its fields, whose names stand in the rule`,
		`row("orders", req.path.id).all(f, f != "price")`:            `a row is read by its fields, whose names stand in the rule`,
		`row("orders", req.path.id).price.amount == 1`:               `price is kept as a single value: a list or what has fields of its own is none`,
		`row("orders", req.path.id).items.all(i, i > 1)`:             `items is kept as a single value`,
		`row("orders", [req.path.id, 1]).price == 1`:                 `the key of orders is one value: leave out the list`,
		`row("lines", req.path.id).amount == 1`:                      `the key of lines is 2 values: write them as a list, [a, b]`,
		`row("lines", [req.path.id]).amount == 1`:                    `the key of lines is 2 values: write them as a list, [a, b]`,
		`row("orders", req.path.id, 1).price == 1`:                   `found no matching overload for 'row'`,
		`rows("orders", req.path.id).price == 1`:                     `there is no variable or function rows: did you mean row?`,
		`earlier(call.route).resp.status == 1`:                       `earlier() takes an API as a text that stands in the rule, such as earlier("GET /orders/{id}")`,
		`earlier("/orders/{id}").resp.status == 1`:                   `the API "/orders/{id}" has no method: write it as GET /orders/{id}`,
		`earlier("*").resp.status == 1`:                              `earlier() is about one API: write its method and its route`,
		`earlier("GET /orders/{id}", call.service).resp.status == 1`: `earlier() takes the name of a service as a text that stands in the rule, such as earlier("GET /orders/{id}", "orders")`,
		`earlier("GET /orders/{id}").resp.staus == 1`:                `there is no field staus in an earlier call: did you mean status?`,
		`earlier("GET /orders/{id}").response.status == 1`:           `there is no field response in an earlier call: there are call, req, resp and env`,
		`earlier("GET /orders/{id}").req.path.order == "1"`:          `req.path has no order: there is id`,
		`earlier("GET /orders/{id}").resp == resp`:                   `resp is no single value: write which of its fields, such as resp.status`,
		`earlier("GET /orders/{id}").resp.header == resp.header`:     `resp.header is no single value: write one name behind it`,
		`earlier("GET /orders/{id}") == 1`:                           `found no matching overload`,
		`[earlier("GET /orders/{id}")].size() == 1`:                  `an earlier call is read by its fields, whose names stand in the rule: write earlier("GET /orders/{id}").resp.body.id`,
		`"a" in earlier("GET /orders/{id}").env.user.roles`:          `env.user.roles is a list, and a row has single values`,
		`earlier("GET /orders/{id}").resp.body.items[0] == 1`:        `resp.body.items is kept as a single value`,
		`earlier("GET /orders/{id}").resp.body[req.path.id] == 1`:    `resp.body is kept as a single value`,
		`earlier("GET /orders/{id}").resp.body.all(i, i > 1)`:        `resp.body is kept as a single value`,
		`earlier("GET /orders/{id}").db.size() == 1`:                 `there is no field db in an earlier call: there are call, req, resp and env`,
	} {
		_, err := tryBookOfShop(check)
		if assert.Error(t, err, check) {
			assert.Contains(t, err.Error(), want, check)
			assert.Contains(t, err.Error(), "rule rule-0: check", check)
		}
	}
	_, err := tryBook(`row("orders", req.path.id).price == 1`)
	assert.ErrorContains(t, err, `there is no reference orders: write under references where its rows are to be seen`)
}

func TestErrorsOfReferencesTellWhatIsMeant(t *testing.T) {
	list := func(s rulefile.Source) rulefile.Source {
		s.APIs = apis("GET /orders/{id}")
		return s
	}
	for want, s := range map[string]rulefile.Source{
		`from[3].key: id is in no object: write where the objects are as at, or begin the path with req, resp, env or call`: list(rulefile.Source{Key: []string{"id"}}),
		`there is no field bdy in resp: did you mean body?`:                                                                 list(rulefile.Source{Key: []string{"resp.bdy.id"}}),
		`from[3].fields.a: there is no field usr in env: did you mean user?`:                                                list(rulefile.Source{Key: []string{"req.path.id"}, Fields: map[string]string{"a": "env.usr.id"}}),
		`req.header is no single value: write one name behind it`:                                                           list(rulefile.Source{Key: []string{"req.header"}}),
		`env.user.roles is a list, and a row has single values`:                                                             list(rulefile.Source{Key: []string{"env.user.roles"}}),
		`resp.status.code has nothing within it: resp.status is a single value`:                                             list(rulefile.Source{Key: []string{"resp.status.code"}}),
		`req.path has no order: there is id`:                                                                                list(rulefile.Source{Key: []string{"req.path.order"}}),
		`from[3].at: objects are in resp.body or req.body, as in resp.body.data[]`:                                          list(rulefile.Source{At: "resp.header", Key: []string{"id"}}),
		`from[3].at: "resp.body..data" has an empty name`:                                                                   list(rulefile.Source{At: "resp.body..data", Key: []string{"id"}}),
		`from[3].key has 2 parts where a source before has one part: all keys of a collection are alike`:                    list(rulefile.Source{At: "resp.body", Key: []string{"a", "b"}}),
		`orders.seen is a time in one source and none in another: give one of them another name`:                            list(rulefile.Source{At: "resp.body", Key: []string{"id"}, Fields: map[string]string{"seen": "seen"}}),
	} {
		file := &rulefile.File{Path: "shop.yaml", References: shop()}
		file.References[0].Sources = append(file.References[0].Sources, s)
		file.Rules = []rulefile.Rule{{ID: "a", Check: rulefile.Expression{Text: `row("orders", req.path.id).seen != null`}, APIs: apis("GET /orders/{id}")}}
		_, err := Compile([]*rulefile.File{file}, Options{})
		if assert.Error(t, err, want) {
			assert.Contains(t, err.Error(), want)
			if !strings.HasPrefix(want, "orders.seen") {
				assert.Contains(t, err.Error(), "reference orders: from[3].")
			}
		}
	}
}

func TestARuleThatAsksIsStatefulAndAboutRelatedAPIs(t *testing.T) {
	for check, stateful := range map[string]bool{
		`row("orders", req.path.id).price == 1`:                     true,
		`shown("orders", req.path.id)`:                              true,
		`earlier("GET /orders/{id}").resp.status == 200`:            true,
		`has(earlier("GET /orders/{id}").resp.status)`:              true,
		`db.all(s, row("orders", s.where.id).owner == env.user.id)`: true,
		`call.status == 200`:                                        false,
		`db.all(s, s.table == "orders")`:                            false,
	} {
		b := bookOfShop(t, check)
		rule := b.Rules()[0]
		assert.Equal(t, stateful, rule.Stateful(), check)
		assert.Equal(t, stateful, b.Stateful(), check)
		if stateful {
			assert.True(t, rule.Deferred() && b.Deferred(), check)
			assert.Equal(t, "related-API", rule.Kind, check)
		} else {
			assert.Empty(t, b.References(), check)
		}
	}
}

func TestOnlyFieldsThatRulesReadAreKept(t *testing.T) {
	b := bookOfShop(t,
		`row("orders", req.path.id).status == "paid" && has(row("orders", req.path.id).price)`,
		`shown("lines", [1, 2])`,
		`earlier("GET /orders/{id}").resp.status == 200 && earlier("GET /orders/{id}").req.path.id == req.path.id`,
		`earlier("GET /orders/{id}", "shop").resp.body["a.b"].c == 1`,
	)
	assert.Equal(t, []Collection{
		{"earlier GET /orders/{id}", []string{"req.path.id", "resp.status"}},
		{"earlier GET /orders/{id} of shop", []string{`resp.body["a.b"].c`}},
		{"lines", nil},
		{"orders", []string{"price", "status"}},
	}, b.References())
	h := historyOf(t, b, quick()).calls(shows(0, `{"id": 42, "price": 1, "status": "paid", "accountId": 9}`))
	collection := h.store.Collection("orders")
	row, _ := h.store.Begin(order().start, "").Row(collection, "42", order().start+int64(later))
	for name, kept := range map[string]bool{"price": true, "status": true, "account": false} {
		field, _ := h.store.Field(collection, name)
		_, has := row.Get(field)
		assert.Equal(t, kept, has, name)
	}
}

// What a call shows is read of it, whether or not a rule is about it, and nothing else is.
func TestCallsAreReadForWhatTheyShow(t *testing.T) {
	b := bookOfShop(t, `row("lines", [req.path.id, 1]).amount == 1`)
	listed := shows(0, `{"id": 42}`).with(requestBodyAttribute, `{}`).read(t, b)
	assert.Equal(t, WholeBody, listed.ResponseBody.State)
	assert.Equal(t, NoBody, listed.RequestBody.State)
	assert.True(t, listed.API().Shows())
	assert.Empty(t, listed.API().Deferred)
	assert.Equal(t, WholeBody, listed.KeepDeferred().ResponseBody.State)

	judged := order().with(responseBodyAttribute, `{}`).read(t, b)
	assert.Equal(t, NoBody, judged.ResponseBody.State)
	assert.Len(t, judged.API().Deferred, 1)
	assert.False(t, judged.API().Shows())

	other := order()
	other.route, other.path = "/users/{id}", "/users/1"
	assert.Nil(t, other.read(t, b), "nobody looks at it")
}

// Statements may be beneath any call, so every call counts where a rule reads what they show.
func TestEveryCallMayHaveStatements(t *testing.T) {
	b := bookOfShop(t, `row("orders", req.path.id).state == "paid"`)
	other := order().ran(`UPDATE orders SET state = 'paid' WHERE id = 42`)
	other.route, other.path = "/users/{id}", "/users/1"
	require.True(t, other.read(t, b).API().Surrounded())
	assert.True(t, b.ReadsStatements())
	assert.Equal(t, "held", historyOf(t, b, quick()).calls(other).judged(order().at(later)))
	assert.False(t, bookOfShop(t, `shown("lines", [1, 2])`).ReadsStatements())
}

func TestSourcesOfOneNameAddUp(t *testing.T) {
	first, second := &rulefile.File{Path: "a", References: shop()[1:]}, &rulefile.File{Path: "b", References: []rulefile.Reference{{
		Name: "lines", Sources: []rulefile.Source{{Services: []string{"orders"}, APIs: apis("GET /orders/{id}"), At: "resp.body", Key: []string{"a", "b"}, Fields: map[string]string{"amount": "n"}}},
	}}}
	second.Rules = []rulefile.Rule{{ID: "a", Check: rulefile.Expression{Text: `row("lines", [1, 2]).amount == 3`}, APIs: apis("GET /orders/{id}")}}
	b, err := Compile([]*rulefile.File{first, second}, Options{})
	require.NoError(t, err)
	for _, s := range []*scene{
		shows(0, `{"lines": [{"order": 1, "line": 2, "amount": 3}]}`),
		order().with(responseBodyAttribute, `{"a": "1", "b": 2, "n": 3}`),
	} {
		assert.Equal(t, "held", historyOf(t, b, quick()).calls(s).judged(order().at(later)))
	}
	elsewhere := order().with(responseBodyAttribute, `{"a": "1", "b": 2, "n": 3}`)
	elsewhere.service = "shop"
	assert.Equal(t, "missing", historyOf(t, b, quick()).calls(elsewhere).judged(order().at(later)), "of another service")
}

// Without a store nothing is known of earlier calls, and what does not depend on them is judged all the same.
func TestWithoutAStoreNothingIsKnownOfEarlierCalls(t *testing.T) {
	for check, want := range map[string]string{
		`row("orders", req.path.id).price == 1`:              "unobserved",
		`has(row("orders", req.path.id).price)`:              "unobserved",
		`shown("orders", req.path.id)`:                       "unobserved",
		`earlier("GET /orders/{id}").resp.status == 200`:     "unobserved",
		`has(earlier("GET /orders/{id}").resp.status)`:       "unobserved",
		`call.status == 200 || shown("orders", req.path.id)`: "held",
	} {
		var got string
		order().verdicts(t, bookOfShop(t, check), func(v *Verdict) { got = said(v) })
		assert.Equal(t, want, got, check)
	}
}

// A judge that turns from the rules of one book to those of another asks of each what it asks for.
func TestAJudgeOfTwoBooks(t *testing.T) {
	one := bookOfShop(t, `row("orders", req.path.id).price == 1`, `row("orders", req.path.id).status == "paid"`)
	two := bookOfShop(t, `earlier("POST /orders/list").resp.status == 200`, `row("orders", req.path.id).status == "paid" && row("orders", req.path.id).price == 1`)
	h := historyOf(t, one, quick()).calls(shows(0, `{"id": 42, "price": 1, "status": "paid"}`))
	h.feeder, h.book = NewFeeder(two), two
	h.calls(shows(1, `{"id": 42, "price": 1, "status": "paid"}`))
	j := NewJudge(one)
	for range 3 {
		for _, b := range []*Book{one, two} {
			call := order().at(later).read(t, b)
			around := Surroundings{References: h.store.Begin(call.Start, call.Caller())}
			n := 0
			j.Deferred(call, &around, func(v Verdict) {
				assert.Equal(t, "held", said(&v), v.Rule.Check)
				n++
			})
			assert.Equal(t, 2, n)
			around.References.Discard()
		}
	}
}

// A call shows at most 256 objects, wherever they are.
func TestACallShowsSoManyObjects(t *testing.T) {
	b := bookOfShop(t, `shown("orders", req.path.id) && shown("lines", [1, 1])`)
	var data []string
	for i := range 300 {
		data = append(data, fmt.Sprintf(`{"id": %d, "lines": [{"order": %d, "line": 1}, {"order": %d, "line": 2}]}`, i, i, i))
	}
	h := historyOf(t, b, quick()).calls(shows(0, strings.Join(data, ",")))
	assert.Equal(t, MostShown, h.store.Stats().Rows)
}

func TestCallers(t *testing.T) {
	for want, c := range map[string]*Call{
		"s:1": {Session: "1", User: "2"}, "u:2": {User: "2"}, "": {}, "s:u:2": {Session: "u:2"},
	} {
		assert.Equal(t, want, c.Caller())
	}
	long := &Call{Session: "1", User: "2", long: longSession}
	assert.Empty(t, long.Caller())
}

// A call that was read whole is judged as one that was read for the book.
func TestABookAdoptsCallsThatWereReadWhole(t *testing.T) {
	for _, s := range []*scene{order(), shows(0, `{"id": 42}`), {service: "orders", method: "GET", path: "/orders/42", status: 200}} {
		b := bookOfShop(t, `row("orders", req.path.id).price == 1`)
		whole := *s.read(t, b)
		whole.api = nil
		b.Adopt(&whole)
		require.NotNil(t, whole.API())
		assert.Same(t, s.read(t, b).API(), whole.API())
	}
}

// What a rule reads of a row is what the body had that showed it.
func TestRowsSayWhatBodiesSaid(t *testing.T) {
	b := bookOfShop(t, `row("orders", req.path.id).price == req.body.price && type(row("orders", req.path.id).price) == type(req.body.price)`)
	rapid.Check(t, func(r *rapid.T) {
		value := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.Map(rapid.Uint64(), func(n uint64) any { return n }),
			rapid.Map(rapid.Float64(), func(f float64) any { return f }),
			rapid.Just[any](true), rapid.Just[any](false),
		).Draw(r, "value")
		text, err := json.Marshal(value)
		require.NoError(t, err)
		before := shows(0, `{"id": 42, "price": `+string(text)+`}`)
		want := "held"
		if s, ok := value.(string); ok && len(s) > reference.MaxText {
			want = "unknown"
		}
		now := order().at(later).with(requestBodyAttribute, `{"price": `+string(text)+`}`)
		h := historyOf(t, b, quick()).calls(before)
		assert.Equal(r, want, h.judged(now))
	})
}
