package tampering

import (
	"cmp"
	"context"
	"slices"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
)

// Checked are the violations of some traces by rules.
type Checked struct {
	Violations []check.Violation
	Counts     check.Counts
}

// check judges traces by the rules of a book, beginning with a copy of the store.
func (r *references) check(book *invariant.Book, traces ...[]Trace) (*Checked, error) {
	store, err := r.next()
	if err != nil {
		return nil, err
	}
	checker, err := newChecker(book, store)
	if err != nil {
		return nil, err
	}
	for _, list := range traces {
		for i := range list {
			checker.Read(list[i].Spans)
		}
	}
	out := new(Checked)
	err = checker.Judge(context.Background(), func(v *check.Violation) error {
		out.Violations = append(out.Violations, *v)
		return nil
	})
	out.Counts = checker.Counts()
	return out, err
}

func newChecker(book *invariant.Book, store *reference.Store) (*check.Checker, error) {
	settings := check.DefaultSettings()
	settings.References = store
	return check.New(book, settings)
}

// mix is the largest share of copies among the traces of one pass: what goes unnoticed is remembered as if it were right,
// and no traffic is half attacks.
const mix = 0.1

// Judge judges normal traces by the rules of a book, alone and with copies among them, which are of these traces. Copies
// come in as many passes as it takes for them to stay a tenth of the traffic, each of which begins with a copy of the
// store; that may be nil.
func Judge(book *invariant.Book, store *reference.Store, normal []Trace, copies []Copy) (*Report, error) {
	refs, err := newReferences(store)
	if err != nil {
		return nil, err
	}
	alone, err := refs.check(book, normal)
	if err != nil {
		return nil, err
	}
	r := newReport(normal, alone)
	own := make(map[string][]string) // rules that the originals violate, by trace
	for i := range alone.Violations {
		v := &alone.Violations[i]
		own[v.TraceID] = append(own[v.TraceID], v.Invariant)
	}
	size := max(2, int(mix*float64(len(normal))))
	for from := 0; from < len(copies); from += size {
		part := copies[from:min(from+size, len(copies))]
		if err := r.pass(refs, book, normal, part, own); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// pass judges some copies among the normal traces.
func (r *Report) pass(refs *references, book *invariant.Book, normal []Trace, copies []Copy, own map[string][]string) error {
	list := make([]Trace, len(copies))
	place := make(map[string]int)
	for i := range copies {
		list[i] = copies[i].Trace
		place[copies[i].Trace.ID.String()] = i
	}
	checked, err := refs.check(book, normal, list)
	if err != nil {
		return err
	}
	outcomes := make([]Outcome, len(copies))
	for i := range copies {
		outcomes[i].Copy = &copies[i]
	}
	for i := range checked.Violations {
		v := &checked.Violations[i]
		at, ok := place[v.TraceID]
		if !ok {
			r.collateral(v, own)
			continue
		}
		o := &outcomes[at]
		if slices.Contains(own[normal[o.Copy.Of].ID.String()], v.Invariant) {
			continue // as in the original
		}
		o.Violations = append(o.Violations, *v)
		o.Found = true
		o.Explained = o.Explained || o.explains(v)
		o.Shown = o.Shown || o.Explained || o.shows(v)
	}
	r.Outcomes = append(r.Outcomes, outcomes...)
	return nil
}

// Outcome is what came of a copy.
type Outcome struct {
	*Copy
	// Found is true if it violates a rule that its original does not violate.
	Found bool
	// Explained is true if such a rule read a field that was tampered with.
	Explained bool
	// Shown is true if it is explained, or if such a rule read an answer that is another one because of the tampering.
	Shown bool
	// Violations are these.
	Violations []check.Violation
}

// calls of some traces by time.
type judgedCall struct {
	start       int64
	trace, span string
	front       bool
}

func judgedCalls(traces []Trace) []judgedCall {
	var all []judgedCall
	for i := range traces {
		sc := newScene(&traces[i])
		for _, c := range sc.calls {
			all = append(all, judgedCall{c.start, traces[i].ID.String(), c.span.SpanID().String(), c == sc.front})
		}
	}
	slices.SortStableFunc(all, func(a, b judgedCall) int { return cmp.Compare(a.start, b.start) })
	return all
}
