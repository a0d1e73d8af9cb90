package check_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Calls of a real application on which a rule holds are copied with their whole traces, once as they are and once with one
// field changed. The rule is violated by each that was changed, and nothing by the others.
func TestEveryEditOfAnHonestCallIsFound(t *testing.T) {
	for _, r := range realRecordings(t) {
		t.Run(r.name, func(t *testing.T) {
			spans := r.read(t)
			whole := r.book(t, true).judge(t, spans)
			book := r.book(t, false)
			trial := &trial{book: book, traces: traces(spans), held: whole.held}
			edits := r.readEdits(t)
			sums := make(map[string]*sum)
			for i := range edits {
				e := &edits[i]
				s := sums[e.Rule]
				if s == nil {
					s = new(sum)
					sums[e.Rule] = s
				}
				s.add(trial.try(t, e))
			}
			t.Logf("%-40s %5s %7s %6s %6s", "rule", "edits", "applied", "copies", "found")
			for _, rule := range book.rules {
				if s := sums[rule.ID]; assert.NotNil(t, s, "no edit breaks %s", rule.ID) {
					t.Logf("%-40s %5d %7d %6d %6d", rule.ID, s.edits, whole.tallies[rule.ID].held, s.copies, s.found)
				}
			}
		})
	}
}

// sum is how many copies were made for a rule's edits, and in how many the rule was found violated.
type sum struct{ edits, copies, found int }

func (s *sum) add(o sum) {
	s.edits++
	s.copies += o.copies
	s.found += o.found
}

// trial is what edits are tried on.
type trial struct {
	book   book
	traces [][]placed
	held   map[verdict]bool
	copies uint64
}

// tampered is a copy of a trace; sham, if nothing was changed.
type tampered struct {
	spans []placed
	call  verdict // the judged call and the rule
	sham  bool
}

func (tr *trial) try(t *testing.T, e *edit) (s sum) {
	t.Helper()
	copies := tr.tamper(t, e)
	if !assert.NotEmpty(t, copies, "%s holds on no call that is fit for %v", e.Rule, e) {
		return s
	}
	batches := make([][]placed, len(copies))
	for i := range copies {
		batches[i] = copies[i].spans
	}
	j := tr.book.judge(t, batches...)
	violated := make(map[string][]string) // rules by trace
	for v := range j.violated {
		violated[v.trace] = append(violated[v.trace], v.rule)
	}
	expected := slices.Concat([]string{e.Rule}, e.Also)
	never := slices.Clone(expected)
	for i := range copies {
		c := &copies[i]
		rules := violated[c.call.trace]
		if c.sham {
			assert.Empty(t, rules, "an unedited copy for %v violates something", e)
			continue
		}
		s.copies++
		if j.violated[c.call] {
			s.found++
		}
		assert.Subset(t, expected, rules, "a copy violates more than is expected of %v", e)
		never = slices.DeleteFunc(never, func(rule string) bool { return slices.Contains(rules, rule) })
	}
	assert.Equal(t, s.copies, s.found, "%s is not violated by each copy after %v", e.Rule, e)
	assert.Empty(t, never, "these are not violated by any copy after %v", e)
	return s
}

// String tells what is edited.
func (e *edit) String() string {
	to := e.Value.Value + e.Replace + e.Copy
	return fmt.Sprintf("the edit of %s %s %s in %s %s of %s to %q", e.Where, e.JSON, e.Find, e.Method, e.Route, e.Service, to)
}

// tamper makes the copies for an edit: two for each call that can be edited, of which one is a sham.
func (tr *trial) tamper(t *testing.T, e *edit) (copies []tampered) {
	t.Helper()
	for _, trace := range tr.traces {
		for i := range trace {
			if !e.of(&trace[i]) {
				continue
			}
			old := verdict{trace[i].TraceID().String(), trace[i].SpanID().String(), e.Rule}
			if e.Before != "not_applicable" && !tr.held[old] {
				continue
			}
			for _, sham := range []bool{false, true} {
				c := tampered{spans: tr.copy(trace), sham: sham}
				c.call = verdict{c.spans[i].TraceID().String(), c.spans[i].SpanID().String(), e.Rule}
				var applied bool
				if c.spans, applied = e.apply(t, c.spans, i, sham); applied {
					copies = append(copies, c)
				}
			}
		}
	}
	return copies
}

// copy returns a copy of a trace that has ids of its own.
func (tr *trial) copy(trace []placed) []placed {
	tr.copies++
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[8:], tr.copies)
	renamed := make([]placed, len(trace))
	for i := range trace {
		renamed[i] = trace[i]
		span := ptrace.NewSpan()
		trace[i].CopyTo(span)
		span.SetTraceID(id)
		span.SetSpanID(tr.renamed(span.SpanID()))
		if parent := span.ParentSpanID(); !parent.IsEmpty() {
			span.SetParentSpanID(tr.renamed(parent))
		}
		renamed[i].Span = span
	}
	return renamed
}

// renamed is another id; ids that differ stay different.
func (tr *trial) renamed(id pcommon.SpanID) pcommon.SpanID {
	binary.BigEndian.PutUint64(id[:], binary.BigEndian.Uint64(id[:])^(tr.copies*0x9e3779b97f4a7c15))
	return id
}
