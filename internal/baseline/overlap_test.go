package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// got makes honest calls of GET, each to one of some routes with a path that belongs to it; "" is no route.
func got(routes ...func(i int) (route, path string)) []*call {
	return oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.method, c.status = "GET", 200
		c.route, c.path = routes[i*i%11%len(routes)](i)
		return c
	})(300)
}

func at(route, path string) func(i int) (string, string) {
	return func(int) (string, string) { return route, path }
}

func below(route, path string) func(i int) (string, string) {
	return func(i int) (string, string) { return route, path + uuid(dice(i)) }
}

// Rules find their calls by the shape of the route, or of the path. What one API does says nothing about another one that its
// rules are found for too.
func TestRoutesThatOverlapAreToldApart(t *testing.T) {
	for name, calls := range map[string][]*call{
		"names of parameters":    got(below("/orders/{id}", "/orders/"), at("/orders/{name}", "/orders/x")),
		"cases":                  got(below("/orders/{id}", "/orders/"), at("/Orders/{id}", "/Orders/x")),
		"a path that is a guess": got(below("", "/orders/"), at("", "/orders/latest")),
		"given and guessed":      got(below("/orders/{id}", "/orders/"), at("", "/orders/latest"), at("/orders/*", "/orders/x/y"), at("/orders/{a}/*", "/orders/x/y/z")),
		"slashes":                got(at("/a", "/a"), at("/a/", "/a/"), at("/a//", "/a//"), at("/", "/")),
		"optional parameters":    got(below("/a/:id?", "/a/"), at("/a/:id?", "/a/")),
		"files":                  got(below("", "/a/"), at("", "/a/app.js"), at("", "/a/7.pdf")),
	} {
		t.Run(name, func(t *testing.T) { violatesNothing(t, calls) })
	}
}

func TestAPIsBeyondThoseThatAreKeptAreNoNews(t *testing.T) {
	calls := oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.service, c.route = fmt.Sprint("many", i%9), fmt.Sprint("/a/", i)
		if i%10 == 0 || i > mostAPIs+50 {
			c.service, c.route = "late", fmt.Sprint("/x", i%2)
		}
		if i > mostAPIs+300 {
			c.route = fmt.Sprint("/y", i%4)
		}
		c.path = c.route
		return c
	})(mostAPIs + 600)
	violatesNothing(t, calls)
}

func TestCallsBeyondThoseThatAreKeptAreNoNews(t *testing.T) {
	violatesNothing(t, oneByOne(func(i int) *call {
		c := posted(i, nil)
		if i < 60 {
			c.statements = []statement{{fmt.Sprintf("SELECT * FROM t%d WHERE a = 1", i), nil, 1}}
		}
		if i < 10 || i > 60 {
			route := "/child/" + string(rune('a'+i%12))
			c.calls = []*call{{service: "other", method: "GET", route: route, path: route, status: 200}}
		}
		return c
	})(800))
}

// A call at the end of a long trace sees what others showed meanwhile.
func TestTracesThatOverlapAreLearnedInTheOrderOfTheirCalls(t *testing.T) {
	const changed = 151 // round from which on product 3 costs more
	price := func(k, round int) int {
		if k == 3 && round >= changed {
			return 7777
		}
		return 1000 + k*37%500
	}
	product := func(k, round int) fields { return fields{"id": fmt.Sprintf("product-%d", k), "price": price(k, round)} }
	buys := func(round int, c *call, k int) {
		c.route, c.path = "/buy", "/buy"
		c.request = fields{"productId": fmt.Sprintf("product-%d", k), "price": price(k, round)}
	}
	calls := rounds(func(round int, c *call) {
		c.method, c.route, c.path = "GET", "/products", "/products"
		var all []any
		for k := range 40 {
			all = append(all, product(k, round))
		}
		c.response = fields{"products": all}
	}, func(round int, c *call) { buys(round, c, round*7%40) })(600)
	long, late := calls[2*changed-2], posted(2*changed-2, nil) // the price is out of date when it is used
	long.method, long.route, long.path, long.response, long.length = "POST", "/slow", "/slow", nil, 30*time.Minute
	buys(changed-1, late, 3)
	late.delay = 20 * time.Minute
	long.calls = []*call{late}
	r := violatesNothing(t, calls)
	near := nearly(r, "POST /buy", `same(row("products", req.body.productId).price, req.body.price)`)
	require.NotNil(t, near, "the call with the old price is told")
	assert.Equal(t, 1, near.Evidence.Violations)
	assert.Equal(t, 2*changed-2, place(t, near.Exceptions[0].TraceID))
}
