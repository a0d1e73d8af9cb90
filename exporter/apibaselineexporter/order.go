package apibaselineexporter

import (
	"bytes"
	"cmp"
	"container/heap"
	"container/list"
	"slices"
	"sync"
	"time"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// orderSettings are how long traces wait for each other, and how many of them.
type orderSettings struct {
	settle int64 // ns
	traces int
	bytes  int64
}

// order is where traces wait once their calls have settled: for the rest of them, and for those that began before. It is
// safe for concurrent use.
type order struct {
	settings orderSettings

	mu       sync.Mutex
	tracing  map[pcommon.TraceID]*waiting // those that may still get more calls
	byStart  byStart
	arrivals list.List // of *waiting, by arrival
	bytes    int64

	number int64 // of the latest arrival

	latest int64 // start of the latest trace that was handed over
	behind int   // traces in a row that began before that
	counts *callCounts
}

// waiting is a trace that waits.
type waiting struct {
	id      pcommon.TraceID // zero for a record of a log
	calls   []observed
	start   int64 // ns since the epoch
	arrived int64 // by the clock
	number  int64
	bytes   int64
	at      int           // in byStart
	arrival *list.Element // in arrivals
}

// node is a call with the nearest server span above it, as far as that is known.
type node struct {
	call  *invariant.Call
	above *node
}

type settledCall = calltree.Settled[*node, *invariant.Statement]

// observed is an observation that still has to find its place in the trace.
type observed struct {
	replay.Observation
	node  *node
	depth int
}

const (
	ahead = int64(time.Minute) // a call that ends so much later than now is from the future
	// newTime is how many traces in a row must come too late to show that it was the clock before them that was wrong, or
	// that something older is being played.
	newTime = 100

	waitingBytes  = int64(unsafe.Sizeof(waiting{}) + unsafe.Sizeof(list.Element{}) + 64) // with its place in the map
	observedBytes = int64(unsafe.Sizeof(observed{}) + unsafe.Sizeof(node{}))
	pointerBytes  = 8
)

func newOrder(s orderSettings, counts *callCounts) *order {
	return &order{settings: s, tracing: make(map[pcommon.TraceID]*waiting), counts: counts}
}

// settled takes in a call with what is beneath it, which it copies; the times are in ns, that of arrivals and that of
// events. A cut call was not there, or did not wait, for all that is beneath it.
func (o *order) settled(s *settledCall, now, wall int64, cut bool) {
	size := observedBytes + int64(s.Call.call.Bytes()) + pointerBytes*int64(len(s.Statements)+len(s.Calls))
	for _, st := range s.Statements {
		size += int64(st.Bytes())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, child := range s.Calls {
		child.above = s.Call
	}
	w := o.room(s.Span.TraceID, s.Call.call, size, now, wall)
	if w == nil {
		return
	}
	around := invariant.Surroundings{
		Statements: slices.Clone(s.Statements), StatementsOpen: s.StatementsOpen, CallsOpen: s.CallsOpen,
		StatementsLost: s.StatementsLost || cut, CallsLost: s.CallsLost || cut,
	}
	if len(s.Calls) > 0 {
		around.Calls = make([]*invariant.Call, len(s.Calls))
		for i, child := range s.Calls {
			around.Calls[i] = child.call
		}
	}
	w.calls = append(w.calls, observed{Observation: replay.Observation{Call: s.Call.call, Around: around}, node: s.Call})
}

// record takes in a call out of a log, which is a trace of its own.
func (o *order) record(call *invariant.Call, now, wall int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.room(pcommon.TraceID{}, call, observedBytes+int64(call.Bytes()), now, wall)
	if w == nil {
		return
	}
	of := replay.Observation{Call: call, Around: invariant.Surroundings{Untraced: true}}
	w.calls = append(w.calls, observed{Observation: of, node: &node{call: call}})
}

// room finds the trace of a call, which may be a new one; nil if the call cannot be taken in.
func (o *order) room(id pcommon.TraceID, call *invariant.Call, size, now, wall int64) *waiting {
	start := call.Start
	if call.End > wall+ahead {
		o.counts[futureCall].Add(1)
		return nil
	}
	w := o.tracing[id]
	if w == nil {
		size += waitingBytes
	}
	if o.bytes+size > o.settings.bytes || w == nil && len(o.byStart) >= o.settings.traces {
		o.counts[droppedCall].Add(1)
		return nil
	}
	o.bytes += size
	if w == nil {
		o.number++
		w = &waiting{id: id, start: start, arrived: now, number: o.number, bytes: size}
		w.arrival = o.arrivals.PushBack(w)
		heap.Push(&o.byStart, w)
		if !id.IsEmpty() {
			o.tracing[id] = w
		}
		return w
	}
	w.bytes += size
	if start < w.start {
		w.start = start
		heap.Fix(&o.byStart, w.at)
	}
	return w
}

// next returns the trace whose turn it is, nil if none has waited long enough.
func (o *order) next(now int64) *replay.Trace {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.byStart) > 0 {
		w := o.byStart[0]
		if w.start < o.latest && !o.goesBack(w) {
			continue
		}
		if now-w.arrived < o.settings.settle {
			// Whoever keeps on sending what began earlier holds up nobody for longer than this.
			oldest := o.arrivals.Front().Value.(*waiting)
			if now-oldest.arrived < 2*o.settings.settle {
				return nil
			}
			if oldest != w { // out of its turn, as one whose clock is fast: the time of the others goes on as it was
				latest := o.latest
				t := o.handOver(oldest)
				o.latest = latest
				return t
			}
		}
		return o.handOver(w)
	}
	return nil
}

// any returns the next trace, whether or not it has waited.
func (o *order) any() *replay.Trace {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.byStart) > 0 {
		if w := o.byStart[0]; w.start >= o.latest || o.goesBack(w) {
			return o.handOver(w)
		}
	}
	return nil
}

// goesBack decides on a trace that comes too late: it is left out, unless so many came that time has to go back.
func (o *order) goesBack(w *waiting) bool {
	if o.behind++; o.behind >= newTime {
		o.latest, o.behind = w.start, 0
		return true
	}
	o.counts[lateCall].Add(int64(len(w.calls)))
	o.remove(w)
	return false
}

func (o *order) remove(w *waiting) {
	heap.Remove(&o.byStart, w.at)
	o.arrivals.Remove(w.arrival)
	o.bytes -= w.bytes
	if o.tracing[w.id] == w {
		delete(o.tracing, w.id)
	}
}

func (o *order) handOver(w *waiting) *replay.Trace {
	o.remove(w)
	o.latest, o.behind = w.start, 0
	return w.trace()
}

// trace puts the calls into their order: by start, parents before their children, then span id.
func (w *waiting) trace() *replay.Trace {
	for i := range w.calls {
		c := &w.calls[i]
		c.depth = c.node.depth()
		c.Root = c.depth == 0
	}
	slices.SortFunc(w.calls, func(a, b observed) int {
		return cmp.Or(cmp.Compare(a.Call.Start, b.Call.Start), cmp.Compare(a.depth, b.depth),
			bytes.Compare(a.Call.SpanID[:], b.Call.SpanID[:]))
	})
	t := &replay.Trace{Calls: make([]replay.Observation, len(w.calls))}
	for i := range w.calls {
		t.Calls[i] = w.calls[i].Observation
	}
	return t
}

// deepest is as deep as a call can be: whoever writes the spans may put them in a circle.
const deepest = 256

// depth is how many server spans are above the call.
func (n *node) depth() (d int) {
	for above := n.above; above != nil && d < deepest; above = above.above {
		d++
	}
	return d
}

// waits is how many traces wait, and in how many bytes.
func (o *order) waits() (traces, size int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return int64(len(o.byStart)), o.bytes
}

// byStart is a [heap.Interface], the earliest trace first; of those that began at once, that with the lesser id,
// then the one that came first.
type byStart []*waiting

// Len is part of [heap.Interface].
func (h byStart) Len() int { return len(h) }

// Less is part of [heap.Interface].
func (h byStart) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].start, h[j].start), bytes.Compare(h[i].id[:], h[j].id[:]), cmp.Compare(h[i].number, h[j].number)) < 0
}

// Swap is part of [heap.Interface].
func (h byStart) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push is part of [heap.Interface].
func (h *byStart) Push(x any) {
	w := x.(*waiting)
	w.at = len(*h)
	*h = append(*h, w)
}

// Pop is part of [heap.Interface].
func (h *byStart) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return w
}
