package minereport

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func markdown(t require.TestingT, r *Report) string {
	var b strings.Builder
	require.NoError(t, Write(&b, r))
	return b.String()
}

func api(t require.TestingT, text string) rulefile.API {
	a, err := rulefile.ParseAPI(text)
	require.NoError(t, err)
	return a
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func learned(rule rulefile.Rule, sentence string, e baseline.Evidence) baseline.Learned {
	return baseline.Learned{Rule: rule, Sentence: sentence, Evidence: e}
}

// shop is a report with something in each part.
func shop(t require.TestingT) *Report {
	rule := func(id, kind, service, apiText, check string) rulefile.Rule {
		r := rulefile.Rule{ID: id, Kind: kind, APIs: []rulefile.API{api(t, apiText)}, Check: rulefile.Expression{Text: check}}
		if service != "" {
			r.Services = []string{service}
		}
		return r
	}
	buyer := rule("buyer-is-the-caller", "environment", "gateway", "POST /orders", "req.body.userId == env.user.id")
	owner := rule("order-read-by-its-owner", "database", "orders", "GET /orders/{id}", "db.all(s,\n  s.table != \"orders\" || same(s.where.user_id, env.user.id))")
	owner.Support = map[string]any{"source": "model", "rounds": 2}
	owner.When.Text = "resp.status < 400"
	given := rule("quantity-is-positive", "common-sense", "gateway", "POST /orders", "req.body.quantity > 0")
	given.Support = map[string]any{"source": "openapi"}
	return &Report{
		Traffic: Traffic{
			Files: []string{"monday.jsonl.gz", "standard input"}, From: noon, To: noon.Add(50 * time.Hour),
			Services: []Service{{"gateway", 10_000}, {"orders", 2345}}, MoreServices: 2, Skipped: 1,
			WithUser: 12_000, WithSession: 11_000, WithRequestBody: 4000, WithResponseBody: 3999, WithStatements: 2000,
		},
		Settings: []string{"the last 30 % of the sessions were held out"},
		Given:    []Given{{File: "openapi.yaml", Rules: 1, Notes: []string{"POST /returns: the body is XML"}}},
		Result: &baseline.Result{
			Rules: []baseline.Learned{
				learned(owner, "an order is read by its owner alone", baseline.Evidence{Calls: 1432, Sessions: 61, Distinct: 12, LastChange: 0.25, Risk: 0.001}),
				learned(buyer, "the user of an order is the caller", baseline.Evidence{Calls: 500, Sessions: 40, Distinct: 31, Violations: 1, Risk: 0.024}),
				learned(given, "req.body.quantity is positive", baseline.Evidence{}),
				learned(rule("any", "novelty", "", "*", "call.status < 500"), "No API answers with a status of 500 or more.", baseline.Evidence{Calls: 1, Sessions: 1, Risk: 0.4}),
			},
			Near: []baseline.Near{{
				Rule:     rule("price-is-the-offers", "related-API", "gateway", "POST /orders", "req.body.price == row(\"offers\", req.body.offer).price"),
				Sentence: "the price is that of the offer", Evidence: baseline.Evidence{Calls: 149, Sessions: 20, Violations: 12},
				Exceptions: []baseline.Exception{
					{TraceID: "0af7651916cd43dd8448eb211c80319c", SpanID: "b7ad6b7169203331", Service: "gateway", API: "POST /orders", Time: noon.Add(time.Hour), Found: "1 instead of 20"},
					{TraceID: "1af7651916cd43dd8448eb211c80319c", Service: "gateway", API: "POST /orders", Time: noon},
				},
			}, {
				Rule:     rule("earlier", "related-API", "gateway", "POST /pay", "earlier(\"POST /orders\").resp.status == 201"),
				Sentence: "an order precedes a payment", Evidence: baseline.Evidence{Calls: 150, Sessions: 20, Violations: 1},
				Taken: true, Exceptions: []baseline.Exception{{TraceID: "2af7651916cd43dd8448eb211c80319c", Service: "gateway", API: "POST /pay", Time: noon, Found: "404"}},
			}},
			Rejected: []baseline.Rejected{
				{Sentence: "req.body.note is never empty", Why: "too few sessions"},
				{Sentence: "req.body.id is a UUID", Why: "violated"},
				{Sentence: "resp.status is 200", Why: "violated"},
			},
			NeverSeen: []string{"DELETE /orders/{id} of gateway with an answer below 400"},
			Counts: baseline.Counts{
				Calls: 12_345, Traces: 2345, Sessions: 532, APIs: 31, Candidates: 3999,
				RejectedBy: map[string]int{"violated": 3000, "too few sessions": 451, "implied by another": 451},
			},
		},
		Proof: &Proof{
			Failed:  1,
			Applied: map[string]int{"order-read-by-its-owner": 1432, "buyer-is-the-caller": 500},
		},
		Model: &Model{Name: "small-model", Requests: 12, Rounds: 3, PromptTokens: 34_567, AnswerTokens: 1, Unmetered: 1, Cost: 0.01234, Proposed: 20, Taken: 1, Stopped: "the endpoint answered 503", Notes: []string{"1 answer was none"}},
		Hints: []string{"no call of orders has a body: record bodies"},
	}
}

func TestTheReportTellsAllOfIt(t *testing.T) {
	got := markdown(t, shop(t))
	golden := filepath.Join("testdata", "report.md")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestAReportOfNothingSaysSo(t *testing.T) {
	got := markdown(t, &Report{Result: &baseline.Result{}, Traffic: Traffic{Files: []string{"empty.jsonl"}}, Proof: &Proof{}})
	for _, want := range []string{
		"0 rules were learned from 0 calls in 0 traces. 0 of 0 candidates were rejected.\n",
		"* recordings: `empty.jsonl`\n", "## Rules\n\nThere is none.\n", "There is none: no rule held on nearly all", "No candidate was rejected.", "Nothing of note.",
	} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "* time:")
	assert.NotContains(t, got, "language model")
}

// The same rules in any order make the same table of contents.
func TestAPIsStandByServiceAndRoute(t *testing.T) {
	r := shop(t)
	post, get, many := r.Result.Rules[1], r.Result.Rules[1], r.Result.Rules[1]
	get.Rule.APIs = []rulefile.API{api(t, "GET /orders")}
	post.Rule.APIs = []rulefile.API{api(t, "POST /accounts")}
	many.Rule.APIs = []rulefile.API{api(t, "GET /z/1"), api(t, "GET /z/2"), api(t, "GET /z/3"), api(t, "GET|HEAD /z/4")}
	many.Rule.Services = []string{"gateway", "orders"}
	r.Result.Rules = append(r.Result.Rules, get, many, post)
	_, contents, _ := strings.Cut(markdown(t, r), "## Contents\n")
	contents, _, _ = strings.Cut(contents, "* [Near")
	assert.Equal(t, `
* [Rules](#rules): 7
  * Any service
    * [every API](#api-1): 1
  * `+"`gateway`"+`
    * [`+"`POST /accounts`"+`](#api-2): 1
    * [`+"`GET /orders`"+`](#api-3): 1
    * [`+"`POST /orders`"+`](#api-4): 2
  * `+"`gateway`, `orders`"+`
    * [`+"`GET /z/1`, `GET /z/2`, `GET /z/3` and 1 more"+`](#api-5): 1
  * `+"`orders`"+`
    * [`+"`GET /orders/{id}`"+`](#api-6): 1
`, contents)
}

func TestWhatIsTooLongIsCounted(t *testing.T) {
	r := shop(t)
	near := r.Result.Near[0]
	near.Exceptions = nil
	for i := range 30 {
		near.Exceptions = append(near.Exceptions, baseline.Exception{TraceID: fmt.Sprintf("%032x", i+1), Found: "x"})
	}
	near.Evidence.Violations = 40
	r.Result.Near = nil
	for range maxNear + 7 {
		r.Result.Near = append(r.Result.Near, near)
	}
	for range 1000 {
		r.Result.Rejected = append(r.Result.Rejected, baseline.Rejected{Sentence: "x", Why: "violated"})
		r.Result.NeverSeen = append(r.Result.NeverSeen, "x")
		r.Traffic.Services = append(r.Traffic.Services, Service{"x", 1})
		r.Traffic.Files = append(r.Traffic.Files, "x")
		r.Given[0].Notes = append(r.Given[0].Notes, "x")
		r.Model.Notes = append(r.Model.Notes, "x")
		r.Result.Counts.RejectedBy[fmt.Sprint("reason ", len(r.Result.Counts.RejectedBy))] = 1
	}
	r.Result.Near[0].Sentence = strings.Repeat("long ", 1000)
	got := markdown(t, r)
	for _, want := range []string{
		"  * … and 30 more calls\n", "\n* … and 7 more\n", "  * … and 2,980 more\n", "\n* … and 501 more\n",
		"and 954 more\n", "and 982 more\n", "  * … and 981 more\n", "\n* … and 981 more\n", "\n* … and 953 more reasons\n",
	} {
		assert.Positive(t, strings.Count(got, want), want) // the whole would be too long to read
	}
	for line := range strings.Lines(got) {
		assert.Less(t, len(line), 8000)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAReportThatCannotBeWrittenSaysWhy(t *testing.T) {
	assert.EqualError(t, Write(full{}, shop(t)), "write the report: the disk is full")
}
