package tampering

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// rules about the shop.
var rules = []map[string]any{
	{"id": "own-orders", "kind": "environment", "api": "GET /people/{personId}/orders", "check": "req.path.personId == env.user.id"},
	{"id": "own-order", "kind": "environment", "api": "GET /orders/{id}", "check": "resp.body.owner == env.user.id"},
	{"id": "price", "kind": "related-API", "api": "POST /pay", "check": `calls.filter(o, o.method == "GET").all(o, o.resp.body.total == req.body.amount)`},
	{"id": "goes-somewhere", "kind": "common-sense", "api": "POST /search", "check": "req.body.from != req.body.to"},
}

func bookOf(t *testing.T, maps ...map[string]any) *invariant.Book {
	t.Helper()
	file, err := rulefile.FromMaps("test", maps)
	require.NoError(t, err)
	book, err := Book(file)
	require.NoError(t, err)
	return book
}

func TestRecallIsOfTamperedCopiesAndShamsAreQuiet(t *testing.T) {
	survey, _, judge := played(t)
	r, err := Judge(bookOf(t, rules...), nil, judge, survey.Tamper(judge, settings(400)))
	require.NoError(t, err)
	kind := func(name, field string) Score {
		return r.Score(func(o *Outcome) bool { return o.Kind == name && o.Field == field })
	}
	for _, k := range []struct{ name, field string }{
		{"foreign id", "req.path.personId"}, {"random id", "req.path.personId"}, {"plausible price", "req.body.amount"}, {"same twice", "req.body.to"},
	} {
		s := kind(k.name, k.field)
		assert.Positive(t, s.Copies, k)
		assert.Equal(t, s.Copies, s.Found, k)
		assert.Equal(t, s.Copies, s.Explained, k)
	}
	foreign := kind("foreign id", "req.body.orderId")
	assert.Equal(t, foreign.Copies, foreign.Found)
	assert.Equal(t, foreign.Copies, foreign.Shown, "the owner's answer is read")
	assert.Less(t, kind("added", "req.body.role").Recall(), 1.0)
	shams, alarmed := r.Shams()
	assert.Equal(t, len(r.Outcomes)/2, shams)
	assert.Zero(t, alarmed)
	assert.Zero(t, r.AlarmedCalls)
	assert.Empty(t, r.Collateral)
	assert.NotEmpty(t, r.Missed())
	assert.Contains(t, r.Finders(), "own-orders")
	assert.Contains(t, r.Summary(), "foreign id (hard)")
}

func TestAnAlarmThatTheOriginalHasIsNoHit(t *testing.T) {
	survey, _, judge := played(t)
	always := map[string]any{"id": "always", "kind": "format", "api": "*", "check": `call.method == "PATCH"`}
	copies := survey.Tamper(judge, settings(50))
	r, err := Judge(bookOf(t, always), nil, judge, copies)
	require.NoError(t, err)
	assert.Zero(t, r.Score(nil).Found)
	_, alarmed := r.Shams()
	assert.Zero(t, alarmed)
	assert.Equal(t, r.Calls, r.AlarmedCalls)
	assert.Equal(t, 1000.0, r.Per1000())
	assert.Equal(t, 1.0, r.AllWindows.Share())
	assert.Equal(t, r.Front/PerWindow, r.FrontWindows.All)
	assert.Len(t, r.FalseAlarms, r.Calls)
	assert.Contains(t, Alarms(r.FalseAlarms), "always (format)")
}

func TestEachCopyIsJudgedOnceWhateverTheirNumber(t *testing.T) {
	survey, _, judge := played(t)
	copies := survey.Tamper(judge, settings(500))
	require.Greater(t, float64(len(copies)), 2*mix*float64(len(judge)), "there are several passes")
	r, err := Judge(bookOf(t, rules...), nil, judge, copies)
	require.NoError(t, err)
	require.Len(t, r.Outcomes, len(copies))
	for i := range copies {
		assert.Equal(t, copies[i].Trace.ID, r.Outcomes[i].Trace.ID)
	}
}
