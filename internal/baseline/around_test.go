package baseline

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reads makes honest calls of GET /orders/{id} by the owners of orders, each with that statement.
func reads(sql string, parameters func(c *call, id string) []string) func(n int) []*call {
	return oneByOne(func(i int) *call {
		id := uuid(dice(i))
		c := posted(i, nil)
		c.method, c.route, c.path, c.status = "GET", "/orders/{id}", "/orders/"+id, 200
		c.statements = []statement{{sql, parameters(c, id), 1}}
		return c
	})
}

// sends puts another statement in place of the first one.
func sends(sql string, parameters ...string) func(c *call) {
	return func(c *call) { c.statements[0] = statement{sql, parameters, 1} }
}

func TestCallsDoInTheDatabaseWhatTheyAlwaysDid(t *testing.T) {
	own := reads("SELECT * FROM orders WHERE id = $1 AND user_id = $2", func(c *call, id string) []string { return []string{id, c.user} })
	both := oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.statements = []statement{{"INSERT INTO orders (id) VALUES ($1)", []string{fmt.Sprint(i)}, -1}, {"UPDATE stock SET n = $1 WHERE id = 2", []string{fmt.Sprint(i)}, -1}}
		return c
	})
	teach(t, []lesson{
		{"operations and tables", own, "database", `db.all(s, s.table == "" || s.op == "SELECT" && s.table == "orders")`, "", []func(*call){sends("DELETE FROM orders WHERE id = $1", "1"), sends("SELECT * FROM users")}},
		{
			"several of them", both, "database", `db.all(s, s.table == "" || s.op == "INSERT" && s.table == "orders" || s.op == "UPDATE" && s.table == "stock")`, "",
			[]func(*call){sends("INSERT INTO stock (id) VALUES (1)"), sends("UPDATE orders SET id = 1")},
		},
		{
			"tables that are joined", own, "database", `db.all(s, s.tables.all(t, t in ["orders"]))`, "",
			[]func(*call){sends("SELECT * FROM orders UNION SELECT name, password FROM users")},
		},
		{
			"statements", own, "novelty", `db.all(s, s.skeleton in ["select * from orders where id = ? and user_id = ?"])`, "",
			[]func(*call){sends("SELECT * FROM orders WHERE id = $1 OR 1 = 1", "1"), sends("SELECT * FROM orders")},
		},
		{
			"a statement each time", both, "database", `db.exists(s, s.op == "UPDATE" && s.table == "stock")`, "resp.status < 400",
			[]func(*call){func(c *call) { c.statements = c.statements[:1] }},
		},
		{
			"a statement once", both, "database", `size(db.filter(s, s.op == "INSERT" && s.table == "orders")) <= 1`, "resp.status < 400",
			[]func(*call){func(c *call) { c.statements = append(c.statements, c.statements[0]) }},
		},
		{"one row", own, "database", `db.all(s, s.op != "SELECT" || s.table != "orders" || s.rows <= 1)`, "", []func(*call){func(c *call) { c.statements[0].rows = 2 }}},
		{"rows of a list", oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.statements = []statement{{"SELECT * FROM orders WHERE user_id = $1", []string{c.user}, int64(i % 9)}}
			return c
		}), "database", `db.all(s, s.op != "SELECT" || s.table != "orders" || s.rows <= 100)`, "", []func(*call){func(c *call) { c.statements[0].rows = 5000 }}},
	})
}

func TestStatementsAreAboutWhatTheCallIsAbout(t *testing.T) {
	mine := "SELECT * FROM orders WHERE id = $1 AND user_id = $2"
	own := reads(mine, func(c *call, id string) []string { return []string{id, c.user} })
	other := uuid(dice(-1))
	insert := oneByOne(func(i int) *call {
		c := posted(i, fields{"total": 1000 + i*7})
		c.statements = []statement{{"INSERT INTO orders (user_id, total) VALUES ($1, $2)", []string{c.user, fmt.Sprint(1000 + i*7)}, -1}}
		return c
	})
	teach(t, []lesson{
		{"a bound parameter is an argument", own, "database", `db.all(s, s.op != "SELECT" || s.table != "orders" || same(s.where.id, req.path.id))`, "", []func(*call){
			func(c *call) { sends(mine, other, c.user)(c) },
			func(c *call) { sends("SELECT * FROM orders WHERE user_id = $1", c.user)(c) },
		}},
		{"the owner's column is the caller", own, "database", `db.all(s, s.op != "SELECT" || s.table != "orders" || same(s.where.user_id, env.user.id))`, "", []func(*call){
			func(c *call) { sends(mine, c.path[len("/orders/"):], "u007")(c) },
			func(c *call) { sends("SELECT * FROM orders WHERE id = $1", c.path[len("/orders/"):])(c) },
		}},
		{
			"what is written is the caller's", insert, "database", `db.all(s, s.op != "INSERT" || s.table != "orders" || same(s.set.user_id, env.user.id))`, "",
			[]func(*call){func(c *call) { c.statements[0].parameters[0] = "u007" }},
		},
		{
			"what is written was asked for", insert, "database", `db.all(s, s.op != "INSERT" || s.table != "orders" || same(s.set.total, req.body.total))`, "",
			[]func(*call){func(c *call) { c.statements[0].parameters[1] = "1" }},
		},
	})
}

func TestCallsMakeTheCallsThatTheyAlwaysMade(t *testing.T) {
	child := func(i int, route string) *call {
		return &call{service: "stock", method: "POST", route: route, path: route, status: 200, request: fields{"productId": 100000 + i}}
	}
	calls := oneByOne(func(i int) *call {
		c := posted(i, fields{"productId": 100000 + i})
		c.calls = []*call{child(i, "/reserve"), child(i, "/log")}
		return c
	})
	teach(t, []lesson{
		{"a call each time", calls, "related-API", `calls.exists(c, c.route == "/reserve")`, "resp.status < 400", []func(*call){func(c *call) { c.calls = c.calls[1:] }}},
		{"a call once", calls, "related-API", `size(calls.filter(c, c.route == "/reserve")) <= 1`, "resp.status < 400", []func(*call){func(c *call) { c.calls = append(c.calls, child(0, "/reserve")) }}},
		{"no other calls", calls, "novelty", `calls.all(c, c.route in ["/log", "/reserve"])`, "", []func(*call){func(c *call) {
			c.calls = append(c.calls, child(0, "/release"))
		}}},
		{
			"a call with the same argument", calls, "related-API", `calls.all(c, c.route != "/reserve" || same(c.req.body.productId, req.body.productId))`, "",
			[]func(*call){func(c *call) { c.calls[0].request = fields{"productId": 100001} }},
		},
		{
			"an answer for what was asked", oneByOne(func(i int) *call {
				c := posted(i, fields{"account": uuid(dice(i))})
				c.calls = []*call{child(i, "/account")}
				c.calls[0].response = fields{"id": c.body()["account"]}
				return c
			}), "related-API", `calls.all(c, c.route != "/account" || same(c.resp.body.id, req.body.account))`, "",
			[]func(*call){func(c *call) { c.calls[0].response = fields{"id": uuid(dice(-1))} }},
		},
	})
}

// counts is the part of checks that something is done no more than once.
const counts = "size("

// Who tries again, and gives up, does no more than it should: it did nothing in the end.
func TestRetriesInCallsThatFailAreNoSecondDoing(t *testing.T) {
	r := violatesNothing(t, oneByOne(func(i int) *call {
		c := posted(i, nil)
		for try := 0; try == 0 || i%20 == 7 && try < 3; try++ {
			c.calls = append(c.calls, &call{service: "stock", method: "POST", route: "/reserve", path: "/reserve", status: 200})
			c.statements = append(c.statements, statement{"INSERT INTO orders (id) VALUES (1)", nil, -1})
		}
		if i%20 == 7 {
			c.status = 503
		}
		return c
	})(400))
	for _, check := range []string{`size(calls.filter(c, c.route == "/reserve")) <= 1`, `size(db.filter(s, s.op == "INSERT" && s.table == "orders")) <= 1`} {
		rule := find(r, check)
		require.NotNil(t, rule, checks(r))
		assert.Equal(t, 380, rule.Evidence.Calls)
	}
}

// A statement that is cut may be a second one, or none.
func TestStatementsThatAreCutTeachNoCounts(t *testing.T) {
	for name, cut := range map[string]string{"a second one": "INSERT INTO orders (id) VALUES (1), (2), (3", "another one": "INSERT INTO log (id) VALUES ('a"} {
		t.Run(name, func(t *testing.T) {
			calls := oneByOne(func(i int) *call {
				c := posted(i, nil)
				c.statements = []statement{{"INSERT INTO orders (id) VALUES (1)", nil, -1}}
				if i%2 == 1 {
					c.statements = append(c.statements, statement{cut, nil, -1})
				}
				return c
			})(400)
			r := violatesNothing(t, calls)
			assert.NotContains(t, checks(r), counts)
			assert.Positive(t, r.Counts.RejectedBy[whyUnread])
		})
	}
}

// What is only read may be read again.
func TestReadingIsNotCounted(t *testing.T) {
	r := result(t, oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.statements = []statement{{"SELECT * FROM orders WHERE id = $1", []string{fmt.Sprint(i)}, 3}}
		c.calls = []*call{{service: "stock", method: "GET", route: "/stock", path: "/stock", status: 200}}
		return c
	})(400))
	assert.NotNil(t, find(r, `calls.exists(c, c.route == "/stock")`), "it is always read")
	assert.NotContains(t, checks(r), counts)
}
