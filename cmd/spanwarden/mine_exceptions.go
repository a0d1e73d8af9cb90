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

// maxListed is how many exceptions of one near-invariant are listed.
const maxListed = 100_000

// allExceptions returns the near-invariants with all their exceptions, of which the learner keeps the first ones.
func (t *teaching) allExceptions(ctx context.Context, r *baseline.Result) ([]baseline.Near, error) {
	all := slices.Clone(r.Near)
	more := &rulefile.File{References: r.File.References}
	place := make(map[string]int) // in all, by the rule's id
	for i := range all {
		if len(all[i].Exceptions) < all[i].Evidence.Violations {
			more.Rules = append(more.Rules, all[i].Rule)
			place[all[i].Rule.ID] = i
		}
	}
	if len(place) == 0 {
		return all, nil
	}
	book, err := invariant.Compile([]*rulefile.File{more}, invariant.Options{})
	if err != nil {
		return nil, err
	}
	store, err := reference.New(reference.DefaultSettings())
	if err != nil {
		return nil, err
	}
	found := make([][]baseline.Exception, len(all))
	walk := check.NewWalk(book, store, nil, func(o *replay.Observation, v *invariant.Verdict) {
		i := place[v.Rule.ID]
		if v.Outcome == invariant.Violated && len(found[i]) < maxListed {
			found[i] = append(found[i], exceptionOf(o, v))
		}
	})
	adopt := func(trace *replay.Trace) { _ = walk.Adopt(trace) } // nobody is asked before a call, so that there is no error
	if err := errors.Join(t.each(ctx, "traces judged", adopt), walk.Rest()); err != nil {
		return nil, err
	}
	for i := range all {
		if len(found[i]) > len(all[i].Exceptions) {
			all[i].Exceptions = found[i]
		}
	}
	return all, nil
}

// exceptionOf is a call that violates a rule.
func exceptionOf(o *replay.Observation, v *invariant.Verdict) baseline.Exception {
	const most = 200
	c := o.Call
	return baseline.Exception{
		TraceID: c.TraceID.String(), SpanID: c.SpanID.String(), Service: c.Service, API: c.Endpoint(), Time: time.Unix(0, c.Start).UTC(),
		Found: anomaly.Clean(v.Explain(invariant.ShowValues).Text, most),
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
