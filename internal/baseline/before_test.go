package baseline

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const confirmed = `has(earlier("POST /confirmations", "shop").call.start) && earlier("POST /confirmations", "shop").resp.status < 400`

// Every second round is a confirmation and a withdrawal, in the others somebody looks, some after a confirmation that was refused.
func withdrawals(round int, c *call) {
	if c.status = 200; round%2 == 0 {
		c.route, c.path = "/looks", "/looks"
		return
	}
	c.route, c.path, c.request = "/withdrawals", "/withdrawals", fields{"amount": 100 + round*37%900}
}

func confirmations(round int, c *call) {
	withdrawals(round, c)
	if round%2 == 1 || round%8 == 2 {
		c.route, c.path, c.request = "/confirmations", "/confirmations", nil
	}
	if round%8 == 2 {
		c.status = 403
	}
}

func TestACallComesAfterAnother(t *testing.T) {
	t.Parallel()
	l := lesson{
		name: "a confirmation first", honest: rounds(confirmations, withdrawals), kind: "related-API", check: confirmed, when: "resp.status < 400",
		broken: []func(*call){func(c *call) { c.session, c.user = "another", "u007" }},
	}
	l.run(t, 1400)
}

// The last confirmation is what counts.
func TestACallComesAfterAnotherThatWasNotRefused(t *testing.T) {
	t.Parallel()
	honest := rounds(confirmations, withdrawals)
	r := result(t, honest(1100))
	rule := find(r, confirmed)
	require.NotNil(t, rule, "%s\nis not among\n%s", confirmed, checks(r))
	calls := honest(1400)
	last := len(calls) - 1
	calls[last-1].status = 403
	assert.Contains(t, judge(t, r.File, calls).alarms[last], rule.Rule.ID)
}

// What everybody does before everything is no order, what is called as often without it neither, and reading needs none.
func TestWhatOnlyHappensToComeFirst(t *testing.T) {
	t.Parallel()
	for name, honest := range map[string]func(n int) []*call{
		"before everything": rounds(func(_ int, c *call) {
			c.route, c.path = "/confirmations", "/confirmations"
		}, withdrawals),
		"one without it": rounds(func(round int, c *call) {
			if confirmations(round, c); round%2 == 1 && round > 300 && round%100 == 1 {
				c.route, c.path = "/looks", "/looks"
			}
		}, withdrawals),
		"reading": rounds(confirmations, func(round int, c *call) {
			if withdrawals(round, c); round%2 == 1 {
				c.method, c.request = "GET", nil
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r := result(t, honest(1400))
			assert.Nil(t, find(r, confirmed), checks(r))
		})
	}
}
