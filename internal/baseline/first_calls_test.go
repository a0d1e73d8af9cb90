package baseline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Refused calls may come before what is missing, from the first one on.
func TestRefusedCallsBeforeTheFirstThatWasNot(t *testing.T) {
	inOrder(t, timed(700, func(round int) []step {
		switch {
		case round%2 == 0 || round < 36:
			return []step{looks}
		case round < 45:
			return []step{refusal(withdraws, 0, sec)}
		}
		return []step{confirms, refusal(withdraws, 10*sec, sec), withdraws}
	}))
}

// Nobody knows whether a call without a status was refused.
func TestCallsWithoutAStatusBreakNoOrder(t *testing.T) {
	inOrder(t, timed(700, func(round int) []step {
		switch {
		case round%2 == 0:
			return []step{looks}
		case round%50 == 1:
			return []step{{0, sec, "/withdrawals", 0}}
		}
		return []step{confirms, refusal(withdraws, 10*sec, sec), withdraws}
	}))
}

// Calls of two services are two kinds of calls, also where their routes are the same.
func TestChildCallsOfTwoServicesWithOneRoute(t *testing.T) {
	violatesNothing(t, oneByOne(func(i int) *call {
		c := posted(i, fields{"productId": 100_000 + i})
		for n, service := range []string{"stock", "billing"} {
			c.calls = append(c.calls, &call{
				service: service, method: "POST", route: "/reserve", path: "/reserve", status: 200, request: fields{"productId": 100_000 + i + 5000*n},
			})
		}
		return c
	})(400))
}

// Where rows have had a field only since later, it is not known which calls broke the claim: no others are named for them.
func TestAFieldThatRowsHaveSinceLaterBlamesNobody(t *testing.T) {
	calls := rounds(lists, buys)(600)
	for i, c := range calls {
		if c.method != "GET" {
			continue
		}
		for _, p := range c.response.(fields)["products"].([]any) {
			if p := p.(fields); i < 10 {
				delete(p, "price")
				p["name"], p["size"] = "x", 1
			} else {
				p["name"], p["size"] = "x", 1
			}
		}
	}
	calls[11].body()["price"] = 1
	near := nearly(result(t, calls), "POST /orders", `same(row("products", req.body.productId).price, req.body.price)`)
	assert.Empty(t, exceptionsOf(t, near))
}

// A call that says one of the two only is no violation, neither before the claim began nor after.
func TestACallThatSaysOneOfTwoOnlyBreaksNothing(t *testing.T) {
	pairs := oneByOne(func(i int) *call {
		id := uuid(dice(i))
		c := posted(i, fields{"a": id, "b": id})
		switch {
		case i < 10:
			without("b")(c)
		case i == 10:
			without("a")(c)
		}
		return c
	})(400)
	joins := rounds(lists, buys)(600)
	without("price")(joins[1])
	for check, calls := range map[string][]*call{
		`same(req.body.b, req.body.a)`: pairs, `same(row("products", req.body.productId).price, req.body.price)`: joins,
	} {
		t.Run(check, func(t *testing.T) {
			r := result(t, calls)
			assert.Nil(t, nearly(r, "POST /orders", check))
			assert.NotNil(t, find(r, check))
		})
	}
}

// Of a character that more calls have than are kept, all are counted.
func TestManyTextsWithARareCharacterAreAllCounted(t *testing.T) {
	calls := body(func(i int) any { return "Mr " + uuid(dice(i))[:6] })(400)
	for i := 100; i < 119; i++ {
		with("a<b>c")(calls[i])
		calls[i].session, calls[i].user = "eve", "eve"
	}
	r := learned(t, DefaultSettings(), calls).Result()
	const check = `type(req.body.x) == string && size(req.body.x) <= 32 && req.body.x.matches("^[A-Za-z0-9 ]+$")`
	assert.Nil(t, find(r, check))
	near := nearly(r, "POST /orders", check)
	require.NotNil(t, near)
	assert.Equal(t, 19, near.Evidence.Violations)
}

// Many sessions that have rare characters are another way of writing.
func TestSessionsWithRareCharactersAreCounted(t *testing.T) {
	calls := body(func(i int) any { return "Mr " + uuid(dice(i))[:6] })(2000)
	for i, odd := range []string{"<", ">", ";", "&", "%", "(", "#", "'"} {
		with("a" + odd)(calls[100+30*i])
	}
	const check = `type(req.body.x) == string && size(req.body.x) <= 32 && req.body.x.matches("^[A-Za-z0-9 ]+$")`
	near := nearly(learned(t, DefaultSettings(), calls).Result(), "POST /orders", check)
	require.NotNil(t, near)
	assert.Equal(t, 8, near.Evidence.Breakers)
	assert.False(t, near.Taken)
}

// A call that fails before it does anything is none that leaves something out.
func TestARefusedFirstCallIsNoneWithoutADoing(t *testing.T) {
	r := result(t, oneByOne(func(i int) *call {
		c := posted(i, nil)
		if i == 0 { // it fails before it does anything
			c.status = 503
			return c
		}
		c.statements = []statement{{"INSERT INTO orders (id) VALUES (1)", nil, -1}}
		c.calls = []*call{{service: "stock", method: "POST", route: "/reserve", path: "/reserve", status: 200}}
		return c
	})(400))
	assert.NotNil(t, find(r, `calls.exists(c, c.route == "/reserve")`))
	assert.NotNil(t, find(r, `db.exists(s, s.op == "INSERT" && s.table == "orders")`))
	assert.Empty(t, r.Near)
}

// Roles may be many and long.
func TestCallsThatWaitAreCountedWithTheirRoles(t *testing.T) {
	o := raw(1, "")
	for i := range 64 {
		o.Call.Roles = append(o.Call.Roles, strings.Repeat(fmt.Sprint(i%10), 1000))
	}
	assert.Greater(t, sizeOf(&o), 64_000)
}
