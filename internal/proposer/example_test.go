package proposer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/spanwarden/spanwarden/internal/proposer"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// A model proposes two rules. Traffic refutes one of them, and the model corrects it.
func ExamplePropose() {
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question struct{ Messages []struct{ Content string } }
		_ = json.NewDecoder(r.Body).Decode(&question)
		answer := `{"rules": [
			{"api": "POST /transfers", "check": "req.body.amount > 0"},
			{"api": "POST /transfers", "check": "same(req.body.from, env.user.id)"}]}`
		if last := question.Messages[len(question.Messages)-1].Content; strings.Contains(last, "violated") {
			answer = `{"rules": [{"api": "POST /transfers", "when": "resp.status == 201", "check": "same(req.body.from, env.user.id)"}]}`
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"content": answer}}}})
	}))
	defer model.Close()

	schema := proposer.Schema{
		APIs: []proposer.API{{Service: "bank", API: "POST /transfers", Columns: []proposer.Column{
			{Path: []string{"req", "body", "amount"}, Type: "number"},
			{Path: []string{"req", "body", "from"}, Type: "text", Format: "uuid"},
		}}},
		Environment: []proposer.Column{{Path: []string{"env", "user", "id"}, Type: "text", Format: "uuid"}},
	}
	prove := func(_ context.Context, rules []rulefile.Rule) ([]proposer.Proof, error) {
		var proofs []proposer.Proof
		for _, rule := range rules { // on recorded traffic, of which some calls were refused
			proof := proposer.Proof{Rule: rule, Held: 100}
			if strings.Contains(rule.Check.Text, "from") && rule.When.Text == "" {
				proof.Violated = 7
				proof.Common = []string{"all of them answered with a status of 400 or more"}
			}
			proofs = append(proofs, proof)
		}
		return proofs, nil
	}
	out, err := proposer.Propose(context.Background(), schema, prove, proposer.Settings{URL: model.URL, Model: "a-model"})
	if err != nil {
		panic(err)
	}
	for _, rule := range out.Rules {
		fmt.Printf("%s, round %v: %s\n", rule.Kind, rule.Support["rounds"], rule.Check.Text)
	}
	for _, rejected := range out.Rejected {
		fmt.Printf("rejected: %s (%s)\n", rejected.Rule, rejected.Why)
	}
	// Output:
	// common-sense, round 1: req.body.amount > 0
	// environment, round 2: same(req.body.from, env.user.id)
	// rejected: POST /transfers: same(req.body.from, env.user.id) (violated by 7 of 107 calls)
}
