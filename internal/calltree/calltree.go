// Package calltree assembles API calls with what happened beneath them - their
// database statements and the calls they made in turn - out of the spans of
// traces, which arrive in any order, split over batches, twice, late or never.
package calltree

import (
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Span is a span's place in its trace.
type Span struct {
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
	Parent  pcommon.SpanID // zero for none
	Start   int64          // event time in ns; for the order of statements and calls only
}

// Outcome is what became of a span that was added.
type Outcome uint8

// The outcomes.
const (
	Added     Outcome = iota // kept
	Duplicate                // a span with this id is there already
	Late                     // a call that was handed over before
	Refused                  // no room in its trace, or an id of zero
)

func (o Outcome) String() string {
	switch o {
	case Added:
		return "added"
	case Duplicate:
		return "duplicate"
	case Late:
		return "late"
	case Refused:
		return "refused"
	}
	return "unknown"
}

// Settled is a call with what happened beneath it. It and its lists are valid
// until the function that it was handed to returns; the same call may be handed
// out again as a child of another, so what C and S point to is not to be changed.
type Settled[C, S any] struct {
	Span Span
	Call C
	// Statements are those whose nearest server ancestor is this call, Calls the
	// server spans of which that holds; both by start, then span id.
	Statements []S
	Calls      []C
	// StatementsOpen and CallsOpen tell that there may be more than these: none was
	// seen, or some are known to be lost, which StatementsLost and CallsLost tell. Calls
	// are open also when a span of AddClient, whose nearest server ancestor is this call,
	// has no server span as its child. That alone does not make them lost: nobody may
	// send spans there.
	StatementsOpen, CallsOpen bool
	StatementsLost, CallsLost bool
}

// Stats tell what is kept now, and what did not go as it should so far.
type Stats struct {
	Traces, Spans int64 // now
	Bytes         int64 // now, with what is held in reserve; at most MaxBytes

	// EvictedCalls are calls that were never handed over: their trace had to make room, or had
	// none for them, or they have an id of zero. One that is refused again counts again.
	EvictedCalls int64
	RefusedSpans int64 // spans that a cap kept out or pushed out of their trace, or with an id of zero
	Orphans      int64 // statements let go without a server span above them
	Late         int64 // calls that came again after they were handed over
	Duplicates   int64 // spans whose id was there already, also where the newcomer won
}

// Assembler keeps the spans of traces until their calls are handed over. Its Add
// methods and Stats are safe for concurrent use; Settled and Flush may run beside
// them, but only one at a time.
type Assembler[C, S any] struct {
	settings Settings
	seed     maphash.Seed
	shards   []*shard[C, S]
	batch    batch[C, S]
}

const (
	mostShards      = 16
	shardTraces     = 64        // fewer traces or bytes than this are
	shardBytes      = 4 << 20   // not worth a shard of their own
	mostPayload     = 1<<31 - 1 // what a caller may say that one span refers to
	spansAtOnce     = 512       // looked at before what was found is handed over
	spareBatchItems = 4096      // a list for more than this is not kept
)

// New returns an assembler, or tells which setting is out of its range.
func New[C, S any](s Settings) (*Assembler[C, S], error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	shards := mostShards
	for shards > 1 && (s.MaxTraces/shards < shardTraces || s.MaxBytes/int64(shards) < shardBytes) {
		shards /= 2
	}
	a := &Assembler[C, S]{settings: s, seed: maphash.MakeSeed()}
	for range shards {
		a.shards = append(a.shards, newShard[C, S](&a.settings, shards))
	}
	return a, nil
}

// AddCall adds a server span. Without judge it is never handed over, but bounds
// what belongs to the calls above it and is one of their child calls. The bytes
// are what the call refers to besides its own size; now is the wall clock in ns.
func (a *Assembler[C, S]) AddCall(span Span, c C, judge bool, bytes int, now int64) Outcome {
	sh, hash := a.shard(span.TraceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.addCall(&span, hash, c, judge, payload(bytes), now)
}

// AddStatement adds the span of a database statement, bytes and now being as in AddCall.
func (a *Assembler[C, S]) AddStatement(span Span, st S, bytes int, now int64) Outcome {
	sh, hash := a.shard(span.TraceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.addStatement(&span, hash, st, payload(bytes), now)
}

// AddOther adds any other span, which may link those below it to a call.
func (a *Assembler[C, S]) AddOther(span Span, now int64) Outcome {
	sh, hash := a.shard(span.TraceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.addLink(&span, hash, other, now)
}

// AddClient adds the span of a call that was made over the network and is expected
// to be answered: while no server span is its child, the call that made it may have
// made more child calls than were seen. It is a link as any other span, too; of two
// with one id, a server span or a statement wins over it, and it wins over others.
func (a *Assembler[C, S]) AddClient(span Span, now int64) Outcome {
	sh, hash := a.shard(span.TraceID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.addLink(&span, hash, client, now)
}

func (a *Assembler[C, S]) shard(id pcommon.TraceID) (sh *shard[C, S], hash uint64) {
	hash = maphash.Bytes(a.seed, id[:])
	return a.shards[hash%uint64(len(a.shards))], hash
}

func payload(bytes int) int32 { return int32(min(max(int64(bytes), 0), mostPayload)) }

// Settled hands over the calls that arrived Settle ago and lets go of what nobody
// needs any more. Call it every Settle/20 or so. No lock is held while each runs.
func (a *Assembler[C, S]) Settled(now int64, each func(*Settled[C, S])) {
	for _, sh := range a.shards {
		for more := true; more; {
			more = sh.settleLocked(now, &a.batch)
			a.batch.deliver(each)
		}
	}
}

// Flush hands over all calls that were not handed over yet and lets everything go
// but the memory of what was handed over.
func (a *Assembler[C, S]) Flush(each func(*Settled[C, S])) {
	for _, sh := range a.shards {
		for more := true; more; {
			more = sh.flush(&a.batch)
			a.batch.deliver(each)
		}
	}
}

// Stats of now.
func (a *Assembler[C, S]) Stats() Stats {
	var sum Stats
	for _, sh := range a.shards {
		sum.add(sh.now())
	}
	return sum
}

func (s *Stats) add(o Stats) {
	s.Traces += o.Traces
	s.Spans += o.Spans
	s.Bytes += o.Bytes
	s.EvictedCalls += o.EvictedCalls
	s.RefusedSpans += o.RefusedSpans
	s.Orphans += o.Orphans
	s.Late += o.Late
	s.Duplicates += o.Duplicates
}
