package baseline

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatWasNeverSeenIsNews(t *testing.T) {
	orders := oneByOne(func(i int) *call {
		c := posted(i, fields{"x": i, "line": fields{"count": 1}, "lines": []any{fields{"a": i}}})
		c.query, c.headers = fmt.Sprintf("q=%d", i), map[string]string{"x-tenant": fmt.Sprint(i)}
		c.status = []int{201, 201, 409}[i%3]
		return c
	})
	two := oneByOne(func(i int) *call {
		c := posted(i, fields{"x": i})
		if i%3 == 0 {
			c.method, c.route, c.path = "GET", "/orders/{id}", "/orders/"+uuid(dice(i))
		}
		return c
	})
	teach(t, []lesson{
		{"fields", orders, "novelty", `req.body.all(f, f in ["line", "lines", "x"])`, "", []func(*call){func(c *call) { c.body()["isAdmin"] = true }}},
		{"fields in objects", orders, "novelty", `req.body.line.all(f, f in ["count"])`, "", []func(*call){func(c *call) { c.body()["line"] = fields{"count": 1, "price": 0} }}},
		{"fields in lists", orders, "novelty", `req.body.lines.all(x, x.all(f, f in ["a"]))`, "", []func(*call){func(c *call) { c.body()["lines"] = []any{fields{"a": 1}, fields{"b": 1}} }}},
		{"parameters", orders, "novelty", `req.query.all(f, f in ["q"])`, "", []func(*call){func(c *call) { c.query = "q=1&debug=1" }}},
		{"headers", orders, "novelty", `req.header.all(f, f in ["x-tenant"])`, "", []func(*call){func(c *call) { c.headers["x-forwarded-host"] = "evil" }}},
		{"statuses", orders, "novelty", `resp.status in [201, 409]`, "resp.status < 500", []func(*call){func(c *call) { c.status = 200 }, func(c *call) { c.status = 403 }}},
		{
			"APIs", two, "novelty", `call.method == "GET" && call.route in ["/orders/{id}", "/orders/{id}/"] || call.method == "POST" && call.route in ["/orders", "/orders/"]`, "",
			[]func(*call){func(c *call) { c.route, c.path = "/admin", "/admin" }, func(c *call) { c.method = "DELETE" }},
		},
	})
}

// Where no instrumentation tells routes, what a caller writes behind a prefix may make it another route.
func TestPathsBehindAPrefixLookAsTheyDid(t *testing.T) {
	greet := oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.method, c.route = "GET", ""
		c.path = "/greet/" + fmt.Sprintf("user-%d", 1000+i*i)
		if i%4 == 0 {
			c.path += "/card"
		}
		return c
	})
	teach(t, []lesson{{"one segment", greet, "format", `call.path.matches("(?i)^/greet(/([A-Za-z0-9\\-]+|[^/]+/card))?/?$")`, "", []func(*call){
		func(c *call) { c.path = "/greet/a'b" }, func(c *call) { c.path = "/greet/x/../../etc" }, func(c *call) { c.path = "/greet/{{7*7}}" },
	}}})
}

func TestNoveltyCanBeSwitchedOff(t *testing.T) {
	s := strict()
	s.Novelty = false
	calls := newShop(1).open(60)
	with, without := result(t, calls), learned(t, s, calls).Result()
	news := 0
	for i := range with.Rules {
		if rule := &with.Rules[i]; rule.Rule.Kind == "novelty" {
			news++
			continue
		}
		require.NotNil(t, find(without, with.Rules[i].Rule.Check.Text))
	}
	assert.Positive(t, news)
	assert.Len(t, without.Rules, len(with.Rules)-news)
	assert.GreaterOrEqual(t, without.Counts.RejectedBy[whyNovelty], news)
}
