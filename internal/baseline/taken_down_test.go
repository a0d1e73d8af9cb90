package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// every puts calls so many minutes apart.
func every(minutes int, calls []*call) []*call {
	for i, c := range calls {
		c.start = monday.Add(time.Duration(i*minutes) * time.Minute)
	}
	return calls
}

// v2 answers name the key ID, v1 answers id: they are one collection.
func TestAKeyInAnotherCase(t *testing.T) {
	calls := every(5, rounds(placesInCases, pays)(1200))
	for split := 801; split < 804; split++ {
		goesOn(t, calls, split)
	}
}

// An API answers with uuid, another with id, of the same things: they are merged.
func TestAKeyOfTwoNames(t *testing.T) {
	calls := every(5, rounds(
		func(round int, c *call) {
			places(round, c)
			if round%2 == 1 { // the back office
				answer := c.response.(fields)
				c.route, c.path = "/drafts", "/drafts"
				c.response = fields{"uuid": answer["id"], "kind": "draft", "lines": 3, "weight": 2}
			}
		},
		func(round int, c *call) {
			c.method, c.route, c.path, c.status = "GET", "/orders/{id}", "/orders/"+orderOf(round), 200
			if round > 60 && round%10 == 1 {
				c.method, c.route, c.path = "GET", "/nothing", "/nothing"
				return
			}
			c.response = fields{"id": orderOf(round), "owner": c.user, "total": totalOf(round), "status": "open"}
		}, pays)(2400))
	goesOn(t, calls, 1801)
}

// Orders of which the statement alone tells the number, bound as a text; a list shows numbers.
func TestNumbersThatAreBoundAsTexts(t *testing.T) {
	calls := every(5, rounds(
		func(round int, c *call) {
			c.statements = []statement{{"INSERT INTO orders (id, user_id, total) VALUES ($1, $2, $3)", []string{fmt.Sprint(5000 + round), c.user, fmt.Sprint(totalOf(round))}, -1}}
		},
		func(round int, c *call) {
			c.method, c.route, c.path, c.status = "GET", "/orders", "/orders", 200
			if round%3 == 2 {
				c.route, c.path = "/nothing", "/nothing"
				return
			}
			c.response = fields{"orders": []any{fields{"id": 5000 + round, "state": "open", "total": totalOf(round)}}}
		},
		func(round int, c *call) {
			c.route, c.path, c.status = "/orders/{id}/pay", fmt.Sprintf("/orders/%d/pay", 5000+round), 200
			c.request = fields{"amount": totalOf(round)}
		})(2400))
	goesOn(t, calls, 1800)
}

// A search finds 300 offers; rules look at 256.
func TestListsThatAreLongerThanRulesLook(t *testing.T) {
	offer := func(round, k int) string { return fmt.Sprintf("offer-%06d", round*1000+k) }
	calls := every(5, rounds(
		func(round int, c *call) {
			c.method, c.route, c.path, c.status = "GET", "/offers", "/offers", 200
			var all []any
			for k := range 300 {
				all = append(all, fields{"id": offer(round, k), "seats": k % 9})
			}
			c.response = fields{"offers": all}
		},
		func(round int, c *call) {
			c.route, c.path = "/bookings", "/bookings"
			c.request = fields{"offerId": offer(round, round*7%300)}
		})(1000))
	goesOn(t, calls, 800)
}

// No reference can name a route with a wildcard: what it shows is not known to rules.
func TestThingsOfARouteWithAWildcard(t *testing.T) {
	product := func(i int) string { return fmt.Sprintf("product-%05d", i) }
	calls := every(5, rounds(
		func(round int, c *call) {
			c.method, c.route, c.path, c.status = "GET", "/catalog/*", "/catalog/a", 200
			if round%8 == 0 {
				c.route, c.path = "/featured", "/featured"
			}
			var all []any
			for k := range 10 {
				all = append(all, fields{"id": product(round*3 + k), "name": fmt.Sprint("thing ", k)})
			}
			c.response = fields{"products": all}
		},
		func(round int, c *call) { c.request = fields{"productId": product(round*3 + round%10)} })(1600))
	goesOn(t, calls, 1200)
}

// INSERT ... ON CONFLICT DO NOTHING says nothing of the row that is there.
func TestInsertsThatMayDoNothing(t *testing.T) {
	calls := every(5, rounds(
		func(round int, c *call) {
			text := "INSERT INTO carts (id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
			if round%8 == 0 {
				text = "INSERT INTO carts (id, user_id) VALUES ($1, $2)"
			}
			c.route, c.path = "/carts", "/carts"
			c.statements = []statement{{text, []string{orderOf(round), c.user}, -1}}
		},
		func(round int, c *call) { c.route, c.path = "/carts/{id}/items", "/carts/"+orderOf(round)+"/items" })(1600))
	goesOn(t, calls, 1200)
}

// Ids beyond 64 bits.
func TestIDsBeyond64Bits(t *testing.T) {
	account := func(round int) any { return rawNumber(fmt.Sprintf("9876543210987654321%07d", round)) }
	calls := every(5, rounds(
		func(round int, c *call) {
			places(round, c)
			c.response.(fields)["account"] = account(round)
		},
		func(round int, c *call) {
			pays(round, c)
			c.request = fields{"account": account(round)}
		})(1200))
	goesOn(t, calls, 801)
}

type rawNumber string

func (n rawNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// A route for the owner, another of the same shape for the staff: at run time they are one source.
func TestWhomRoutesOfOneShapeShow(t *testing.T) {
	account := func(round, k int) string { return fmt.Sprintf("account-%d-%d", round%50, k) }
	show := func(round, k int, c *call) {
		c.method, c.status = "GET", 200
		c.response = fields{"id": account(round, k), "name": fmt.Sprint("my ", k), "open": true}
	}
	steps := []func(round int, c *call){}
	for k := range 5 {
		steps = append(steps, func(round int, c *call) {
			c.route, c.path = "/accounts/{id}", "/accounts/"+account(round, k)
			show(round, k, c)
		})
	}
	steps = append(steps, func(round int, c *call) { // somebody looks another one's account up by its name
		c.route, c.path = "/accounts/{name}", "/accounts/"+fmt.Sprint("name-of-", round+7)
		show(round+7, round%5, c)
	}, func(round int, c *call) {
		show(round+7, round%5, c)
		c.method, c.route, c.path, c.status = "POST", "/transfers", "/transfers", 200
		c.response = nil
		c.request = fields{"accountId": account(round, round%5), "amount": 10 + round*37%900}
	})
	calls := rounds(steps...)(7 * 600)
	goesOn(t, calls, 7*500)
}

// Every caller's last call of each API, which no rule asks for, is kept apart from the things.
func TestLastCallsDriveNothingOut(t *testing.T) {
	s := strict()
	s.References.MaxRows = 3000
	steps := []func(round int, c *call){
		func(round int, c *call) {
			if round > 2 {
				c.method, c.route, c.path, c.status = "GET", "/page0", "/page0", 200
				return
			}
			c.method, c.route, c.path, c.status = "GET", "/products", "/products", 200
			var all []any
			for k := range 50 {
				all = append(all, fields{"id": fmt.Sprintf("product-%03d", k), "price": 10 + 3*k, "name": fmt.Sprint("n", k)})
			}
			c.response = fields{"products": all}
		},
	}
	for i := range 8 {
		steps = append(steps, func(_ int, c *call) {
			c.method, c.route, c.path, c.status = "GET", fmt.Sprint("/page", i+1), fmt.Sprint("/page", i+1), 200
		})
	}
	steps = append(steps, func(round int, c *call) {
		c.request = fields{"productId": fmt.Sprintf("product-%03d", round*7%50), "price": 10 + 3*(round*7%50)}
	})
	calls := rounds(steps...)(10 * 1000) // 1000 sessions
	l := learned(t, s, calls)
	r := l.Result()
	for _, c := range l.References().Stats().Collections {
		if c.Name == "products" {
			assert.False(t, c.Lossy, "products were evicted: %+v", c)
			assert.Zero(t, c.Misses)
		}
	}
	assert.NotNil(t, find(r, `same(row("products", req.body.productId).price, req.body.price)`), checks(r))
}
