package apitrafficprocessor

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// lot is how many calls are handed to a service at once: its lock is taken once
// a lot, and never while attributes are read.
const lot = 32

// intake is what reading a batch needs; it is pooled, so reading allocates
// nothing.
type intake struct {
	calls      [lot]apicall.Call
	scratch    [lot]apicall.Scratch
	statements [lot]apicall.Statement
	nCalls     int
	nStmts     int
	counts     counts
}

// counts are the items of a batch by what became of them.
type counts [outcomes]int64

var intakes = sync.Pool{New: func() any { return new(intake) }}

func (w *watch) readTraces(ctx context.Context, td ptrace.Traces) {
	in := intakes.Get().(*intake)
	now := w.now().UnixNano()
	for _, rs := range td.ResourceSpans().All() {
		var service *traffic.Service
		for _, ss := range rs.ScopeSpans().All() {
			spans := ss.Spans()
			if anomaly.Ours(ss.Scope().Name()) {
				in.counts[own] += int64(spans.Len())
				continue
			}
			if w.seen.Seen(spans) {
				in.counts[duplicate] += int64(spans.Len())
				continue
			}
			if service == nil {
				service = w.tracker.Service(apicall.ServiceName(rs.Resource()))
			}
			for i := range spans.Len() {
				w.readSpan(in, service, spans.At(i), now)
			}
		}
		if service != nil {
			in.flush(service, now)
		}
	}
	w.count(ctx, in)
}

func (w *watch) readSpan(in *intake, service *traffic.Service, span ptrace.Span, now int64) {
	call := &in.calls[in.nCalls]
	switch w.reader.Span(span, &in.scratch[in.nCalls], call, &in.statements[in.nStmts]) {
	case apicall.APICall:
		if w.ignore.Has(call) {
			in.counts[ignoredCall]++
			return
		}
		in.nCalls++
	case apicall.DBStatement:
		in.counts[statement]++
		in.nStmts++
	default:
		in.counts[other]++
	}
	if in.nCalls == lot || in.nStmts == lot {
		in.flush(service, now)
	}
}

func (w *watch) readLogs(ctx context.Context, ld plog.Logs) {
	in := intakes.Get().(*intake)
	now := w.now().UnixNano()
	for _, rl := range ld.ResourceLogs().All() {
		var service *traffic.Service
		for _, sl := range rl.ScopeLogs().All() {
			records := sl.LogRecords()
			if anomaly.Ours(sl.Scope().Name()) {
				in.counts[own] += int64(records.Len())
				continue
			}
			if service == nil {
				service = w.tracker.Service(apicall.ServiceName(rl.Resource()))
			}
			for i := range records.Len() {
				w.readRecord(in, service, records.At(i), now)
			}
		}
		if service != nil {
			in.flush(service, now)
		}
	}
	w.count(ctx, in)
}

func (w *watch) readRecord(in *intake, service *traffic.Service, record plog.LogRecord, now int64) {
	call := &in.calls[in.nCalls]
	switch w.reader.LogRecord(record, &in.scratch[in.nCalls], call) {
	case apicall.APICall:
		if w.ignore.Has(call) {
			in.counts[ignoredCall]++
			return
		}
		in.nCalls++
	case apicall.Malformed:
		in.counts[malformed]++
	default:
		in.counts[other]++
	}
	if in.nCalls == lot {
		in.flush(service, now)
	}
}

// flush hands what has been read to the service.
func (in *intake) flush(service *traffic.Service, now int64) {
	if in.nCalls > 0 {
		added := service.Add(in.calls[:in.nCalls], now)
		in.counts[counted] += int64(added.Counted)
		in.counts[late] += int64(added.Late)
		in.counts[future] += int64(added.Future)
		in.counts[droppedWindow] += int64(added.Dropped)
		clear(in.calls[:in.nCalls]) // do not hold on to the batch
		in.nCalls = 0
	}
	if in.nStmts > 0 {
		added := service.AddStatements(in.statements[:in.nStmts], now)
		in.counts[droppedWindow] += int64(added.Dropped)
		clear(in.statements[:in.nStmts])
		in.nStmts = 0
	}
}

// count reports what became of the batch's items and gives the intake back.
func (w *watch) count(ctx context.Context, in *intake) {
	w.report.items(ctx, &in.counts)
	in.counts = counts{}
	intakes.Put(in)
}
