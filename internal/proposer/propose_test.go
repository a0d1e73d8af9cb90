package proposer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func TestRulesThatHoldAreTaken(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
		if strings.Contains(a.last(), "pair") { // the second question
			says(w, rules())
			return
		}
		says(w, rules(
			ruleText{API: "POST /orders", Kind: "common-sense", Check: "req.body.price > 0", Message: "the price is not positive"},
			ruleText{API: "POST /orders", When: "resp.status == 201", Check: "same(req.body.accountId, env.user.id)"},
		))
	})
	s := settings(t, url)
	s.Prices = Prices{Prompt: 2, Completion: 10}
	var progress []Progress
	s.Progress = func(p Progress) { progress = append(progress, p) }
	out, err := Propose(t.Context(), shop(), proveOn(t, usual()), s)
	require.NoError(t, err)

	require.Equal(t, []string{"req.body.price > 0", "same(req.body.accountId, env.user.id)"}, checks(out.Rules))
	rule := out.Rules[0]
	assert.Regexp(t, `^model-post-orders-[0-9a-f]{12}$`, rule.ID)
	assert.Equal(t, map[string]any{"source": "model", "rounds": 1}, rule.Support)
	assert.Equal(t, []string{"orders"}, rule.Services, "the service is that of the schema")
	assert.Equal(t, "the price is not positive", rule.Message)
	assert.Equal(t, "resp.status == 201", out.Rules[1].When.Text)
	assert.Equal(t, []string{"common-sense", "environment"}, []string{rule.Kind, out.Rules[1].Kind})
	var file strings.Builder
	require.NoError(t, rulefile.Write(&file, &rulefile.File{Rules: out.Rules}))
	assert.Contains(t, file.String(), "support: {rounds: 1, source: model}")

	assert.Empty(t, out.Rejected)
	assert.Empty(t, out.Failures)
	assert.Equal(t, []int{2, 1, 2000, 200, 0}, []int{out.Requests, out.Rounds, out.PromptTokens, out.CompletionTokens, out.Unmetered})
	assert.InDelta(t, 0.006, out.Cost, 1e-9)
	assert.Equal(t, []Progress{
		{Round: 1, Rounds: 3, Answered: 1, Questions: 2},
		{Round: 1, Rounds: 3, Answered: 2, Questions: 2},
		{Round: 1, Rounds: 3, Proving: true},
	}, progress)

	for _, r := range requests.requests() {
		assert.Equal(t, "/v1/chat/completions", r.path)
		assert.Equal(t, "Bearer "+testKey, r.headers.Get("Authorization"))
		assert.Equal(t, "application/json", r.headers.Get("Content-Type"))
		assert.Equal(t, "test-model", r.body.Model)
		require.NotNil(t, r.body.Temperature)
		assert.Zero(t, *r.body.Temperature)
		assert.Equal(t, 8192, r.body.MaxTokens)
		assert.Equal(t, &responseFormat{"json_object"}, r.body.ResponseFormat)
		assert.False(t, r.body.Stream)
		assert.Equal(t, []string{"system", "user"}, []string{r.body.Messages[0].Role, r.body.Messages[1].Role})
	}
}

func TestTheModelSeesNamesAndTypesAndNoValues(t *testing.T) {
	schema := shop()
	schema.APIs[0].Columns = append(schema.APIs[0].Columns,
		Column{
			Path: []string{"req", "body", "station"}, Type: "text", Share: 0.5, Enum: []string{"NORTH"},
			Values: []string{"shanghai", "suzhou"}, Least: "first-value", Most: "last-value",
		},
		Column{Path: []string{"req", "body", "password"}, Type: "text", Values: []string{"hunter2"}},
	)
	for _, show := range []bool{false, true} {
		url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) { says(w, rules()) })
		s := settings(t, url)
		s.ShowValues = show
		_, err := Propose(t.Context(), schema, proveOn(t, nil), s)
		require.NoError(t, err)
		question := requests.requests()[0].last()
		assert.Contains(t, question, `"req.body.price":"number"`)
		assert.Contains(t, question, `"env.user.id":"text"`)
		assert.Contains(t, question, `{"op":"INSERT","table":"orders","set":["account_id","id","price"]}`)
		assert.Contains(t, question, `in 50 % of calls, specified as one of \"NORTH\"`)
		for _, value := range []string{"shanghai", "first-value", "last-value"} {
			assert.Equal(t, show, strings.Contains(question, value), value)
		}
		assert.Contains(t, question, `"req.body.password":"text"`)
		assert.NotContains(t, question, "hunter2", "what looks like a secret has no values")
		assert.NotContains(t, requests.requests()[0].all(), testKey)
	}
}

// corrected is a model that proposes a rule that normal calls break, and makes good for it when it is told.
func corrected(w http.ResponseWriter, a *asked) {
	switch {
	case strings.Contains(a.last(), "violated by"):
		says(w, rules(ruleText{API: "POST /orders", Check: "req.body.count >= 0"}))
	case strings.Contains(a.last(), "pair"):
		says(w, rules())
	default:
		says(w, rules(ruleText{API: "POST /orders", Check: "req.body.count > 0"}, ruleText{API: "POST /orders", Check: "req.body.price > 0"}))
	}
}

func TestAFalseRuleIsCorrectedByItsCounterExamples(t *testing.T) {
	for _, show := range []bool{false, true} {
		url, requests := endpointOf(t, corrected)
		s := settings(t, url)
		s.ShowValues = show
		out, err := Propose(t.Context(), shop(), proveOn(t, usual()), s)
		require.NoError(t, err)
		assert.Equal(t, []string{"req.body.price > 0", "req.body.count >= 0"}, checks(out.Rules))
		assert.Equal(t, 2, out.Rules[1].Support["rounds"])
		assert.Equal(t, 2, out.Rounds)
		assert.Equal(t, []Rejected{{Rule: "POST /orders: req.body.count > 0", Why: "violated by 8 of 40 calls", Round: 1}}, out.Rejected)

		require.Len(t, requests.requests(), 3, "only the question with a false rule is asked again")
		again := requests.requests()[2].body.Messages
		require.Len(t, again, 4)
		assert.Equal(t, requests.requests()[0].body.Messages, again[:2], "what was asked goes along")
		assert.Equal(t, message{"assistant", `{"rules":[{"api":"POST /orders","kind":"common-sense","check":"req.body.count > 0"}]}`}, again[2])
		assert.Contains(t, again[3].Content, "1. violated by 8 of 40 normal calls; it reads req.body.count")
		assert.Equal(t, show, strings.Contains(again[3].Content, "req.body.count = 0"), again[3].Content)
	}
}

func TestWhatViolationsHaveInCommonIsTold(t *testing.T) {
	url, requests := endpointOf(t, corrected)
	prove := func(ctx context.Context, all []rulefile.Rule) ([]Proof, error) {
		proofs, err := proveOn(t, usual())(ctx, all)
		for i := range proofs {
			proofs[i].Common = []string{"all of them\nanswered with a status from 400 to 499"}
		}
		return proofs, err
	}
	_, err := Propose(t.Context(), shop(), prove, settings(t, url))
	require.NoError(t, err)
	assert.Contains(t, requests.requests()[2].last(), "; all of them answered with a status from 400 to 499\n")
}

func TestRoundsAreBounded(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
		says(w, rules(ruleText{API: "POST /orders", Check: fmt.Sprintf("req.body.count > %d", len(a.all())%1000)}))
	})
	s := settings(t, url)
	s.Rounds = 2
	out, err := Propose(t.Context(), shop(), proveOn(t, usual()), s)
	require.NoError(t, err)
	assert.Empty(t, out.Rules)
	assert.Equal(t, 2, out.Rounds)
	assert.Len(t, requests.requests(), 4)

	s.MaxQuestions = 3
	out, err = Propose(t.Context(), shop(), proveOn(t, usual()), s)
	require.NoError(t, err)
	assert.Equal(t, 3, out.Requests)
	assert.Equal(t, []string{"1 questions were not asked: 3 are the most"}, out.Failures)
}

func TestWhatCannotBeCompiledGoesBackWithTheError(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
		if strings.Contains(a.last(), "did you mean status?") {
			says(w, rules(ruleText{API: "POST /orders", Check: "resp.status < 500"}))
			return
		}
		says(w, rules(ruleText{API: "POST /orders", Check: "resp.staus < 500"}))
	})
	out, err := Propose(t.Context(), shop(), proveOn(t, usual()), settings(t, url))
	require.NoError(t, err)
	assert.Equal(t, []string{"resp.status < 500"}, checks(out.Rules), "two questions may lead to one rule")
	assert.Contains(t, requests.requests()[2].last(), "1. check: there is no field staus in resp: did you mean status? (column 5)\n")
	assert.Equal(t, "check: there is no field staus in resp: did you mean status? (column 5)", out.Rejected[0].Why)
}

func TestARuleThatNoCallCanBeJudgedByIsNone(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
		if strings.Contains(a.last(), "no call could be judged") {
			says(w, rules())
			return
		}
		says(w, rules(ruleText{API: "POST /orders", Check: "req.body.discount >= 0"}))
	})
	out, err := Propose(t.Context(), shop(), proveOn(t, usual()), settings(t, url))
	require.NoError(t, err)
	assert.Empty(t, out.Rules)
	assert.Equal(t, []Rejected{{Rule: "POST /orders: req.body.discount >= 0", Why: "no call could be judged by it", Round: 1}}, out.Rejected)
	assert.Contains(t, requests.requests()[2].last(), "no call could be judged by it (40 were tried)")
}

func TestNearInvariantsAreForPeopleAndNotForTheModel(t *testing.T) {
	calls := append(usual(), usual()...)
	calls[7].body = `{"price": -1, "count": 1, "accountId": 1}` // an attack among what is learned from
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		says(w, rules(ruleText{API: "POST /orders", Check: "req.body.price > 0"}))
	})
	s := settings(t, url)
	out, err := Propose(t.Context(), shop(), proveOn(t, calls), s)
	require.NoError(t, err)
	assert.Empty(t, out.Rules)
	require.Len(t, out.Near, 1)
	assert.Equal(t, []int{79, 1}, []int{out.Near[0].Held, out.Near[0].Violated})
	assert.Equal(t, "model", out.Near[0].Rule.Support["source"])
	assert.Contains(t, out.Near[0].Exceptions[0], "req.body.price = -1")
	assert.Len(t, requests.requests(), 2, "the model is not asked to make room for the attack")

	s.Near = -1
	out, err = Propose(t.Context(), shop(), proveOn(t, calls), s)
	require.NoError(t, err)
	assert.Empty(t, out.Near)
	assert.NotEmpty(t, out.Rejected)
}

func TestTheLearnerMayDoubtARuleThatHeld(t *testing.T) {
	url, requests := endpointOf(t, func(w http.ResponseWriter, _ *asked) {
		says(w, rules(ruleText{API: "POST /orders", Check: "req.body.price > 0"}, ruleText{API: "POST /orders", Check: "req.body.price > 1.0"}))
	})
	prove := func(_ context.Context, all []rulefile.Rule) ([]Proof, error) {
		return []Proof{{Rule: all[0], Held: 40, Doubt: "held in 1 session only"}, {Rule: rulefile.Rule{ID: "another"}, Held: 1}}, nil
	}
	out, err := Propose(t.Context(), shop(), prove, settings(t, url))
	require.NoError(t, err)
	assert.Empty(t, out.Rules)
	assert.Equal(t, []Rejected{
		{Rule: "POST /orders: req.body.price > 0", Why: "held in 1 session only", Round: 1},
		{Rule: "POST /orders: req.body.price > 1.0", Why: "it was not proved", Round: 1},
	}, out.Rejected)
	assert.Len(t, requests.requests(), 2)
}

func TestAFailedProofEndsTheAsking(t *testing.T) {
	url, _ := endpointOf(t, corrected)
	broken := errors.New("the disk is full")
	out, err := Propose(t.Context(), shop(), func(context.Context, []rulefile.Rule) ([]Proof, error) { return nil, broken }, settings(t, url))
	require.ErrorIs(t, err, broken)
	assert.Equal(t, 2, out.Requests)
}

func TestThereIsNothingToAskWithoutAPIs(t *testing.T) {
	url, requests := endpointOf(t, corrected)
	out, err := Propose(t.Context(), Schema{Tables: shop().Tables}, proveOn(t, nil), settings(t, url))
	require.NoError(t, err)
	assert.Equal(t, &Outcome{}, out)
	assert.Empty(t, requests.requests())
}

// TestTheSameSchemaGivesTheSameQuestionsAndRules shuffles the schema, and lets answers come in any order.
func TestTheSameSchemaGivesTheSameQuestionsAndRules(t *testing.T) {
	var questions [][]string
	var outcomes []*Outcome
	for i, parallel := range []int{1, 8, 8} {
		url, requests := endpointOf(t, func(w http.ResponseWriter, a *asked) {
			var all []ruleText
			for _, api := range manyAPIs(30) {
				if strings.Contains(a.body.Messages[1].Content, `"`+api.API+`"`) {
					all = append(all, ruleText{API: api.API, Check: "req.body.price > 0"}, ruleText{API: api.API, Check: "req.body.count > 0"})
				}
			}
			says(w, rules(all...))
		})
		schema := Schema{APIs: manyAPIs(30), Tables: shop().Tables, Environment: shop().Environment}
		rng := rand.New(rand.NewPCG(uint64(i), 0))
		rng.Shuffle(len(schema.APIs), func(i, j int) { schema.APIs[i], schema.APIs[j] = schema.APIs[j], schema.APIs[i] })
		for _, a := range schema.APIs {
			rng.Shuffle(len(a.Columns), func(i, j int) { a.Columns[i], a.Columns[j] = a.Columns[j], a.Columns[i] })
		}
		s := settings(t, url)
		s.Parallel = parallel
		prove := func(_ context.Context, all []rulefile.Rule) ([]Proof, error) {
			var proofs []Proof
			for _, rule := range all {
				proof := Proof{Rule: rule, Held: 10}
				if strings.Contains(rule.Check.Text, "count") {
					proof.Violated = 5
				}
				proofs = append(proofs, proof)
			}
			return proofs, nil
		}
		out, err := Propose(t.Context(), schema, prove, s)
		require.NoError(t, err)
		var texts []string
		for _, r := range requests.requests() {
			texts = append(texts, r.all())
		}
		slices.Sort(texts)
		questions, outcomes = append(questions, texts), append(outcomes, out)
	}
	require.Len(t, outcomes[0].Rules, 30)
	assert.Equal(t, outcomes[0], outcomes[1])
	assert.Equal(t, outcomes[0], outcomes[2])
	assert.Equal(t, questions[0], questions[1])
	assert.Equal(t, questions[0], questions[2])
}

// manyAPIs have fields of one name each, so that every one is related to the next.
func manyAPIs(count int) []API {
	var all []API
	for i := range count {
		all = append(all, API{
			Service: "shop", API: fmt.Sprintf("POST /things%d/{id}", i), Seen: i,
			Columns: []Column{
				text("req", "path", "id"), number("req", "body", "price"), number("req", "body", "count"),
				text("resp", "body", fmt.Sprintf("thing%dRef", i)), text("req", "body", fmt.Sprintf("thing%dRef", (i+1)%count)),
			},
		})
	}
	return all
}
