package tampering

import (
	"bytes"
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/recording"
)

// Trace is all spans of one trace.
type Trace struct {
	ID    pcommon.TraceID
	Spans ptrace.Traces
	// Start is that of the first span, End of the last, in ns since the epoch.
	Start, End int64
}

// Load reads a recording of OTLP JSON lines into whole traces.
func Load(path string) ([]Trace, error) {
	file, err := recording.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var batches []ptrace.Traces
	err = file.Traces(func(td ptrace.Traces) error {
		batches = append(batches, td)
		return nil
	})
	return Group(batches...), err
}

// Group sorts spans into their traces, in the order of [Sort]. Spans without a trace id are left out.
func Group(batches ...ptrace.Traces) []Trace {
	var traces []Trace
	place := make(map[pcommon.TraceID]int)
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				room := make(map[pcommon.TraceID]ptrace.SpanSlice) // of this resource and scope
				for _, span := range ss.Spans().All() {
					id := span.TraceID()
					if id.IsEmpty() {
						continue
					}
					at, known := place[id]
					if !known {
						at = len(traces)
						place[id] = at
						traces = append(traces, Trace{ID: id, Spans: ptrace.NewTraces()})
					}
					spans, known := room[id]
					if !known {
						spans = like(traces[at].Spans, rs, ss)
						room[id] = spans
					}
					span.CopyTo(spans.AppendEmpty())
				}
			}
		}
	}
	for i := range traces {
		traces[i].measure()
	}
	Sort(traces)
	return traces
}

// like adds room for spans of the same resource and scope.
func like(to ptrace.Traces, rs ptrace.ResourceSpans, ss ptrace.ScopeSpans) ptrace.SpanSlice {
	resource := to.ResourceSpans().AppendEmpty()
	rs.Resource().CopyTo(resource.Resource())
	scope := resource.ScopeSpans().AppendEmpty()
	ss.Scope().CopyTo(scope.Scope())
	return scope.Spans()
}

func (t *Trace) measure() {
	t.Start, t.End = 0, 0
	for span := range t.all() {
		start, end := int64(span.StartTimestamp()), int64(span.EndTimestamp())
		if t.Start == 0 || start < t.Start {
			t.Start = start
		}
		t.End = max(t.End, start, end)
	}
}

// all are the spans of the trace, each with its service's resource.
func (t *Trace) all() func(yield func(ptrace.Span, pcommon.Resource) bool) {
	return func(yield func(ptrace.Span, pcommon.Resource) bool) {
		for _, rs := range t.Spans.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					if !yield(span, rs.Resource()) {
						return
					}
				}
			}
		}
	}
}

// Sort sorts traces by their start, then by their ids.
func Sort(traces []Trace) {
	slices.SortFunc(traces, func(a, b Trace) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), bytes.Compare(a.ID[:], b.ID[:]))
	})
}

// Split divides sorted traces by time into whole ones to learn from, which hold that share (0 to 1) of all spans, and
// whole ones to judge.
func Split(traces []Trace, share float64) (teach, judge []Trace) {
	at := len(Beginning(traces, share))
	return traces[:at:at], traces[at:]
}

// Beginning are the first of the sorted traces, with that share (0 to 1) of all spans; at least one if there is any.
func Beginning(traces []Trace, share float64) []Trace {
	total := 0
	for i := range traces {
		total += traces[i].Spans.SpanCount()
	}
	spans := 0
	for i := range traces {
		spans += traces[i].Spans.SpanCount()
		if float64(spans) >= share*float64(total) {
			return traces[: i+1 : i+1]
		}
	}
	return traces
}

// Spans are those of all traces, for who reads batches.
func Spans(traces []Trace) []ptrace.Traces {
	all := make([]ptrace.Traces, len(traces))
	for i := range traces {
		all[i] = traces[i].Spans
	}
	return all
}
