package baseline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lesson is what honest calls have in common, and what breaks it.
type lesson struct {
	name              string
	honest            func(n int) []*call // so many calls; the first ones of more are the same
	kind, check, when string              // of the rule that is to be learned
	broken            []func(c *call)     // each makes of an honest call one that the rule is for
}

const usualCalls = 320

// teach has lessons learned, and judges all calls by what was learned: no rule may be violated by an honest call, and the
// lesson's own by no other than the broken ones.
func teach(t *testing.T, lessons []lesson) {
	for i := range lessons {
		t.Run(lessons[i].name, func(t *testing.T) { lessons[i].run(t, usualCalls) })
	}
}

// run has the first three quarters of n honest calls taught.
func (l *lesson) run(t *testing.T, n int) {
	r := result(t, l.honest(n*3/4))
	rule := find(r, l.check)
	require.NotNil(t, rule, "%s\nis not among\n%s", l.check, checks(r))
	assert.Equal(t, l.when, rule.Rule.When.Text)
	assert.Equal(t, l.kind, rule.Rule.Kind)
	assert.NotEmpty(t, rule.Sentence)
	assert.Zero(t, rule.Evidence.Violations)
	assert.Equal(t, map[string]any{"calls": rule.Evidence.Calls, "sessions": rule.Evidence.Sessions, "distinct": rule.Evidence.Distinct}, rule.Rule.Support)

	honest := judge(t, r.File, l.honest(n))
	assert.Empty(t, honest.alarms, "honest calls: %v", honest.why)
	if !strings.HasPrefix(l.check, "!has(row(") { // nobody knows that there is none
		assert.Greater(t, honest.tallies[rule.Rule.ID].Held, n/8)
	}
	require.NotEmpty(t, l.broken)
	for i, change := range l.broken {
		calls := l.honest(n)
		last := len(calls) - 1
		change(calls[last])
		j := judge(t, r.File, calls)
		assert.Contains(t, j.alarms[last], rule.Rule.ID, "broken in way %d", i)
		delete(j.alarms, last)
		assert.Empty(t, j.alarms, "besides what is broken in way %d: %v", i, j.why)
	}
}

// oneByOne makes honest calls one by one.
func oneByOne(one func(i int) *call) func(n int) []*call {
	return func(n int) []*call {
		calls := make([]*call, n)
		for i := range calls {
			calls[i] = one(i)
		}
		return calls
	}
}

// posted is the i-th call of POST /orders, in a session of its own, with that body.
func posted(i int, body any) *call {
	return &call{
		service: "shop", method: "POST", route: "/orders", path: "/orders", user: fmt.Sprintf("u%03d", i%50), session: fmt.Sprintf("session-%d", i),
		status: 201, request: body,
	}
}

// body makes honest calls with bodies of one member x.
func body(x func(i int) any) func(n int) []*call {
	return oneByOne(func(i int) *call { return posted(i, fields{"x": x(i)}) })
}

// with puts something else into the member x.
func with(x any) func(c *call) { return func(c *call) { c.request.(fields)["x"] = x } }

// without takes a member out of the body.
func without(name string) func(c *call) { return func(c *call) { delete(c.request.(fields), name) } }
