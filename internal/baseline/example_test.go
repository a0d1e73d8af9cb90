package baseline_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// Customers look at their accounts. What all of these calls have in common becomes rules, each with what speaks for it.
func ExampleLearner() {
	l, err := baseline.New(baseline.DefaultSettings())
	if err != nil {
		panic(err)
	}
	for i := range 120 {
		who := fmt.Sprintf("customer-%d", i%25)
		l.Learn(&replay.Trace{Calls: []replay.Observation{{Root: true, Call: &invariant.Call{
			TraceID: [16]byte{byte(i + 1)}, SpanID: [8]byte{1}, Start: int64(i+1) * 60e9, End: int64(i+1)*60e9 + 1e6,
			Service: "bank", Method: "GET", Route: "/customers/{id}/accounts", Path: "/customers/" + who + "/accounts",
			User: who, Session: fmt.Sprint("session ", i), Status: 200,
		}}}})
	}
	for _, rule := range l.Result().Rules {
		if rule.Rule.Kind == "environment" {
			fmt.Println(rule.Sentence)
			fmt.Println(rule.Rule.Check.Text)
			fmt.Println(rule.Evidence.Calls, "calls in", rule.Evidence.Sessions, "sessions")
		}
	}
	// Output:
	// the caller is known
	// has(env.user.id)
	// 120 calls in 119 sessions
	// id of the path is the caller
	// same(req.path.id, env.user.id)
	// 120 calls in 119 sessions
}
