package calltree

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/recent"
)

// shard keeps a part of the traces.
type shard[C, S any] struct {
	settings *Settings
	most     struct{ traces, traceBytes, bytes int64 } // this shard's share
	step     int64                                     // by how much a trace may grow for a span, without what that refers to

	mu     sync.Mutex
	clock  clock
	traces map[pcommon.TraceID]*trace[C, S]
	latest *trace[C, S] // spans of one trace often come one after the other
	// arrivals holds the traces by their last arrival, roughly, oldest first.
	arrivals  knot[trace[C, S]]
	wheel     wheel[C, S]
	judged    recent.Memory // calls handed over
	forgotten recent.Memory // traces of which something was lost that a later call could miss
	stats     Stats         // its Bytes are those of traces

	// In reserve.
	spareTraces     stock[trace[C, S]]
	spareSpans      stock[[pieceRows]record]
	spareCalls      stock[[pieceRows]callRow[C]]
	spareStatements stock[[pieceRows]statementRow[S]]
	spareIndexes    stock[smallIndex]

	// Scratch, as long as the largest trace.
	path   []int32
	keep   []bool
	worths []worth
	shares []shares
}

func newShard[C, S any](s *Settings, shards int) *shard[C, S] {
	sh := &shard[C, S]{
		settings:  s,
		clock:     clock{leap: int64(s.Settle)},
		traces:    make(map[pcommon.TraceID]*trace[C, S]),
		judged:    recent.NewMemory((s.Tombstones + shards - 1) / shards),
		forgotten: recent.NewMemory((s.Tombstones/2 + shards - 1) / shards),
	}
	sh.most.traces = int64(s.MaxTraces / shards)
	sh.most.bytes = s.MaxBytes / int64(shards)
	sh.most.traceBytes = sh.most.bytes / 4
	sh.step = sizeOf[[pieceRows]record]() + max(sizeOf[[pieceRows]callRow[C]](), sizeOf[[pieceRows]statementRow[S]]())
	sh.arrivals.begin()
	sh.wheel.begin(int64(max(s.Settle/32, time.Microsecond)))
	return sh
}

// Marks of a forgotten trace.
const (
	lostCalls      = 0
	lostStatements = 1 // and calls
)

// look returns the trace, or nil.
func (sh *shard[C, S]) look(id pcommon.TraceID) *trace[C, S] {
	if sh.latest == nil || sh.latest.id != id {
		sh.latest = sh.traces[id]
	}
	return sh.latest
}

// open returns the trace, which may be a new one.
func (sh *shard[C, S]) open(id pcommon.TraceID, hash uint64, now int64) *trace[C, S] {
	if t := sh.look(id); t != nil {
		return t
	}
	if int64(len(sh.traces)) >= sh.most.traces {
		sh.evict(sh.arrivals.next.of, now)
	}
	t := sh.spareTraces.take()
	t.id, t.hash, t.last = id, hash, now
	t.touched, t.cleaned, t.grownAt = now, now, now
	t.cleanFrom = cleanAtLeast
	t.arrival.of, t.wheel.of = t, t
	t.arrival.tie(&sh.arrivals)
	sh.traces[id], sh.latest = t, t
	switch {
	case sh.forgotten.Has(hash&^1 | lostStatements):
		t.loses(now, sh.settings)
	case sh.forgotten.Has(hash&^1 | lostCalls):
		t.callLoss.add(0, now, int64(sh.settings.MaxWait))
	}
	return t
}

// loses notes that spans were lost that may have been anybody's.
func (t *trace[C, S]) loses(now int64, s *Settings) {
	t.statementLoss.add(0, now, int64(s.MaxWait))
	t.callLoss.add(0, now, int64(s.MaxWait))
}

// place finds room for a span in the trace: for one that is there already with a
// lower kind, in its place. The place has no row yet.
func (sh *shard[C, S]) place(t *trace[C, S], span *Span, k kind, judge bool, bytes, now int64) (int32, Outcome) {
	id := number(span.SpanID)
	at := t.find(id)
	if at != none {
		sh.stats.Duplicates++
		if t.spans.at(at).kind >= k {
			return none, Duplicate
		}
	}
	if !sh.fits(t, at == none, bytes) {
		if !sh.makeRoom(t, at == none, record{parent: number(span.Parent), kind: k}, judge, bytes, now) {
			sh.stats.RefusedSpans++
			t.loses(now, sh.settings)
			return none, Refused
		}
		at = t.find(id) // it may have been moved, or let go
	}
	t.resolved, t.last = false, now
	if at == none {
		at = t.spans.len
		t.spans.add(&sh.spareSpans).id = id
		t.enter(at, &sh.spareIndexes)
	}
	r := t.spans.at(at)
	if r.kind == statement {
		sh.dropStatement(t, int(r.row))
	}
	r.parent, r.kind, r.row = number(span.Parent), k, none
	return int32(at), Added
}

// dropStatement takes the row of a statement out of the trace.
func (sh *shard[C, S]) dropStatement(t *trace[C, S], row int) {
	t.payload -= int64(t.statements.at(row).bytes)
	last := t.statements.len - 1
	if row != last {
		*t.statements.at(row) = *t.statements.at(last)
		t.spans.at(int(t.statements.at(row).span)).row = int32(row)
	}
	t.statements.cut(last, &sh.spareStatements)
}

// done brings the sums, the order and the wheel up to date after a span. The
// outcome becomes Refused if the trace itself had to go.
func (sh *shard[C, S]) done(t *trace[C, S], outcome Outcome, now int64) Outcome {
	if t.spans.len == 0 {
		sh.forget(t, now)
		return outcome
	}
	sh.account(t)
	if outcome != Added {
		return outcome
	}
	if now-t.touched > sh.wheel.tick {
		t.touched = now
		t.arrival.untie()
		t.arrival.tie(&sh.arrivals)
	}
	sh.wheel.place(t, t.due(sh.settings))
	return sh.keepWithin(t, now)
}

// keepWithin lets go of the reserve and then of the oldest traces until the rest
// is within the shard's share; of the given one last, which is then refused.
func (sh *shard[C, S]) keepWithin(t *trace[C, S], now int64) Outcome {
	for {
		over := sh.stats.Bytes + sh.reserve() - sh.most.bytes
		if over <= 0 {
			return Added
		}
		if sh.release(over) {
			continue
		}
		oldest := sh.arrivals.next.of
		if oldest == t && len(sh.traces) > 1 {
			oldest = t.arrival.next.of
		}
		sh.evict(oldest, now)
		if oldest == t {
			sh.stats.RefusedSpans++
			return Refused
		}
	}
}

// account brings the sums up to date.
func (sh *shard[C, S]) account(t *trace[C, S]) {
	size, spans := t.bytes(), int64(t.spans.len)
	sh.stats.Bytes += size - t.size
	sh.stats.Spans += spans - t.counted
	t.size, t.counted = size, spans
}

// evict lets a trace go before its time.
func (sh *shard[C, S]) evict(t *trace[C, S], now int64) {
	sh.stats.EvictedCalls += int64(t.unjudged)
	t.loses(now, sh.settings)
	sh.forget(t, now)
}

// forget lets a trace go. If later calls of it could miss something, that is
// remembered.
func (sh *shard[C, S]) forget(t *trace[C, S], now int64) {
	t.resolve(&sh.path)
	for i := range t.statements.len {
		sh.countOrphan(t.spans.at(int(t.statements.at(i).span)))
	}
	wait := int64(sh.settings.MaxWait)
	switch {
	case t.statementGaps.any() || t.statementLoss.of.any() && now-t.statementLoss.at <= wait:
		sh.forgotten.Add(t.hash&^1 | lostStatements)
	case t.callGaps.any() || t.callLoss.of.any() && now-t.callLoss.at <= wait:
		sh.forgotten.Add(t.hash&^1 | lostCalls)
	}
	t.spans.cut(0, &sh.spareSpans)
	t.calls.cut(0, &sh.spareCalls)
	t.statements.cut(0, &sh.spareStatements)
	t.reindex(&sh.spareIndexes)
	t.payload = 0
	sh.stats.Bytes -= t.size
	sh.stats.Spans -= t.counted
	delete(sh.traces, t.id)
	sh.latest = nil
	t.arrival.untie()
	t.wheel.untie()
	*t = trace[C, S]{spans: t.spans, calls: t.calls, statements: t.statements}
	sh.spareTraces.put(t)
}

func (sh *shard[C, S]) now() Stats {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := sh.stats
	s.Traces = int64(len(sh.traces))
	s.Bytes += sh.reserve()
	return s
}

// reserve is the bytes of what is kept to be used again.
func (sh *shard[C, S]) reserve() int64 {
	return sh.spareTraces.bytes() + sh.spareSpans.bytes() + sh.spareCalls.bytes() +
		sh.spareStatements.bytes() + sh.spareIndexes.bytes()
}

// release lets so many bytes of that go, or all; false if there are none.
func (sh *shard[C, S]) release(bytes int64) bool {
	before := sh.reserve()
	for _, free := range [...]func(int64) int64{
		sh.spareSpans.free, sh.spareCalls.free, sh.spareStatements.free, sh.spareIndexes.free, sh.spareTraces.free,
	} {
		bytes -= free(bytes)
	}
	return sh.reserve() < before
}

func (sh *shard[C, S]) releaseAll() {
	sh.spareTraces = stock[trace[C, S]]{}
	sh.spareSpans = stock[[pieceRows]record]{}
	sh.spareCalls = stock[[pieceRows]callRow[C]]{}
	sh.spareStatements = stock[[pieceRows]statementRow[S]]{}
	sh.spareIndexes = stock[smallIndex]{}
	sh.path, sh.keep, sh.worths, sh.shares = nil, nil, nil, nil
}

// trim lets go of what nobody has needed for a while.
func (sh *shard[C, S]) trim() {
	sh.spareTraces.trim()
	sh.spareSpans.trim()
	sh.spareCalls.trim()
	sh.spareStatements.trim()
	sh.spareIndexes.trim()
	const fair = 4096
	if cap(sh.path) > fair {
		sh.path = nil
	}
	if cap(sh.keep) > fair {
		sh.keep = nil
	}
	if cap(sh.worths) > fair {
		sh.worths, sh.shares = nil, nil
	}
}
