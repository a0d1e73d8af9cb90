package apibaselineexporter

import (
	"context"
	"math"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// lot is how many calls are handed to a service's windows at once: its lock is taken once a lot, and never while
// attributes are read.
const lot = 32

// intake is what reading a batch needs. It belongs to one goroutine at a time and is pooled.
type intake struct {
	watch   *watch
	details invariant.Scratch
	now     int64 // ns by which calls wait
	wall    int64 // ns since the epoch

	service  string
	windows  *traffic.Service // nil where no rows are made, or the spans came before
	repeated bool             // the spans of this scope came before

	// A call is read into the first place of the lot that is free, and stays there if it counts in a window.
	calls      [lot]apicall.Call
	scratch    [lot]apicall.Scratch
	statements [lot]apicall.Statement
	nCalls     int
	nStmts     int

	counts counts
}

// counts are the items of a batch by what became of them.
type counts [outcomes]int64

func (w *watch) readTraces(ctx context.Context, td ptrace.Traces) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.learning {
		w.report.unused(ctx, td.SpanCount())
		return
	}
	in := w.intake()
	for _, rs := range td.ResourceSpans().All() {
		in.resource(apicall.ServiceName(rs.Resource()))
		for _, ss := range rs.ScopeSpans().All() {
			spans := ss.Spans()
			if anomaly.Ours(ss.Scope().Name()) {
				in.counts[own] += int64(spans.Len())
				continue
			}
			in.repeated = w.rows != nil && w.rows.seen.Seen(spans)
			for i := range spans.Len() {
				in.item(ctx, func() int { return in.span(spans.At(i)) })
			}
		}
		in.flush()
	}
	w.finish(ctx, in)
}

func (w *watch) readLogs(ctx context.Context, ld plog.Logs) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.learning {
		w.report.unused(ctx, ld.LogRecordCount())
		return
	}
	in := w.intake()
	for _, rl := range ld.ResourceLogs().All() {
		in.resource(apicall.ServiceName(rl.Resource()))
		for _, sl := range rl.ScopeLogs().All() {
			records := sl.LogRecords()
			if anomaly.Ours(sl.Scope().Name()) {
				in.counts[own] += int64(records.Len())
				continue
			}
			for i := range records.Len() {
				in.item(ctx, func() int { return in.record(records.At(i)) })
			}
		}
		in.flush()
	}
	w.finish(ctx, in)
}

// intake takes one out of the pool.
func (w *watch) intake() *intake {
	in := w.intakes.Get().(*intake)
	in.now, in.wall = w.clock(), w.now().UnixNano()
	return in
}

// finish reports what became of the batch's items and gives the intake back.
func (w *watch) finish(ctx context.Context, in *intake) {
	w.report.items(ctx, &in.counts)
	in.counts = counts{}
	in.calls[0], in.statements[0] = apicall.Call{}, apicall.Statement{} // do not hold on to the batch
	in.details.Reset()
	in.service, in.windows, in.repeated = "", nil, false
	w.intakes.Put(in)
}

// item reads one span or record. A defect that it brings to light costs that, and no other.
func (in *intake) item(ctx context.Context, read func() int) {
	outcome := other
	if !in.watch.guard.Do(ctx, func() { outcome = read() }) {
		in.details = invariant.Scratch{}
		in.nCalls, in.nStmts = 0, 0
	}
	in.counts[outcome]++
}

// resource is told whose spans or records come next.
func (in *intake) resource(service string) {
	in.service = service
	if in.watch.rows != nil {
		in.windows = in.watch.rows.tracker.Service(service)
	}
}

func (in *intake) span(span ptrace.Span) int {
	w := in.watch
	switch w.settings.calls.Span(span, &in.scratch[in.nCalls], &in.calls[in.nCalls], &in.statements[in.nStmts]) {
	case apicall.APICall:
		return in.server(span)
	case apicall.DBStatement:
		return in.database(span)
	case apicall.None, apicall.Malformed:
	}
	switch {
	case w.tree == nil:
		return other
	case apicall.IsHTTPClient(span):
		return kept(w.tree.AddClient(place(span), in.now), other)
	}
	return kept(w.tree.AddOther(place(span), in.now), other)
}

// server takes in a call. One that is ignored still is beneath those that are not.
func (in *intake) server(span ptrace.Span) int {
	w, call := in.watch, &in.calls[in.nCalls]
	outcome, ignored := taken, w.settings.ignore.Has(call)
	if ignored {
		outcome = ignoredCall
	}
	if w.tree != nil {
		whole := w.settings.details.Whole(in.service, call, span.Attributes(), &in.details).Keep()
		n := &node{call: whole}
		outcome = kept(w.tree.AddCall(place(span), n, !ignored, whole.Bytes()+int(unsafe.Sizeof(*n)), in.now), outcome)
	}
	if !ignored {
		in.count()
	}
	return outcome
}

// count leaves the call that was read last in the lot, for its window.
func (in *intake) count() {
	if in.windows == nil || in.repeated {
		return
	}
	if in.nCalls++; in.nCalls == lot {
		in.flush()
	}
}

func (in *intake) database(span ptrace.Span) int {
	w, st := in.watch, &in.statements[in.nStmts]
	outcome := statement
	if w.tree != nil {
		outcome = in.beneath(span, st)
	}
	if in.windows != nil && !in.repeated {
		if in.nStmts++; in.nStmts == lot {
			in.flush()
		}
	}
	return outcome
}

// beneath takes in a statement. One that says nothing about rows is a link between others, as any span.
func (in *intake) beneath(span ptrace.Span, st *apicall.Statement) int {
	w := in.watch
	w.settings.calls.StatementText(span, st)
	if read := w.settings.details.Statement(st, span.Attributes()); read != nil {
		return kept(w.tree.AddStatement(place(span), read, read.Bytes(), in.now), statement)
	}
	return kept(w.tree.AddOther(place(span), in.now), statement)
}

// record reads a record of an access log, which is a trace of its own.
func (in *intake) record(record plog.LogRecord) int {
	w, call := in.watch, &in.calls[in.nCalls]
	switch w.settings.calls.LogRecord(record, &in.scratch[in.nCalls], call) {
	case apicall.APICall:
	case apicall.Malformed:
		return malformed
	case apicall.None, apicall.DBStatement:
		return other
	}
	if w.settings.ignore.Has(call) {
		return ignoredCall
	}
	if w.order != nil {
		w.order.record(w.settings.details.WholeLogRecord(in.service, call, record, &in.details).Keep(), in.now, in.wall)
	}
	in.count()
	return taken
}

// flush hands what has been read to the windows of its service.
func (in *intake) flush() {
	if in.nCalls > 0 {
		in.watch.rows.dropped(in.windows.Add(in.calls[:in.nCalls], in.wall).Dropped)
		clear(in.calls[:in.nCalls])
		in.nCalls = 0
	}
	if in.nStmts > 0 {
		in.watch.rows.dropped(in.windows.AddStatements(in.statements[:in.nStmts], in.wall).Dropped)
		clear(in.statements[:in.nStmts])
		in.nStmts = 0
	}
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
	case calltree.Duplicate, calltree.Late:
		return duplicate
	case calltree.Refused:
		return refused
	case calltree.Added:
	}
	return otherwise
}
