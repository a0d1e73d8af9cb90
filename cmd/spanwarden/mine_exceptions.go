package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// maxListed is how many exceptions are listed, over all near-invariants.
const maxListed = 1_000_000

// examine judges the traffic by the near-invariants, and tells of each all exceptions with what they have instead: the
// learner keeps the first ones, as it came across them.
func (t *teaching) examine(ctx context.Context, r *baseline.Result) error {
	if len(r.Near) == 0 {
		return nil
	}
	near := &rulefile.File{References: r.NearReferences}
	e := examination{of: make(map[string]*examined)}
	for i := range r.Near {
		near.Rules = append(near.Rules, r.Near[i].Rule)
		e.of[r.Near[i].Rule.ID] = &examined{}
	}
	book, err := invariant.Compile([]*rulefile.File{near}, invariant.Options{})
	if err != nil {
		return err
	}
	store, err := reference.New(reference.DefaultSettings())
	if err != nil {
		return err
	}
	walk := check.NewWalk(book, store, nil, e.verdict)
	adopt := func(trace *replay.Trace) { _ = walk.Adopt(trace) } // nobody is asked before a call, so that there is no error
	if err := errors.Join(t.each(ctx, "traces examined", adopt), walk.Rest()); err != nil {
		return err
	}
	r.Near = slices.DeleteFunc(r.Near, func(n baseline.Near) bool { return e.of[n.Rule.ID].violated == 0 })
	for i := range r.Near {
		n := &r.Near[i]
		of := e.of[n.Rule.ID]
		n.Evidence.Calls, n.Evidence.Violations, n.Exceptions = of.held+of.violated, of.violated, of.exceptions
	}
	return nil
}

// examination is what the traffic says of near-invariants.
type examination struct {
	of     map[string]*examined // by id
	listed int
}

type examined struct {
	held, violated int
	exceptions     []baseline.Exception
}

func (e *examination) verdict(o *replay.Observation, v *invariant.Verdict) {
	of := e.of[v.Rule.ID]
	switch v.Outcome {
	case invariant.Holds:
		of.held++
	case invariant.Violated:
		of.violated++
		if e.listed < maxListed {
			e.listed++
			of.exceptions = append(of.exceptions, exceptionOf(o, v))
		}
	case invariant.NotApplicable:
	}
}

// exceptionOf is a call that violates a rule, with what the rule read of it.
func exceptionOf(o *replay.Observation, v *invariant.Verdict) baseline.Exception {
	const most, mostBytes = 4, 60
	c := o.Call
	var found []string
	for _, value := range v.Explain(invariant.ShowValues).Values {
		if len(found) == most {
			found = append(found, "…")
			break
		}
		found = append(found, value.Path+" = "+anomaly.Clean(value.Text, mostBytes))
	}
	return baseline.Exception{
		TraceID: c.TraceID.String(), SpanID: c.SpanID.String(), Service: c.Service, API: c.Endpoint(), Time: time.Unix(0, c.Start).UTC(),
		Found: strings.Join(found, ", "),
	}
}

// exceptional is a trace that differs from near-invariants.
type exceptional struct {
	id    string
	first time.Time
	found []string // which rule, and what
}

// maxFindings is how many findings of a trace are told.
const maxFindings = 5

// exceptionalTraces are the traces that differ from near-invariants, by their time. More counts the exceptions that
// nobody kept.
func exceptionalTraces(near []baseline.Near) (traces []*exceptional, more int) {
	byID := make(map[string]*exceptional)
	for i := range near {
		n := &near[i]
		more += max(0, n.Evidence.Violations-len(n.Exceptions))
		for _, x := range n.Exceptions {
			t := byID[x.TraceID]
			if t == nil {
				t = &exceptional{id: x.TraceID, first: x.Time}
				byID[x.TraceID] = t
				traces = append(traces, t)
			}
			if x.Time.Before(t.first) {
				t.first = x.Time
			}
			t.found = append(t.found, fmt.Sprintf("%s of %s: %s, which held on %d of %d calls (%s)%s", x.API, x.Service, n.Rule.ID,
				n.Evidence.Calls-n.Evidence.Violations, n.Evidence.Calls, n.Sentence, foundIn(&x)))
		}
	}
	slices.SortStableFunc(traces, func(a, b *exceptional) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.id, b.id))
	})
	return traces, more
}

func foundIn(x *baseline.Exception) string {
	if x.Found == "" {
		return ""
	}
	return ", found " + x.Found
}

// writeExceptions writes a file for --skip.
func writeExceptions(w io.Writer, near []baseline.Near) error {
	traces, more := exceptionalTraces(near)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s differ from %s, which held on nearly all calls.\n", counted(len(traces), "trace"), counted(len(near), "near-invariant"))
	b.WriteString("# Delete the lines of traces that are normal, and hand the rest to spanwarden mine --skip, beside the files\n")
	b.WriteString("# that were skipped before: it learns without these traces then.\n")
	if more > 0 {
		fmt.Fprintf(&b, "# %s not listed: --exceptions writes the next ones once these are skipped.\n", counted(more, "more exception")+" "+are(more))
	}
	for _, t := range traces {
		fmt.Fprintf(&b, "%s # %s", t.id, t.first.UTC().Format(time.RFC3339Nano))
		for _, text := range t.found[:min(len(t.found), maxFindings)] {
			const most = 400
			b.WriteString("; " + anomaly.Clean(text, most))
		}
		if rest := len(t.found) - maxFindings; rest > 0 {
			fmt.Fprintf(&b, "; and %d more", rest)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
