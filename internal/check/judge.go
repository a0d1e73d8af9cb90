package check

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
)

// due is a call that is to be judged, with what is around it.
type due struct {
	call   *invariant.Call
	around invariant.Surroundings
}

// Judge judges all calls, once, and hands each violation over: by the start of the call, its trace id, its span id, and
// the order of the rules. It ends at the first error of each, and when the context does.
func (c *Checker) Judge(ctx context.Context, each func(*Violation) error) error {
	judge := invariant.NewJudge(c.book)
	var violations []ranked
	for _, d := range c.due() {
		if err := ctx.Err(); err != nil {
			return err
		}
		violations = violations[:0]
		take := func(v invariant.Verdict) {
			rank := c.rank[v.Rule]
			c.tallies[rank].count(&v)
			if v.Outcome == invariant.Violated {
				violations = append(violations, ranked{rank, newViolation(d.call, &v, c.evidence)})
			}
		}
		judge.Immediate(d.call, take)
		judge.Deferred(d.call, &d.around, take)
		slices.SortFunc(violations, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
		for i := range violations {
			c.counts.Violations++
			if err := each(violations[i].violation); err != nil {
				return err
			}
		}
	}
	return nil
}

// ranked is a violation with the place of its rule.
type ranked struct {
	rank      int
	violation *Violation
}

// due returns the calls that rules are about, in the order in which they are judged.
func (c *Checker) due() []due {
	stats := c.tree.Stats()
	c.counts.Unjudged, c.counts.Refused = stats.EvictedCalls, stats.RefusedSpans
	var (
		all   []due
		trace pcommon.TraceID
	)
	c.tree.Flush(func(s *calltree.Settled[*invariant.Call, *invariant.Statement]) {
		c.counts.Calls++
		if s.Span.TraceID != trace { // calls come trace by trace
			trace = s.Span.TraceID
			c.counts.Traces++
		}
		if s.Call != nil && s.Call.API() != nil {
			all = append(all, due{s.Call, c.surroundings(s)})
		}
	})
	slices.SortFunc(all, func(a, b due) int { return byTime(a.call, b.call) })
	return all
}

// surroundings are what deferred rules look at.
func (c *Checker) surroundings(s *calltree.Settled[*invariant.Call, *invariant.Statement]) invariant.Surroundings {
	if len(s.Call.API().Deferred) == 0 {
		return invariant.Surroundings{}
	}
	around := invariant.Surroundings{
		StatementsOpen: s.StatementsOpen, CallsOpen: s.CallsOpen,
		StatementsLost: s.StatementsLost, CallsLost: s.CallsLost,
	}
	if c.book.ReadsStatements() {
		around.Statements = slices.Clone(s.Statements)
	}
	if c.book.ReadsCalls() {
		around.Calls = slices.Clone(s.Calls)
	}
	return around
}

func byTime(a, b *invariant.Call) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), bytes.Compare(a.TraceID[:], b.TraceID[:]), bytes.Compare(a.SpanID[:], b.SpanID[:]))
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
