package baseline

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestATextWithSeveralRareCharactersIsOneException(t *testing.T) {
	calls := body(func(i int) any { return fmt.Sprint("Mr ", i*i) })(200)
	with("<b>;")(calls[50])
	with("a'b")(calls[70])
	near := nearly(result(t, calls), "POST /orders", `type(req.body.x) == string && size(req.body.x) <= 32 && req.body.x.matches("^[A-Za-z0-9 ]+$")`)
	assert.ElementsMatch(t, []int{50, 70}, exceptionsOf(t, near))
	assert.Equal(t, 2, near.Evidence.Violations)
}

// Of few texts nobody knows all characters: those of identifiers are none that stand out.
func TestARareCharacterThatIdentifiersHaveIsNoException(t *testing.T) {
	codes := func(rare string) *Result {
		calls := body(func(i int) any { return "code" + string(rune('A'+i%6)) })(200)
		with("code" + rare)(calls[50])
		return result(t, calls)
	}
	usual := codes("-A")
	rule := find(usual, `type(req.body.x) == string && size(req.body.x) <= 16 && req.body.x.matches("^[A-Za-z0-9\\-.@_]+$")`)
	require.NotNil(t, rule, checks(usual))
	assert.Zero(t, rule.Evidence.Violations)
	odd := codes("<A")
	assert.NotContains(t, checks(odd), "req.body.x.matches")
	near := nearly(odd, "POST /orders", rule.Rule.Check.Text)
	assert.Equal(t, []int{50}, exceptionsOf(t, near))
}

// shared is a set that two APIs draw from, and what some calls have instead.
func shared(n int, instead map[int]string) []*call {
	calls := oneByOne(func(i int) *call {
		c := posted(i, fields{"payment": []string{"card", "cash", "invoice"}[i%3]})
		if i%2 == 1 {
			c.route, c.path = "/refunds", "/refunds"
		}
		return c
	})(n)
	for i, payment := range instead {
		calls[i].body()["payment"] = payment
	}
	return calls
}

// What calls of another API have is told of that one.
func TestWhatStandsOutOfASharedSetIsToldOfItsOwnAPI(t *testing.T) {
	const check = `type(req.body.payment) == string && req.body.payment in ["card", "cash", "invoice"]`
	r := result(t, shared(400, map[int]string{101: "bribe", 121: "gold"}))
	assert.Nil(t, nearly(r, "POST /orders", check))
	near := nearly(r, "POST /refunds", check)
	assert.Equal(t, []int{101, 121}, exceptionsOf(t, near))
	assert.Equal(t, 2, near.Evidence.Violations)
	assert.Equal(t, 200, near.Evidence.Calls)
}

// What is usual in another API of the set is no exception.
func TestAValueThatIsUsualElsewhereStandsOutNowhere(t *testing.T) {
	usual := map[int]string{100: "voucher"}
	for i := 1; i < 400; i += 10 {
		usual[i] = "voucher"
	}
	r := result(t, shared(400, usual))
	assert.Empty(t, r.Near)
	for _, api := range []string{"POST /orders", "POST /refunds"} {
		assert.NotNil(t, findOf(r, api, `type(req.body.payment) == string && req.body.payment in ["card", "cash", "invoice", "voucher"]`), checks(r))
	}
}
