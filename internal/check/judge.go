package check

import (
	"context"
	"time"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// Judge judges all calls, and hands each violation over: by the start of the call, its trace id, its span id, and the
// order of the rules. It ends at the first error of each, and when the context does. It is to be called once.
//
// Stateful rules see what earlier calls showed, of their own trace and of traces that had ended when the call began. A
// trace in which a call breaks a rule shows nothing.
func (c *Checker) Judge(ctx context.Context, each func(*Violation) error) error {
	var found waiting
	hand := func(v *Violation) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.violations++
		return each(v)
	}
	before := func(o *replay.Observation) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return found.before(o.Call.Start, hand)
	}
	walk := NewWalk(c.book, c.references, before, func(o *replay.Observation, v *invariant.Verdict) {
		c.tallies[v.Rule.Place].count(v)
		if v.Outcome == invariant.Violated {
			found.add(ranked{o.Call, v.Rule.Place, newViolation(o.Call, v, c.evidence)})
		}
	})
	if err := c.recorded.Traces(walk.Add); err != nil {
		return err
	}
	if err := walk.Rest(); err != nil {
		return err
	}
	return found.rest(hand)
}

// Violation is a rule that a call broke, as a line of JSON has it.
type Violation struct {
	TraceID   string `json:"trace_id"`  // hexadecimal
	SpanID    string `json:"span_id"`   // of the server span, hexadecimal
	Invariant string `json:"invariant"` // id of the rule
	Kind      string `json:"kind"`      // of the rule
	API       string `json:"api"`       // "GET /orders/{id}"
	// Explanation is the rule's message, what is false, and the values, in one line.
	Explanation string `json:"explanation"`
	// Values are what the rule read, by path, such as req.body.accountId, as the evidence shows them. It is never nil.
	Values     map[string]string `json:"values"`
	Service    string            `json:"service"`
	Time       time.Time         `json:"time"`       // start of the call, in UTC
	Client     string            `json:"client"`     // "" when unknown
	Expression string            `json:"expression"` // the part of the check that is false
}

func newViolation(c *invariant.Call, v *invariant.Verdict, e invariant.Evidence) *Violation {
	x := v.Explain(e)
	values := make(map[string]string, len(x.Values))
	for _, value := range x.Values {
		values[value.Path] = value.Text
	}
	return &Violation{
		TraceID: c.TraceID.String(), SpanID: c.SpanID.String(), Invariant: v.Rule.ID, Kind: v.Rule.Kind, API: c.Endpoint(),
		Explanation: x.Text, Values: values, Service: c.Service, Time: time.Unix(0, c.Start).UTC(), Client: c.Client, Expression: x.False,
	}
}
