package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Nothing that was learned without tolerance is violated by what it was learned from: not by the evaluator that runs later,
// whatever the traffic.
func TestWhatWasTaughtViolatesNothing(t *testing.T) {
	for name, calls := range oddities() {
		t.Run(name, func(t *testing.T) {
			assert.NotEmpty(t, violatesNothing(t, calls).Rules)
		})
	}
}

// violatesNothing judges calls by what is learned from them.
func violatesNothing(t require.TestingT, calls []*call) *Result {
	r := result(t, calls)
	j := judge(t, r.File, calls)
	for i := range r.Rules {
		if why, violated := j.why[r.Rules[i].Rule.ID]; violated {
			assert.Fail(t, "an honest call violates a rule", "%s\n%s\n%+v", r.Rules[i].Rule.ID, why, r.Rules[i].Evidence)
		}
	}
	return r
}

func TestAShopViolatesNothingThatItTaught(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShop(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		s.users = rapid.IntRange(1, 100).Draw(t, "users")
		s.longest = time.Duration(rapid.SampledFrom([]int{1, 300, 60_000, 3_600_000}).Draw(t, "longest")) * time.Millisecond
		s.refused = rapid.Float64Range(0, 0.4).Draw(t, "refused")
		calls := s.open(rapid.IntRange(1, 40).Draw(t, "sessions"))
		violatesNothing(t, calls)
	})
}

func TestRandomTrafficViolatesNothingThatItTaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { violatesNothing(t, randomCalls(t)) })
}

// oddities are traffic of kinds that have little in common.
func oddities() map[string][]*call {
	mixed := func(all ...any) []*call { return body(func(i int) any { return all[i*i%7%len(all)] })(200) }
	long := make([]any, 100)
	for i := range long {
		long[i] = fields{"n": 1, "id": fmt.Sprint("id-", i)}
		if i > 80 {
			long[i] = fields{"n": 1e6, "more": true}
		}
	}
	return map[string][]*call{
		"large numbers":           body(func(i int) any { return uint64(1<<64-1) - uint64(i) })(200),
		"a few large numbers":     body(func(i int) any { return uint64(1<<64-1) - uint64(i%3) })(200),
		"times in ns":             body(func(i int) any { return monday.UnixNano() + int64(i)*1e9 })(200),
		"huge numbers":            body(func(i int) any { return 1e300 * float64(i) })(200),
		"the largest numbers":     body(func(int) any { return 1.7e308 })(200),
		"tiny numbers":            body(func(i int) any { return 1e-300 * float64(i%4) })(200),
		"numbers and their texts": mixed(1, "1", 1.5, "1.5"),
		"truth values and texts":  mixed(true, "true", false),
		"objects and lists":       mixed(fields{"a": 1}, []string{"x", "y"}),
		"objects and texts":       mixed(fields{"a": 1}, "x"),
		"lists and texts":         mixed([]string{"x", "y"}, "x"),
		"lists of all":            mixed([]any{"x", fields{"a": 1}, []int{1}, nil}, nil),
		"empty lists":             mixed([]any{}, []any{[]any{}}, []any{[]any{fields{}}}),
		"long lists":              body(func(int) any { return long })(200),
		"names of all kinds": body(func(i int) any {
			return fields{"": i, "in": 1, "a b": fields{"x.y": []any{fields{"\"": "é"}}}, "\\": true, "a\nb": i % 3, "null": nil}
		})(200),
		"bodies that are no objects": oneByOne(func(i int) *call { return posted(i, []any{i % 3, "a", nil}[i%3]) })(200),
		"broken bodies":              oneByOne(func(i int) *call { return posted(i, []any{`{"a":`, `{"a": 1}`, `a=1&b=2`}[i%3]) })(200),
		"an equal that is none": oneByOne(func(i int) *call {
			return posted(i, fields{"ref": uuid(dice(i)), "again": []any{false, uuid(dice(i))}[min(1, i%10)]})
		})(200),
		"repeated parameters": oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.query = []string{"a=1", "a=1", "a=1&a=2", ""}[i%4]
			return c
		})(200),
		"statements without a table": reads("SELECT 1", func(*call, string) []string { return nil })(200),
		"statements that are cut":    reads("SELECT * FROM orders WHERE id = $1 AND", func(_ *call, id string) []string { return []string{id} })(200),
		"many rows": oneByOne(func(i int) *call {
			c := posted(i, nil)
			c.statements = []statement{{"SELECT * FROM a WHERE id = 1", nil, 1 << 62}}
			return c
		})(200),
		"statuses":      oneByOne(func(i int) *call { c := posted(i, nil); c.status = []int{200, 404, 500, 0}[i%4]; return c })(200),
		"states":        rounds(placesOrNull, pays)(400),
		"keys in cases": rounds(placesInCases, pays)(400),
	}
}

func placesOrNull(round int, c *call) {
	places(round, c)
	if round%20 == 7 {
		c.response.(fields)["status"] = nil
	}
}

func placesInCases(round int, c *call) {
	places(round, c)
	answer := c.response.(fields)
	answer["a"], answer["b"] = 1, 2
	if round%2 == 0 {
		c.route, c.path = "/v2/orders", "/v2/orders"
		answer["ID"] = answer["id"]
		delete(answer, "id")
	}
}
