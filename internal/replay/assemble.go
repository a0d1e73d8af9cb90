package replay

import (
	"bytes"
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
)

// Traces hands over the traces by their start, then trace id, each with the calls that somebody looks at; traces without
// such calls are left out. It ends at the first error of yield, which it returns. Traces may overlap in time. It may be
// called again and hands over the same.
func (r *Replay) Traces(yield func(*Trace) error) error {
	if r.tree != nil {
		r.assemble()
	}
	for i := range r.traces {
		if err := yield(&r.traces[i]); err != nil {
			return err
		}
	}
	return nil
}

// observed is an observation that still has to find its place in the trace.
type observed struct {
	Observation
	node *node
}

func (r *Replay) assemble() {
	stats := r.tree.Stats()
	r.counts.Evicted, r.counts.Refused = stats.EvictedCalls, stats.RefusedSpans
	var (
		trace pcommon.TraceID // which is not zero
		calls []observed      // of it
	)
	r.tree.Flush(func(s *calltree.Settled[*node, *invariant.Statement]) {
		r.counts.Calls++
		if s.Span.TraceID != trace { // calls come trace by trace
			r.addTrace(calls)
			trace, calls = s.Span.TraceID, calls[:0]
			r.counts.Traces++
		}
		for _, child := range s.Calls {
			child.above = s.Call
		}
		if s.Call.call != nil {
			calls = append(calls, observed{Observation{Call: s.Call.call, Around: r.surroundings(s)}, s.Call})
		}
	})
	r.addTrace(calls)
	r.tree = nil
	slices.SortFunc(r.traces, func(a, b Trace) int {
		one, other := a.Calls[0].Call, b.Calls[0].Call
		return cmp.Or(cmp.Compare(one.Start, other.Start), bytes.Compare(one.TraceID[:], other.TraceID[:]))
	})
}

// addTrace puts the calls of a trace in their order.
func (r *Replay) addTrace(calls []observed) {
	if len(calls) == 0 {
		return
	}
	for i := range calls {
		calls[i].Root = calls[i].node.above == nil
		calls[i].node.findDepth()
	}
	slices.SortFunc(calls, func(a, b observed) int {
		return cmp.Or(cmp.Compare(a.Call.Start, b.Call.Start), cmp.Compare(a.node.depth, b.node.depth),
			bytes.Compare(a.Call.SpanID[:], b.Call.SpanID[:]))
	})
	trace := Trace{Calls: make([]Observation, len(calls))}
	for i := range calls {
		trace.Calls[i] = calls[i].Observation
	}
	r.traces = append(r.traces, trace)
	clear(calls)
}

// findDepth finds out how deep a call and all above it are. Of spans that are above each other, in a circle, all are 1.
func (n *node) findDepth() {
	const onPath = -1
	var path []*node
	for ; n != nil && n.depth == 0; n = n.above {
		n.depth = onPath
		path = append(path, n)
	}
	depth := 0
	switch {
	case n == nil:
	case n.depth == onPath:
		depth = 1
		circle := slices.Index(path, n)
		for _, member := range path[circle:] {
			member.depth = depth
		}
		path = path[:circle]
	default:
		depth = n.depth
	}
	for _, below := range slices.Backward(path) {
		depth++
		below.depth = depth
	}
}

// surroundings are kept where somebody looks at them.
func (r *Replay) surroundings(s *calltree.Settled[*node, *invariant.Statement]) invariant.Surroundings {
	if r.book != nil && (s.Call.call.API() == nil || !s.Call.call.API().Surrounded()) {
		return invariant.Surroundings{}
	}
	around := invariant.Surroundings{
		StatementsOpen: s.StatementsOpen, CallsOpen: s.CallsOpen,
		StatementsLost: s.StatementsLost, CallsLost: s.CallsLost,
	}
	if r.wants.statements {
		around.Statements = slices.Clone(s.Statements)
	}
	if r.wants.clients && len(s.Calls) > 0 {
		around.Calls = make([]*invariant.Call, len(s.Calls))
		for i, child := range s.Calls {
			around.Calls[i] = child.call
		}
	}
	return around
}
