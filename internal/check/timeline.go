package check

import (
	"bytes"
	"cmp"
	"container/heap"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// timeline goes through the calls of all traces by their start, however these overlap, and ends each trace when its last
// call has ended. What a trace showed is known to others from then on.
type timeline struct {
	open  byNext
	store *reference.Store // nil where no rule looks at earlier calls

	judge func(*running, *replay.Observation) error
	feed  func(*replay.Observation, *reference.Transaction)
}

// running is a trace that goes on.
type running struct {
	trace *replay.Trace
	next  int   // call
	end   int64 // of the last call
	// transaction is what its calls show; nil without a store.
	transaction *reference.Transaction
	violated    bool // by one of its calls: what they show is not believed
}

// add begins a trace when all that came before it has been done. Traces are to be added by their start.
func (l *timeline) add(t *replay.Trace) error {
	if err := l.until(t.Start()); err != nil {
		return err
	}
	r := &running{trace: t, end: t.End()}
	if l.store != nil {
		r.transaction = l.store.Begin(t.Start(), callerOf(t))
	}
	heap.Push(&l.open, r)
	return nil
}

// callerOf is whoever is named first among the callers of a trace.
func callerOf(t *replay.Trace) string {
	for i := range t.Calls {
		if caller := t.Calls[i].Call.Caller(); caller != "" {
			return caller
		}
	}
	return ""
}

// rest does all that is left to do.
func (l *timeline) rest() error {
	for len(l.open) > 0 {
		if err := l.step(); err != nil {
			return err
		}
	}
	return nil
}

// until does what comes before calls that begin at that time: the calls before it, and the ends at it.
func (l *timeline) until(start int64) error {
	for len(l.open) > 0 && (l.open[0].at() < start || l.open[0].at() == start && l.open[0].ends()) {
		if err := l.step(); err != nil {
			return err
		}
	}
	return nil
}

// step judges the next call, or ends a trace.
func (l *timeline) step() error {
	r := l.open[0]
	if r.ends() {
		heap.Pop(&l.open)
		r.finish()
		return nil
	}
	o := &r.trace.Calls[r.next]
	if err := l.judge(r, o); err != nil {
		return err
	}
	if r.transaction != nil && !r.violated {
		l.feed(o, r.transaction)
	}
	r.next++
	heap.Fix(&l.open, 0)
	return nil
}

// finish makes what the trace showed known to others, unless a call of it broke a rule.
func (r *running) finish() {
	switch {
	case r.transaction == nil:
	case r.violated:
		r.transaction.Discard()
	default:
		r.transaction.Commit()
	}
}

func (r *running) ends() bool { return r.next == len(r.trace.Calls) }

// at is when the next thing happens: a call begins, or the trace ends.
func (r *running) at() int64 {
	if r.ends() {
		return r.end
	}
	return r.trace.Calls[r.next].Call.Start
}

// call is the next one, the last one if the trace ends.
func (r *running) call() *invariant.Call {
	return r.trace.Calls[min(r.next, len(r.trace.Calls)-1)].Call
}

// byNext is a [heap.Interface] by what happens next: at the same time ends before calls, then the trace id.
type byNext []*running

func (h byNext) Len() int      { return len(h) }
func (h byNext) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h byNext) Less(i, j int) bool {
	a, b := h[i], h[j]
	if c := cmp.Compare(a.at(), b.at()); c != 0 {
		return c < 0
	}
	if a.ends() != b.ends() {
		return a.ends()
	}
	one, other := a.call(), b.call()
	return bytes.Compare(one.TraceID[:], other.TraceID[:]) < 0
}

// Push is part of [heap.Interface].
func (h *byNext) Push(x any) { *h = append(*h, x.(*running)) }

// Pop is part of [heap.Interface].
func (h *byNext) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	return last
}
