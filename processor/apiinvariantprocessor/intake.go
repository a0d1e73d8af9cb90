package apiinvariantprocessor

import (
	"context"
	"math"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
)

// intake is what reading and judging a batch needs. It belongs to one goroutine
// at a time and is pooled, so that neither allocates.
type intake struct {
	*judging
	scratch   apicall.Scratch
	details   invariant.Scratch
	call      apicall.Call
	statement apicall.Statement
	counts    counts
}

// counts are the items of a batch by what became of them.
type counts [outcomes]int64

func newIntake(w *watch) *intake { return &intake{judging: newJudging(w)} }

func (w *watch) readTraces(ctx context.Context, td ptrace.Traces) {
	in := w.intakes.Get().(*intake)
	in.generation, in.now = w.rules.current.Load(), w.clock()
	for _, rs := range td.ResourceSpans().All() {
		service := apicall.ServiceName(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			spans := ss.Spans()
			if anomaly.Ours(ss.Scope().Name()) {
				in.counts[own] += int64(spans.Len())
				continue
			}
			for i := range spans.Len() {
				in.item(ctx, func() int { return in.span(service, spans.At(i)) })
			}
		}
	}
	w.finish(ctx, in)
}

func (w *watch) readLogs(ctx context.Context, ld plog.Logs) {
	in := w.intakes.Get().(*intake)
	in.generation, in.now = w.rules.current.Load(), w.clock()
	for _, rl := range ld.ResourceLogs().All() {
		service := apicall.ServiceName(rl.Resource())
		for _, sl := range rl.ScopeLogs().All() {
			records := sl.LogRecords()
			if anomaly.Ours(sl.Scope().Name()) {
				in.counts[own] += int64(records.Len())
				continue
			}
			for i := range records.Len() {
				in.item(ctx, func() int { return in.record(service, records.At(i)) })
			}
		}
	}
	w.finish(ctx, in)
}

// finish reports what became of the batch's items and gives the intake back.
func (w *watch) finish(ctx context.Context, in *intake) {
	w.report.items(ctx, &in.counts)
	in.counts = counts{}
	in.call, in.statement = apicall.Call{}, apicall.Statement{} // do not hold on to the batch
	in.details.Reset()
	in.generation = nil
	w.intakes.Put(in)
}

// item reads one span or record. A defect that it brings to light costs what is
// found in it, and no other.
func (in *intake) item(ctx context.Context, read func() int) {
	outcome := other
	if !in.watch.guard.Do(ctx, func() { outcome = read() }) {
		in.mend()
		in.details = invariant.Scratch{}
	}
	in.counts[outcome]++
}

// span reads a span, judges what can be judged at once, and files what waits.
func (in *intake) span(service string, span ptrace.Span) int {
	switch in.watch.settings.calls.Span(span, &in.scratch, &in.call, &in.statement) {
	case apicall.APICall:
		return in.server(service, span)
	case apicall.DBStatement:
		return in.database(span)
	case apicall.None, apicall.Malformed:
	}
	switch g := in.generation; {
	case !g.links:
		return other
	case g.clients && apicall.IsHTTPClient(span):
		return kept(in.watch.tree.AddClient(place(span), in.now), other)
	}
	return kept(in.watch.tree.AddOther(place(span), in.now), other)
}

// server takes in a call. One that is not judged still bounds what belongs to
// those above it.
func (in *intake) server(service string, span ptrace.Span) int {
	g := in.generation
	call := in.watch.settings.details.Span(g.book, service, &in.call, span.Attributes(), &in.details)
	waits := waiting{generation: g}
	api, outcome := apiOf(call), unmatched
	in.violated = false
	switch {
	case in.watch.settings.ignore.Has(&in.call):
		outcome, waits.fate = ignoredCall, isIgnored
	case hasRules(api):
		outcome = in.first(call, api)
	}
	if in.violated {
		waits.fate = brokeRule
	}
	judge := g.waitsFor(api, waits.fate)
	if !judge && !g.links {
		return outcome
	}
	bytes := 0
	if judge || call != nil && g.book.ReadsCalls() {
		waits.call = call.KeepDeferred()
		bytes = waits.call.Bytes()
	}
	return kept(in.watch.tree.AddCall(place(span), waits, judge, bytes, in.now), outcome)
}

// first judges a call by what can be judged at once, unless it came before.
func (in *intake) first(call *invariant.Call, api *invariant.API) (outcome int) {
	switch {
	case len(api.Immediate) == 0:
	case in.watch.seen.isNew(call.TraceID, call.SpanID):
		in.immediate(call, allRules)
	case in.generation.book.Stateful(): // where its trace had to make room, it may wait once more
		in.immediate(call, silently)
		return duplicate
	default:
		return duplicate
	}
	return judged
}

// waitsFor tells whether something is to be done about a call when it has settled.
func (g *generation) waitsFor(api *invariant.API, f fate) bool {
	switch {
	case api == nil:
		return false
	case len(api.Deferred) > 0 && f&isIgnored == 0, api.Shows():
		return true
	}
	return f&brokeRule != 0 && g.book.Stateful() // what else its trace shows is not believed
}

func apiOf(call *invariant.Call) *invariant.API {
	if call == nil {
		return nil
	}
	return call.API()
}

// hasRules is false for what is only looked at for what it shows.
func hasRules(api *invariant.API) bool {
	return api != nil && len(api.Immediate)+len(api.Deferred) > 0
}

// database takes in a statement. One that nobody's rule looks at is a link between
// others, as any span.
func (in *intake) database(span ptrace.Span) int {
	if !in.generation.links {
		return statement
	}
	if in.generation.statements {
		in.watch.settings.calls.StatementText(span, &in.statement)
		if st := in.watch.settings.details.Statement(&in.statement, span.Attributes()); st != nil {
			return kept(in.watch.tree.AddStatement(place(span), st, st.Bytes(), in.now), statement)
		}
	}
	return kept(in.watch.tree.AddOther(place(span), in.now), statement)
}

// record reads a record of an access log and judges it. What was beneath the call
// is not in a log, nor is all that its session did, so that rules about these are
// not applicable.
func (in *intake) record(service string, record plog.LogRecord) int {
	switch in.watch.settings.calls.LogRecord(record, &in.scratch, &in.call) {
	case apicall.APICall:
	case apicall.Malformed:
		return malformed
	case apicall.None, apicall.DBStatement:
		return other
	}
	if in.watch.settings.ignore.Has(&in.call) {
		return ignoredCall
	}
	call := in.watch.settings.details.LogRecord(in.generation.book, service, &in.call, record, &in.details)
	if !hasRules(apiOf(call)) {
		return unmatched
	}
	in.immediate(call, allRules)
	in.untraced(call)
	return judged
}

func place(span ptrace.Span) calltree.Span {
	return calltree.Span{
		TraceID: span.TraceID(), SpanID: span.SpanID(), Parent: span.ParentSpanID(),
		Start: int64(min(span.StartTimestamp(), math.MaxInt64)),
	}
}

// kept is what became of an item that was handed to the tree.
func kept(o calltree.Outcome, otherwise int) int {
	switch o {
	case calltree.Duplicate:
		return duplicate
	case calltree.Late:
		return late
	case calltree.Refused:
		return refused
	case calltree.Added:
	}
	return otherwise
}
