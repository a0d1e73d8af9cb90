package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// poison is an attack on the shop that somebody made while it was learned from.
type poison struct {
	name   string
	of     string               // "POST /orders": the calls that are attacks
	change func(c *call, n int) // what the n-th attack changes
	near   string               // check of the rule that is told with its exceptions
	rule   string               // check of the rule that is learned without them; "": the same
}

// Attacks of these kinds break a rule however many they are, up to 4 of 100 calls.
var poisons = []poison{
	{"somebody else's account", "POST /orders", func(c *call, n int) { c.body()["userId"] = fmt.Sprint("u9", n) }, `same(req.body.userId, env.user.id)`, ""},
	{"another price", "POST /orders", func(c *call, n int) { c.body()["price"] = 0.5 + float64(n) }, `same(row("products", req.body.productId).price, req.body.price)`, ""},
	{
		"no mail", "POST /orders", func(c *call, _ int) { delete(c.body(), "mail") }, `has(req.body.mail)`,
		`has(req.body.comment) && has(req.body.count) && has(req.body.delivery) && has(req.body.mail) && has(req.body.price) && has(req.body.productId) && has(req.body.userId)`,
	},
	{"no address of mail", "POST /orders", func(c *call, n int) { c.body()["mail"] = fmt.Sprintf("' OR %d=1 --", n) }, `type(req.body.mail) == string && isEmail(req.body.mail)`, ""},
	{"a text for a number", "POST /orders", func(c *call, n int) { c.body()["productId"] = fmt.Sprint(n) }, `type(req.body.productId) == int`, ""},
	{"a date that has passed", "POST /orders", func(c *call, n int) { c.body()["delivery"] = fmt.Sprintf("2020-01-%02d", 1+n%28) }, `day(req.body.delivery) >= day(call.start - duration("24h"))`, ""},
	{
		"no reservation", "POST /orders", func(c *call, _ int) {
			c.calls = append(c.calls[:0], &call{service: "log", method: "POST", route: "/log", path: "/log", status: 200})
		},
		`calls.exists(c, c.route == "/reserve")`, "",
	},
	{"somebody else's order", "GET /orders/{id}", func(c *call, n int) { c.user = fmt.Sprint("u9", n) }, `same(row("orders", req.path.id).userId, env.user.id)`, ""},
	{
		"rows of all users", "GET /orders/{id}", func(c *call, _ int) { c.statements[0].sql = "SELECT * FROM orders WHERE id = $1" },
		`db.all(s, s.op != "SELECT" || s.table != "orders" || same(s.where.user_id, env.user.id))`, "",
	},
	{"another amount", "POST /orders/{id}/pay", func(c *call, n int) { c.body()["amount"] = 0.01 * float64(n) }, `same(row("orders", req.path.id).total, req.body.amount)`, ""},
	{"a huge amount", "POST /refunds", func(c *call, n int) { c.body()["amount"] = 5e8 + float64(n) }, `req.body.amount <= row("orders", req.body.orderId).total`, ""},
}

// Of these kinds a few attacks stand out; many would be nothing unusual.
var rarePoisons = []poison{
	{"a count that no form has", "POST /orders", func(c *call, n int) { c.body()["count"] = -7 - n }, `type(req.body.count) == int && req.body.count in [1, 2, 3, 4]`, ""},
	{
		"a field that no form has", "POST /orders", func(c *call, n int) { c.body()[fmt.Sprint("admin", n)] = true },
		`req.body.all(f, f in ["comment", "count", "delivery", "mail", "price", "productId", "userId"])`, "",
	},
	{"no role", "POST /refunds", func(c *call, _ int) { c.roles = []string{"customer"} }, `"staff" in env.user.roles`, ""},
	{
		"another table", "GET /orders/{id}", func(c *call, n int) { c.statements[0].sql = fmt.Sprintf("SELECT * FROM users%d WHERE id = $1", n) },
		`db.all(s, s.table == "" || s.op == "SELECT" && s.table == "orders")`, "",
	},
	{
		"another statement", "GET /products", func(c *call, n int) { c.statements[0].sql = fmt.Sprintf("SELECT * FROM products WHERE n%d = 1", n) },
		`db.all(s, s.skeleton in ["select * from products order by name"])`, "",
	},
	{"another status", "POST /orders/{id}/pay", func(c *call, n int) { c.status = 300 + n%90 }, `resp.status in [200, 409]`, ""},
}

// attack makes one in so many of the calls that succeeded an attack, and returns the places of those.
func (p *poison) attack(calls []*call, oneIn int) (places []int) {
	n := 0
	for i, c := range calls {
		if c.method+" "+c.route != p.of || c.status >= 400 {
			continue
		}
		if n++; n%oneIn == oneIn/2 {
			p.change(c, n)
			places = append(places, i)
		}
	}
	return places
}

func nearly(r *Result, api, check string) *Near {
	i := slices.IndexFunc(r.Near, func(n Near) bool { return n.Rule.APIs[0].Text == api && n.Rule.Check.Text == check })
	if i < 0 {
		return nil
	}
	return &r.Near[i]
}

func TestWhatAFewCallsBrokeIsToldWithTheseCalls(t *testing.T) {
	t.Parallel()
	for i := range poisons {
		poisons[i].test(t, []int{25, 100}[:1+i%2]...)
	}
}

func TestWhatStandsOutIsToldWithTheCallsThatHaveIt(t *testing.T) {
	t.Parallel()
	for i := range rarePoisons {
		rarePoisons[i].test(t, 150)
	}
}

func (p *poison) test(t *testing.T, oneIn ...int) {
	for _, n := range oneIn {
		t.Run(fmt.Sprintf("%s, 1 in %d", p.name, n), func(t *testing.T) {
			calls := newShop(5).open(300)
			attacks := p.attack(calls, n)
			require.NotEmpty(t, attacks)
			p.clean(t, calls, attacks)
		})
	}
}

// clean lets a user drop the traces that are told, until the rule is learned: none of them may be an honest one.
func (p *poison) clean(t *testing.T, calls []*call, attacks []int) {
	rule := p.rule
	if rule == "" {
		rule = p.near
	}
	dropped := make(map[int]bool)
	for range len(attacks) + 1 {
		l, err := New(strict())
		require.NoError(t, err)
		for i, trace := range traces(t, calls) {
			if !dropped[i] {
				l.Learn(trace)
			}
		}
		r := l.Result()
		near := nearly(r, p.of, p.near)
		if near == nil {
			require.NotNil(t, findOf(r, p.of, rule), "%d of %d attacks were told; rejected: %v", len(dropped), len(attacks), r.Counts.RejectedBy)
			assert.NotEmpty(t, dropped)
			return
		}
		require.Nil(t, findOf(r, p.of, rule))
		assert.Equal(t, len(attacks)-len(dropped), near.Evidence.Violations)
		require.NotEmpty(t, near.Exceptions)
		for _, e := range near.Exceptions {
			i := place(t, e.TraceID)
			assert.Contains(t, attacks, i, "an honest call: %s", e.Found)
			assert.Equal(t, calls[i].method+" "+calls[i].route, e.API)
			assert.Equal(t, "shop", e.Service)
			assert.WithinDuration(t, calls[i].start, e.Time, time.Nanosecond)
			dropped[i] = true
		}
	}
	assert.Fail(t, "the rule was never learned")
}

// A rule may have been broken by the very first calls, or by one that is beyond all measure.
func TestWhereverTheAttackIsItIsTold(t *testing.T) {
	own := oneByOne(func(i int) *call { return posted(i, fields{"x": fmt.Sprintf("u%03d", i%50)}) })
	for _, c := range []struct {
		name   string
		honest func(n int) []*call
		at     []int
		x      any
		near   string
	}{
		{"the first call", own, []int{0}, "eve", `same(req.body.x, env.user.id)`},
		{"the first two", own, []int{0, 1}, "eve", `same(req.body.x, env.user.id)`},
		{"the last call", own, []int{199}, "eve", `same(req.body.x, env.user.id)`},
		{"a huge number", body(func(i int) any { return 100 + i*37%400 }), []int{50}, 1e9, `req.body.x > 0 && req.body.x <= 10000`},
		{
			"a long text", body(func(i int) any { return fmt.Sprint("Mr ", i*i) }),
			[]int{50},
			strings.Repeat("A", 5000),
			`type(req.body.x) == string && size(req.body.x) <= 32 && req.body.x.matches("^[A-Za-z0-9 ]+$")`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := c.honest(200)
			for _, i := range c.at {
				with(c.x)(calls[i])
			}
			near := nearly(result(t, calls), "POST /orders", c.near)
			require.NotNil(t, near)
			assert.Equal(t, len(c.at), near.Evidence.Violations)
			var told []int
			for _, e := range near.Exceptions {
				told = append(told, place(t, e.TraceID))
			}
			assert.Subset(t, c.at, told)
			assert.NotEmpty(t, told)
		})
	}
}

func TestWithToleranceARuleIsLearnedAllTheSame(t *testing.T) {
	calls := newShop(5).open(300)
	p := poisons[0]
	p.attack(calls, 50)
	s := strict()
	s.Tolerance = 0.05
	r := learned(t, s, calls).Result()
	rule := find(r, p.near)
	require.NotNil(t, rule)
	assert.Positive(t, rule.Evidence.Violations)
	assert.Equal(t, rule.Evidence.Violations, rule.Rule.Support["violations"])
	near := nearly(r, p.of, p.near)
	require.NotNil(t, near, "it is told all the same")
	assert.True(t, near.Taken)
	assert.Equal(t, rule.Rule, near.Rule)
	assert.NotEmpty(t, near.Exceptions)
}

// lists shows all products with their prices, buys is about one of them.
func lists(_ int, c *call) {
	c.method, c.route, c.path, c.status = "GET", "/products", "/products", 200
	var all []any
	for k := range 40 {
		all = append(all, fields{"id": fmt.Sprintf("product-%d", k), "price": 1000 + k*37%500})
	}
	c.response = fields{"products": all}
}

func buys(round int, c *call) {
	k := round * 7 % 40
	c.request = fields{"productId": fmt.Sprintf("product-%d", k), "price": 1000 + k*37%500}
}

// What is known of later calls only is no reason to name the first ones.
func TestEarlyAttacksAreToldAndNoHonestCalls(t *testing.T) {
	joins := rounds(lists, buys)(600)
	isList := func(c *call) bool { return c.method == "GET" }
	joins = slices.Concat(slices.DeleteFunc(joins[:60], isList), joins[60:]) // the first ones were not recorded
	joins[31].body()["price"] = 1
	roles := oneByOne(func(i int) *call {
		c := posted(i, nil)
		switch c.roles = []string{"staff"}; {
		case i%2 == 1:
			c.method, c.route, c.path, c.roles = "GET", "/looks", "/looks", []string{"customer"}
		case i < 8: // not recorded yet
			c.roles = nil
		case i == 8:
			c.roles = []string{"customer"}
		}
		return c
	})(400)
	for _, c := range []struct {
		name  string
		calls []*call
		check string
		at    int
	}{
		{"a price", joins, `same(row("products", req.body.productId).price, req.body.price)`, 31},
		{"a role", roles, `"staff" in env.user.roles`, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			near := nearly(result(t, c.calls), "POST /orders", c.check)
			assert.Equal(t, []int{c.at}, exceptionsOf(t, near))
			assert.Equal(t, 1, near.Evidence.Violations)
		})
	}
}

// A claim may be broken before anybody asks, and again later.
func TestSessionsThatBreakAClaimAreCountedFromTheFirst(t *testing.T) {
	var c Claim
	c.before(2, make([]Ref, 2))
	for n := 3; n < 6; n++ {
		c.observe(&moment{session: uint64(n) * numbers}, false, "")
		assert.Equal(t, n, c.Broke.Sessions)
		assert.Len(t, c.Refs, n)
	}
	calls := body(func(i int) any { return fmt.Sprintf("u%03d", i%50) })(500)
	for _, i := range []int{0, 1, 100, 200} {
		with("eve")(calls[i])
	}
	near := nearly(learned(t, DefaultSettings(), calls).Result(), "POST /orders", `same(req.body.x, env.user.id)`)
	require.NotNil(t, near)
	assert.Equal(t, 4, near.Evidence.Breakers)
}
