package baseline

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// What a learner knows of earlier calls is handed on to those who judge by its rules.

// handedOver teaches calls, to a learner that is saved and loaded at some traces, and returns its references as others load them.
func handedOver(t *testing.T, calls []*call, restarts ...int) (*Result, *reference.Store) {
	l := newLearner(t)
	for i, trace := range traces(t, calls) {
		l.Learn(trace)
		if slices.Contains(restarts, i) {
			l = again(t, l)
		}
	}
	r := l.Result()
	var saved bytes.Buffer
	require.NoError(t, l.References().Save(&saved))
	store, err := reference.Load(&saved, reference.DefaultSettings())
	require.NoError(t, err)
	return r, store
}

// alarmsOf are what calls violate, going on from references; nil: there are none.
func alarmsOf(t *testing.T, f *rulefile.File, references *reference.Store, calls []*call) (alarms []string) {
	s := check.DefaultSettings()
	s.References = references
	c, err := check.New(book(t, f), s)
	require.NoError(t, err)
	c.Read(recorded(t, calls))
	require.NoError(t, c.Judge(t.Context(), func(v *check.Violation) error {
		alarms = append(alarms, v.Invariant+": "+v.Explanation)
		return nil
	}))
	return alarms
}

// goesOn requires that honest calls after those that taught violate no rule, and returns what was learned.
func goesOn(t *testing.T, calls []*call, split int, restarts ...int) *Result {
	for i, c := range calls {
		if c.start.IsZero() {
			c.start = monday.Add(time.Duration(i) * time.Minute)
		}
	}
	r, references := handedOver(t, calls[:split], restarts...)
	assert.Empty(t, alarmsOf(t, r.File, references, calls[split:]))
	assert.Empty(t, alarmsOf(t, r.File, nil, calls), "without references")
	return r
}

// allKinds is traffic of which all kinds of stateful rules are learned.
func allKinds(n int) []*call {
	offer := func(round, i int) string { return uuid(dice(round*10 + i)) }
	account := func(round, k int) string { return fmt.Sprintf("account-%d-%d", round%50, k) }
	return rounds(
		func(round int, c *call) {
			c.method, c.route, c.path, c.status = "GET", "/accounts", "/accounts", 200
			var all []any
			for k := range 10 {
				all = append(all, fields{"id": account(round, k), "name": fmt.Sprint("my ", k)})
			}
			c.response = fields{"accounts": all}
		},
		func(round int, c *call) {
			c.route, c.path, c.status = "/looks", "/looks", 200
			if round%2 == 0 {
				c.route, c.path = "/confirmations", "/confirmations"
			}
		},
		func(round int, c *call) {
			if round%2 == 0 {
				c.route, c.path, c.status = "/withdrawals", "/withdrawals", 200
				return
			}
			c.route, c.path = "/transfers", "/transfers"
			c.request = fields{"accountId": account(round, round%10), "amount": 10 + round*37%900}
		},
		func(round int, c *call) {
			c.method, c.route, c.path, c.status = "GET", "/offers", "/offers", 200
			c.response = fields{"offers": []any{fields{"id": offer(round, 1), "seats": 3}, fields{"id": offer(round, 2), "seats": 2}}}
		},
		func(round int, c *call) {
			c.route, c.path = "/bookings", "/bookings"
			c.request = fields{"offerId": offer(round, 1+round%2), "seats": 1 + round%2}
		},
		places, pays,
	)(n)
}

func TestAllThatIsKnownIsHandedOn(t *testing.T) {
	t.Parallel()
	calls := allKinds(7 * 900)
	for name, restart := range map[string][]int{"whole": nil, "restarted": {7*300 + 3}, "restarted thrice": {5, 7*200 + 2, 7*500 + 5}} {
		for _, split := range []int{7*700 + 2, 7*700 + 6} {
			t.Run(fmt.Sprint(name, " ", split), func(t *testing.T) {
				r := goesOn(t, calls, split, restart...)
				for _, text := range []string{"earlier(", "shown(", "caller_of_", "row("} {
					assert.Contains(t, checks(r), text)
				}
			})
		}
	}
}

// A learner is saved on its first day (the shop takes some hours), and loaded.
func TestALearnerOfABusyFirstDayCanBeLoaded(t *testing.T) {
	calls := newShop(0).open(500)
	l := learned(t, strict(), calls[:len(calls)*2/3])
	var saved bytes.Buffer
	require.NoError(t, l.Save(&saved))
	_, err := Load(&saved, l.settings)
	require.NoError(t, err)
}
