package baseline

import (
	"fmt"
	"testing"
)

// body returns the members of the call's request.
func (c *call) body() fields { return c.request.(fields) }

func TestWhatIsEqualInARecordStaysEqual(t *testing.T) {
	twice := oneByOne(func(i int) *call {
		id := uuid(dice(i))
		c := posted(i, fields{"orderId": id, "lines": []any{fields{"order": id}, fields{"order": id}}[:1+i%2]})
		c.method, c.route, c.path = "PUT", "/orders/{id}", "/orders/"+id
		return c
	})
	number := oneByOne(func(i int) *call {
		c := posted(i, fields{"number": 1000 + i})
		c.query = fmt.Sprintf("number=%d", 1000+i)
		return c
	})
	answers := oneByOne(func(i int) *call {
		c := posted(i, fields{"amount": 100 + i*3})
		c.response = fields{"charged": 100 + i*3}
		return c
	})
	other := uuid(dice(-1))
	teach(t, []lesson{
		{"body and path", twice, "common-sense", `same(req.body.orderId, req.path.id)`, "", []func(*call){func(c *call) { c.body()["orderId"] = other }}},
		{
			"in lists", twice, "common-sense", `req.body.lines.all(x, same(x.order, req.path.id))`, "",
			[]func(*call){func(c *call) { c.body()["lines"] = []any{c.body()["lines"].([]any)[0], fields{"order": other}} }},
		},
		{
			"a number and its text", number, "common-sense", `same(req.body.number, req.query.number)`, "",
			[]func(*call){func(c *call) { c.body()["number"] = 1 }, func(c *call) { c.query = "number=1" }},
		},
		{"answer and request", answers, "common-sense", `same(resp.body.charged, req.body.amount)`, "", []func(*call){func(c *call) { c.response = fields{"charged": 1} }}},
	})
}

func TestAnArgumentThatMayBeEmptyIsComparedWhenItIsNot(t *testing.T) {
	teach(t, []lesson{{
		"null or empty", oneByOne(func(i int) *call {
			id := any(uuid(dice(i)))
			if i%7 > 4 {
				id = []any{nil, ""}[i%7-5]
			}
			return posted(i, fields{"again": id, "ref": id})
		}), "common-sense", `(req.body.ref == null || same(req.body.ref, req.body.again))`, `req.body.again != null && req.body.again != ""`,
		[]func(*call){func(c *call) { c.request = fields{"again": "a", "ref": "b"} }},
	}})
}

func TestAnArgumentIsTheCaller(t *testing.T) {
	own := oneByOne(func(i int) *call {
		c := posted(i, fields{"accountId": fmt.Sprintf("u%03d", i%50)})
		return c
	})
	path := oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.method, c.route, c.path = "GET", "/users/{id}/orders", fmt.Sprintf("/users/u%03d/orders", i%50)
		return c
	})
	number := oneByOne(func(i int) *call {
		c := posted(i, fields{"accountId": i % 50})
		c.user = fmt.Sprint(i % 50)
		return c
	})
	session := oneByOne(func(i int) *call {
		c := posted(i, fields{"cart": uuid(dice(i))})
		c.session = c.body()["cart"].(string)
		return c
	})
	teach(t, []lesson{
		{"its session", session, "environment", `same(req.body.cart, env.session.id)`, "", []func(*call){func(c *call) { c.body()["cart"] = uuid(dice(-1)) }}},
		{"in the body", own, "environment", `same(req.body.accountId, env.user.id)`, "", []func(*call){func(c *call) { c.body()["accountId"] = "u007" }}},
		{"in the path", path, "environment", `same(req.path.id, env.user.id)`, "", []func(*call){func(c *call) { c.path = "/users/u007/orders" }}},
		{"as a number", number, "environment", `same(req.body.accountId, env.user.id)`, "", []func(*call){func(c *call) { c.body()["accountId"] = 8 }}},
	})
}

func TestARoleIsAskedFor(t *testing.T) {
	teach(t, []lesson{{"staff", oneByOne(func(i int) *call {
		c := posted(i, fields{"x": 1})
		c.roles = []string{"customer"}
		if i%6 == 0 {
			c.route, c.path, c.roles = "/refunds", "/refunds", []string{"customer", "staff"}
		}
		return c
	}), "environment", `"staff" in env.user.roles`, "", []func(*call){
		func(c *call) { c.route, c.path, c.roles = "/refunds", "/refunds", []string{"customer"} },
	}}})
}

func TestArgumentsOfOneSetDiffer(t *testing.T) {
	cities := []string{"Aachen", "Berlin", "Celle", "Dresden"}
	teach(t, []lesson{{"from and to", oneByOne(func(i int) *call {
		r := dice(i)
		from := r.IntN(len(cities))
		to := (from + 1 + r.IntN(len(cities)-1)) % len(cities)
		return posted(i, fields{"from": cities[from], "to": cities[to]})
	}), "common-sense", `!same(req.body.from, req.body.to)`, "", []func(*call){func(c *call) { c.request = fields{"from": "Celle", "to": "Celle"} }}}})
}
