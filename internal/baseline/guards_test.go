package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// trap is traffic out of which something wrong could be learned.
type trap struct {
	name  string
	calls []*call
	wrong []string // parts of checks that no rule may have
	why   string   // a reason that is to be given; "": any
}

func refuse(t *testing.T, traps []trap) {
	for _, trap := range traps {
		t.Run(trap.name, func(t *testing.T) {
			r := result(t, trap.calls)
			for i := range r.Rules {
				for _, wrong := range trap.wrong {
					assert.NotContains(t, r.Rules[i].Rule.Check.Text, wrong)
				}
			}
			if trap.why != "" {
				assert.Positive(t, r.Counts.RejectedBy[trap.why], "%v", r.Counts.RejectedBy)
			}
		})
	}
}

// everything is in any check about a call.
var everything = []string{"req", "resp", "env", "call"}

// inSessions gives the calls to so many sessions, of one user each, who call in turn.
func inSessions(sessions int, calls []*call) []*call {
	for i, c := range calls {
		c.session, c.user = fmt.Sprint("session ", i%sessions), fmt.Sprint("user ", i%sessions)
	}
	return calls
}

func TestFewSessionsTeachNothing(t *testing.T) {
	some := body(func(i int) any { return uuid(dice(i)) })
	refuse(t, []trap{
		{"few calls", some(7), everything, whyFew},
		{"one session with many calls", inSessions(1, some(300)), everything, whyFew},
		{"three sessions with many calls, in turn", inSessions(3, some(300)), everything, whyFew},
	})
}

func TestWhatIsTheSameByChanceIsNoRule(t *testing.T) {
	constants := oneByOne(func(i int) *call { return posted(i, fields{"a": 1, "b": 1, "c": "1"}) })
	few := oneByOne(func(i int) *call {
		n := dice(i).IntN(10) / 8 // mostly the same
		return posted(i, fields{"a": n, "b": n})
	})
	sums := oneByOne(func(i int) *call { return posted(i, fields{"sum": 5000 + i*i, "total": 5000 + i*i}) })
	oneUser := oneByOne(func(i int) *call {
		c := posted(i, fields{"account": "u1"})
		c.user = "u1"
		c.statements = []statement{{"SELECT * FROM orders WHERE user_id = $1", []string{"u1"}, 1}}
		return c
	})
	everybody := oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.roles = []string{"customer"}
		return c
	})
	most := oneByOne(func(i int) *call {
		c := posted(i, nil)
		c.roles = []string{"member"}
		if i%4 == 0 {
			c.route, c.path, c.roles = "/products", "/products", []string{"guest"}
		}
		return c
	})
	rare := oneByOne(func(i int) *call {
		c := posted(i, fields{"from": fmt.Sprint("city", i%40), "to": fmt.Sprint("city", (i*7+1)%40)})
		return c
	})
	refuse(t, []trap{
		{"constants", constants(200), []string{"same("}, whyChance},
		{"two values", few(30), []string{"same("}, whyChance},
		{"sums in a dozen sessions", sums(12), []string{"same("}, whyFew},
		{"one user", oneUser(200), []string{"same("}, whyChance},
		{"a role that all have", everybody(200), []string{"roles"}, ""},
		{"a role that most have", most(200), []string{"member"}, ""},
		{"arguments of large sets that differ", rare(60), []string{"!same("}, whyChance},
	})
}

func TestSmallNumbersIdentifyNothing(t *testing.T) {
	lists := func(_ int, c *call) {
		c.method, c.route, c.path, c.status = "GET", "/products", "/products", 200
		var all []any
		for i := range 60 {
			all = append(all, fields{"id": i + 1, "price": 100 + i})
		}
		c.response = fields{"products": all}
	}
	buys := func(round int, c *call) {
		c.request = fields{"productId": 1 + round*7%60, "count": 1 + round%9, "floor": round % 30}
	}
	refuse(t, []trap{{"counts", rounds(lists, buys)(600), []string{`", req.body.count)`, `", req.body.floor)`}, ""}})
}

func TestSetsWithRareValuesAreOpen(t *testing.T) {
	late := func(i int) any {
		if i >= 160 {
			return []string{"a", "b", "c"}[i%3]
		}
		return []string{"a", "b"}[i%2]
	}
	once := func(i int) any {
		if i%40 == 9 {
			return fmt.Sprint("rare", i)
		}
		return "usual"
	}
	refuse(t, []trap{
		{"values that were seen once", body(once)(200), []string{"usual"}, whyRare},
		{"one value that was seen once", body(once)(40), []string{"usual"}, whyRare},
		{"many values in few sessions", body(func(i int) any { return []string{"a", "b", "c", "d", "e", "f"}[i%6] })(50), []string{`"a"`}, whyMany},
		{"values that came late", body(late)(200), []string{`"a"`}, whyLate},
		{"too many values", body(func(i int) any { return fmt.Sprint("v", i%30) })(200), []string{`"v1"`}, ""},
		{"dates", body(func(i int) any { return monday.AddDate(0, 0, i%4).Format(time.DateOnly) })(200), []string{"2026"}, ""},
		{"UUIDs", body(func(i int) any { return uuid(dice(i % 4)) })(200), []string{"req.body.x in", "req.body.x =="}, ""},
	})
}

func TestWhatDependsOnTheUserIsNoSet(t *testing.T) {
	refuse(t, []trap{{"cities", oneByOne(func(i int) *call {
		c := posted(i, fields{"city": fmt.Sprint("city of ", i%8)})
		c.user = fmt.Sprint("user ", i%8)
		return c
	})(300), []string{"city of"}, whyUsers}})
}

func TestWhatChangedInTheHeldOutPartIsNoRule(t *testing.T) {
	fresh := oneByOne(func(i int) *call {
		c := posted(i, fields{"a": i})
		if i > 170 {
			c.body()["b"] = i
			c.status = []int{201, 202}[i%2]
		}
		return c
	})
	refuse(t, []trap{{"fields and statuses", fresh(200), []string{"f in [", "resp.status in"}, whyLate}})
}

func TestWhatIsAnotherValueEachTimeIsNoFieldOfAThing(t *testing.T) {
	shows := func(round int, c *call) {
		c.method, c.route, c.path = "GET", "/shops", "/shops"
		c.response = fields{"id": fmt.Sprint("shop number ", round%12), "visits": 1000 + round, "name": fmt.Sprint("shop ", round%12)}
	}
	reports := func(round int, c *call) {
		c.route, c.path = "/reports", "/reports"
		c.request = fields{"shopId": fmt.Sprint("shop number ", round%12), "visits": 1000 + round, "name": fmt.Sprint("shop ", round%12)}
	}
	calls := rounds(shows, reports)(600)
	refuse(t, []trap{{"visits", calls, []string{".visits, req.body.visits)"}, whyUnsteady}})
	assert.NotNil(t, find(result(t, calls), `same(row("shops", req.body.shopId).name, req.body.name)`))
}

func TestAFewSessionsTellNothingOfStates(t *testing.T) {
	refuse(t, []trap{
		{"25 orders that were paid once", rounds(places, pays)(50), []string{"!has(row("}, ""},
		{"40 orders that were open", rounds(places, pays)(80), []string{".status =="}, whyFew},
	})
}

// An error of the server says nothing about the call.
func TestErrorsOfTheServerAreNothingNew(t *testing.T) {
	calls := reads("SELECT * FROM orders WHERE id = $1", func(_ *call, id string) []string { return []string{id} })(300)
	for i := 5; i < len(calls); i += 10 {
		calls[i].status, calls[i].statements = 503, nil
	}
	r := result(t, calls[:200])
	assert.NotNil(t, find(r, `resp.status in [200]`))
	assert.NotNil(t, find(r, `db.exists(s, s.op == "SELECT" && s.table == "orders")`))
	calls[250].status = 500
	assert.Empty(t, judge(t, r.File, calls).alarms)
}

// What one route does says nothing about those that have it within.
func TestRulesOfARouteThatTakesAllAreAboutNoOther(t *testing.T) {
	for _, route := range []string{"/files/*", "/files/**", "/files/{*path}", "/files/{path...}", "/files/<path:path>"} {
		calls := oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.method, c.route, c.path, c.query = "GET", route, fmt.Sprintf("/files/a/%d.txt", i), "v=1"
			if i%5 == 0 {
				c.route, c.path, c.query = "/files/special/{x}", "/files/special/b", ""
			}
			return c
		})(300)
		r := result(t, calls[:200])
		assert.Contains(t, checks(r), "has(req.query.v)")
		j := judge(t, r.File, calls)
		assert.Empty(t, j.alarms, "%s: %v", route, j.why)
	}
}

func TestWithoutGuardsMoreIsTakenForARule(t *testing.T) {
	s := strict()
	s.Unguarded = true
	calls := newShop(3).open(40)
	guarded, unguarded := result(t, calls), learned(t, s, calls).Result()
	assert.Greater(t, len(unguarded.Rules), len(guarded.Rules)+20)
	assert.Empty(t, judge(t, unguarded.File, calls).alarms)
}
