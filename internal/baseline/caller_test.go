package baseline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const accountOwner = `same(row("accounts", req.body.accountId).caller_of_get_accounts, env.user.id)`

// transfers makes rounds in which a user lists so many accounts, and transfers from one of them. Whose the k-th is in a
// round only the list tells.
func transfers(n, accounts int, owner func(round, k int) string) []*call {
	account := func(round, k int) string { return fmt.Sprintf("account-%s-%d", owner(round, k), k) }
	return rounds(func(round int, c *call) {
		c.method, c.route, c.path, c.status = "GET", "/accounts", "/accounts", 200
		var all []any
		for k := range accounts {
			all = append(all, fields{"id": account(round, k), "name": fmt.Sprint("my ", k)})
		}
		c.response = fields{"accounts": all}
	}, func(round int, c *call) {
		c.route, c.path = "/transfers", "/transfers"
		c.request = fields{"accountId": account(round, round%accounts), "amount": 10 + round*37%900}
	})(2 * n)
}

func own(round, _ int) string { return fmt.Sprint(round % 50) }

// Two users have one account of ten together.
func jointly(round, k int) string {
	if k == 9 && round%50 == 8 {
		return "7"
	}
	return own(round, k)
}

func TestWhomAListIsShownToOftenOwnsWhatIsInIt(t *testing.T) {
	r := violatesNothing(t, transfers(600, 10, own))
	rule := find(r, accountOwner)
	if assert.NotNil(t, rule, checks(r)) {
		assert.Equal(t, "environment", rule.Rule.Kind)
	}
}

func TestListsThatSeveralAreShownOrSeldomShowNoOwner(t *testing.T) {
	for name, calls := range map[string][]*call{
		"joint accounts": transfers(800, 10, jointly),
		"seldom":         transfers(300, 6, own),
	} {
		t.Run(name, func(t *testing.T) {
			r := result(t, calls)
			assert.NotContains(t, checks(r), "caller_of")
			assert.Positive(t, r.Counts.RejectedBy[whyUnsteady])
		})
	}
}

// One of two users of a household polls; the account is both's.
func TestAPollerStandsForNobodyElse(t *testing.T) {
	var calls []*call
	list := func(i int, user string, accounts ...string) {
		c := posted(i, nil)
		c.method, c.route, c.path, c.status, c.user = "GET", "/accounts", "/accounts", 200, user
		var all []any
		for _, a := range accounts {
			all = append(all, fields{"id": a, "name": "my " + a})
		}
		c.response = fields{"accounts": all}
		calls = append(calls, c)
	}
	pay := func(i int, user, account string) {
		c := posted(i, nil)
		c.route, c.path, c.user = "/transfers", "/transfers", user
		c.request = fields{"accountId": account, "amount": 10 + i*37%900}
		calls = append(calls, c)
	}
	n := 0
	next := func() int { n++; return n }
	for day := range 40 {
		for k := range 20 { // a terminal that polls its own ten accounts
			all := []string{}
			for a := range 10 {
				all = append(all, fmt.Sprint("till-account-", a))
			}
			_ = k
			list(next(), "till", all...)
		}
		for u := range 10 { // households: a lists and pays; b lists as well, seldom
			a, account := fmt.Sprintf("u%03da", u), fmt.Sprintf("house-account-%03d", u)
			i := next()
			list(i, a, account)
			pay(i, a, account)
			if day > 30 && u == 3 { // later both are at home
				list(next(), fmt.Sprintf("u%03db", u), account)
				pay(i, a, account) // in the session that goes on
			}
		}
	}
	for i, c := range calls {
		c.start = monday.Add(time.Duration(i) * time.Minute)
	}
	split := len(calls) * 30 / 40
	r := goesOn(t, calls, split)
	assert.NotContains(t, checks(r), "caller_of")
}
