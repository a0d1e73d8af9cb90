package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// rounds makes honest calls of which each round, of as many calls as there are steps, is a session of one user. Calls are
// by the minute.
func rounds(steps ...func(round int, c *call)) func(n int) []*call {
	return oneByOne(func(i int) *call {
		round := i / len(steps)
		c := posted(i, nil)
		c.user, c.session = fmt.Sprintf("u%03d", round%50), fmt.Sprintf("session-%d", round)
		steps[i%len(steps)](round, c)
		return c
	})
}

// orderOf is the order of a round, totalOf what it costs.
func orderOf(round int) string { return uuid(dice(round)) }
func totalOf(round int) int    { return 10 << (round * 37 % 11) }

func places(round int, c *call) {
	c.request = fields{"count": 1 + round%3}
	c.response = fields{"id": orderOf(round), "owner": c.user, "total": totalOf(round), "status": "open"}
}

func pays(round int, c *call) {
	c.route, c.path, c.status = "/orders/{id}/pay", "/orders/"+orderOf(round)+"/pay", 200
	c.request = fields{"amount": totalOf(round)}
	c.response = fields{"id": orderOf(round), "owner": c.user, "total": totalOf(round), "status": "paid"}
}

func refunds(round int, c *call) {
	c.route, c.path = "/refunds", "/refunds"
	c.request = fields{"orderId": orderOf(round), "amount": 1 + totalOf(round)*(round%10)/11}
}

// paidBefore has a call be about the order of an earlier round.
func paidBefore(c *call) { c.path = "/orders/" + orderOf(3) + "/pay" }

func TestACallFitsWhatEarlierCallsShowed(t *testing.T) {
	paying := rounds(places, pays)
	teach(t, []lesson{
		{
			name: "a field of the row", honest: paying, kind: "related-API", check: `same(row("orders", req.path.id).total, req.body.amount)`,
			broken: []func(*call){func(c *call) { c.body()["amount"] = 1 }, func(c *call) { c.body()["amount"] = "1" }},
		},
		{
			name: "the owner of the row", honest: paying, kind: "environment", check: `same(row("orders", req.path.id).owner, env.user.id)`,
			broken: []func(*call){func(c *call) { c.user, c.session = "u007", "another" }, func(c *call) { c.user = "nobody" }},
		},
		{name: "the state of the row", honest: paying, kind: "related-API", check: `row("orders", req.path.id).status == "open"`, broken: []func(*call){paidBefore}},
		{name: "done once", honest: paying, kind: "related-API", check: `!has(row("call-post-orders-id-pay-id", req.path.id).start)`, broken: []func(*call){paidBefore}},
		{
			name: "at most what the row has", honest: rounds(places, refunds), kind: "related-API", check: `req.body.amount <= row("orders", req.body.orderId).total`,
			broken: []func(*call){func(c *call) { c.body()["amount"] = 20_000 }},
		},
	})
}

func TestACallFitsWhatStatementsShowed(t *testing.T) {
	places := func(round int, c *call) {
		c.statements = []statement{{"INSERT INTO orders (id, user_id, total) VALUES ($1, $2, $3)", []string{orderOf(round), c.user, fmt.Sprint(totalOf(round))}, -1}}
	}
	reads := func(round int, c *call) { c.method, c.route, c.path = "GET", "/orders/{id}", "/orders/"+orderOf(round) }
	teach(t, []lesson{{
		name: "the owner of a row", honest: rounds(places, reads), kind: "environment",
		check: `same(row("table-orders", req.path.id).user_id, env.user.id)`, broken: []func(*call){func(c *call) { c.path = "/orders/" + orderOf(3) }},
	}})
}

// Offers are shown to a session, which books one of them.
func TestACallerAsksForWhatItWasShown(t *testing.T) {
	offer := func(round, i int) string { return uuid(dice(round*10 + i)) }
	searches := func(round int, c *call) {
		c.method, c.route, c.path, c.status, c.user = "GET", "/offers", "/offers", 200, ""
		c.response = fields{"offers": []any{fields{"id": offer(round, 1), "seats": 3}, fields{"id": offer(round, 2), "seats": 2}}}
	}
	books := func(round int, c *call) {
		c.route, c.path, c.user = "/bookings", "/bookings", ""
		c.request = fields{"offerId": offer(round, 1+round%2), "seats": 1 + round%2}
	}
	teach(t, []lesson{{
		name: "offers", honest: rounds(searches, books), kind: "related-API", check: `shown("offers", req.body.offerId)`,
		broken: []func(*call){func(c *call) { c.body()["offerId"] = offer(3, 1) }},
	}})
}

// Nothing says whose an order is but who made it.
func TestWhoMadeItOwnsIt(t *testing.T) {
	quietly := func(step func(round int, c *call)) func(round int, c *call) {
		return func(round int, c *call) {
			step(round, c)
			delete(c.response.(fields), "owner")
		}
	}
	teach(t, []lesson{{
		name: "the maker", honest: rounds(quietly(places), quietly(pays)), kind: "environment",
		check:  `same(row("orders", req.path.id).caller_of_post_orders, env.user.id)`,
		broken: []func(*call){func(c *call) { c.user, c.session = "u007", "another" }},
	}})
}

// Everybody is shown the same products: nobody's are they.
func TestWhatEverybodyIsShownIsNobodys(t *testing.T) {
	lists := func(round int, c *call) {
		c.method, c.route, c.path, c.status = "GET", "/products", "/products", 200
		c.response = fields{"products": []any{fields{"id": fmt.Sprintf("product-%03d", round/4), "price": 10 + round%7}}}
	}
	buys := func(round int, c *call) { c.request = fields{"productId": fmt.Sprintf("product-%03d", round/4)} }
	for _, l := range result(t, rounds(lists, buys)(usualCalls)).Rules {
		assert.NotContains(t, l.Rule.Check.Text, "caller_of")
	}
}

func TestWhatACallIsAboutExists(t *testing.T) {
	product := func(round int) string { return fmt.Sprintf("product-%03d", round*7%80) }
	lists := func(round int, c *call) {
		c.method, c.route, c.path, c.status = "GET", "/products", "/products", 200
		var all []any
		for i := range 10 {
			all = append(all, fields{"id": product(round + i), "name": fmt.Sprintf("thing %d", round+i)})
		}
		c.response = fields{"products": all}
	}
	buys := func(round int, c *call) { c.request = fields{"productId": product(round + round%7)} }
	slowly := func(n int) []*call { // it takes a day to prove that there are no others
		calls := rounds(lists, buys)(n)
		for i, c := range calls {
			c.start = monday.Add(time.Duration(i) * 5 * time.Minute)
		}
		return calls
	}
	l := lesson{
		name: "products", honest: slowly, kind: "related-API", check: `has(row("products", req.body.productId).id)`,
		broken: []func(*call){func(c *call) { c.body()["productId"] = "product-999" }},
	}
	l.run(t, 800)
}
