package baseline

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// prove has a file judge calls that were read whole.
func prove(t require.TestingT, f *rulefile.File, calls []*call) map[string]Proof {
	p, err := NewProver(f)
	require.NoError(t, err)
	for _, trace := range traces(t, calls) {
		p.Observe(trace)
	}
	byID := make(map[string]Proof)
	for _, proof := range p.Proofs() {
		byID[proof.Rule.ID] = proof
	}
	require.Len(t, byID, len(f.Rules))
	return byID
}

// What is said of teaching traffic is what is said of it later, from spans.
func TestProofsAreAsCheckJudges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShop(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		s.longest = time.Duration(rapid.SampledFrom([]int{1, 300, 600_000}).Draw(t, "longest")) * time.Millisecond
		calls := s.open(rapid.IntRange(15, 25).Draw(t, "sessions")) // ten may teach nothing
		f := result(t, calls).File
		for i := range poisons {
			poisons[i].attack(calls, rapid.IntRange(5, 50).Draw(t, "one in"))
		}
		j, proofs := judge(t, f, calls), prove(t, f, calls)
		require.NotEmpty(t, j.tallies)
		for id, proof := range proofs {
			tally := j.tallies[id]
			notApplicable, _ := tally.NotApplicable()
			assert.Equal(t, [3]int{tally.Held, tally.Violated, notApplicable}, [3]int{proof.Held, proof.Violated, proof.NotApplicable}, id)
			assert.LessOrEqual(t, proof.Sessions, proof.Held)
			assert.Len(t, proof.Exceptions, min(proof.Violated, keptRefs), id)
			for _, e := range proof.Exceptions {
				assert.Contains(t, j.alarms[place(t, e.TraceID)], id)
			}
		}
	})
}

// The store that rules were proved with is the one that judging goes on from.
func TestAProverHandsItsStoreOn(t *testing.T) {
	calls := rounds(places, pays)(400)
	f := result(t, calls).File
	p, err := NewProver(f)
	require.NoError(t, err)
	for _, trace := range traces(t, calls) {
		p.Observe(trace)
	}
	p.Proofs()
	s := check.DefaultSettings()
	s.References = p.References()
	late := rounds(places, pays)(2)[1]
	late.start = monday.AddDate(0, 0, 2)
	c, err := check.New(book(t, f), s)
	require.NoError(t, err)
	c.Read(recorded(t, []*call{late}))
	var found []string
	require.NoError(t, c.Judge(t.Context(), func(v *check.Violation) error {
		found = append(found, v.Invariant)
		return nil
	}))
	assert.Contains(t, found, "shop.post-orders-id-pay.req.path.id-once")
}

func TestAFileThatDoesNotCompileIsNotProved(t *testing.T) {
	f, err := rulefile.FromMaps("rules", []map[string]any{{"id": "bad", "api": "GET /", "check": "no.such == 1"}})
	require.NoError(t, err)
	_, err = NewProver(f)
	assert.ErrorContains(t, err, "no")
}

// Rules that others propose are taken as they are, once.
func TestGivenRulesAreTakenAsTheyAre(t *testing.T) {
	given, err := rulefile.FromMaps("rules", []map[string]any{
		{"id": "count", "kind": "common-sense", "api": "POST /orders", "check": "req.body.count < 3", "message": "too many"},
		{"id": "caller", "kind": "environment", "service": "shop", "api": "POST /orders", "check": "same(req.body.userId, env.user.id)"},
		{"id": "news", "kind": "novelty", "api": "POST /orders", "check": "req.body.count != 7"},
	})
	require.NoError(t, err)
	s := strict()
	s.Novelty, s.Given = false, slices.Concat(given.Rules, given.Rules)
	calls := newShop(2).open(60)
	r := learned(t, s, calls).Result()
	rule := find(r, "req.body.count < 3")
	require.NotNil(t, rule)
	assert.Contains(t, rule.Sentence, "too many")
	assert.Equal(t, 1, strings.Count(checks(r), "req.body.count < 3"), "of two that say the same, one")
	assert.Equal(t, 1, strings.Count(checks(r), "same(req.body.userId, env.user.id)"), "it was learned already")
	assert.Nil(t, find(r, "req.body.count != 7"), "novelty is switched off")
	assert.Positive(t, prove(t, r.File, calls)[rule.Rule.ID].Violated)
}

func TestWhatCouldNotBeLearnedIsTold(t *testing.T) {
	bare := posted(1, nil)
	bare.user = ""
	assert.Equal(t, []string{
		"POST /orders of shop was called in 1 sessions only: hardly anything is known of it",
		"no call says who the user is (user.id): nothing is known of what belongs to whom",
		"no call has the body of its request (http.request.body.content): nothing is known of what is in there",
	}, result(t, []*call{bare}).NeverSeen)
	assert.Empty(t, result(t, newShop(1).open(200)).NeverSeen)
	assert.Empty(t, newLearner(t).Result().NeverSeen)
}
