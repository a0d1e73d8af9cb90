// Package timeline goes through the calls of many traces by their start, however these overlap, and lets each see what the
// calls before it showed.
//
// What a trace shows is a transaction: its own calls see it at once, others when the trace has ended, unless a call of it
// broke a rule. Then all of it is discarded, and nobody ever sees it.
package timeline

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
)

// Work is what is done about each call, which C stands for.
type Work[C any] struct {
	// Call returns the call itself. Its times must not change while it is on the line.
	Call func(C) *invariant.Call
	// Before tells which of two calls of a trace comes first that begin at the same time; nil is the one that was added
	// first.
	Before func(a, b C) bool
	// Judge judges a call by what is known at its start, and tells whether it broke a rule. What is known is nil without a
	// store.
	Judge func(c C, known *reference.Transaction) (violated bool, err error)
	// Feed takes down what a call shows. It is not called for a call that broke a rule, nor for those behind it in its
	// trace, nor without a store.
	Feed func(c C, into *reference.Transaction)
}

// Line is where calls wait for their turn. It belongs to one goroutine.
type Line[C any] struct {
	work   Work[C]
	store  *reference.Store // nil: nothing is kept
	events heap[C]
	traces map[pcommon.TraceID]*trace
	spare  []*trace
	added  uint64 // calls so far
	stats  Stats
	begun  bool
	at     int64
}

// trace is one that goes on.
type trace struct {
	id          pcommon.TraceID
	transaction *reference.Transaction // nil before its first turn, and without a store
	caller      string                 // whom the first call names that names one, before its first turn
	calledAt    int64                  // start of that call
	calls       int                    // that wait
	bytes       int64                  // of all calls
	end         int64                  // of the last call
	ending      bool                   // its end is among the events
	violated    bool                   // by one of its calls: what they show is not believed
	late        bool
}

// Stats tell what is on the line now, and what was there so far.
type Stats struct {
	Traces, Calls int   // that go on; that wait for their turn
	Bytes         int64 // of the calls of traces that go on, as told
	Late          int64 // traces of which a call came when later ones had had their turn
	Quarantined   int64 // traces that showed nothing, since a call of them broke a rule
}

const spareTraces = 1 << 10

// New returns an empty line. What calls show goes to the store; without one, calls only are judged in their order.
func New[C any](store *reference.Store, w Work[C]) *Line[C] {
	l := &Line[C]{work: w, store: store, traces: make(map[pcommon.TraceID]*trace)}
	l.events.before = w.Before
	return l
}

// Stats of now.
func (l *Line[C]) Stats() Stats {
	s := l.stats
	s.Traces = len(l.traces)
	return s
}

// At is the latest start of the calls that had their turn; ok is false before the first one.
func (l *Line[C]) At() (start int64, ok bool) { return l.at, l.begun }

// Add lets a call wait for its turn. A trace to which calls are added before it has ended goes on. The bytes are what the
// call refers to; they count until its trace has ended.
func (l *Line[C]) Add(c C, bytes int) {
	call := l.work.Call(c)
	t := l.traces[call.TraceID]
	if t == nil {
		t = l.begin(call)
	}
	if t.transaction == nil && (t.caller == "" || call.Start < t.calledAt) {
		if caller := call.Caller(); caller != "" {
			t.caller, t.calledAt = caller, call.Start
		}
	}
	if !t.late && l.begun && call.Start < l.at {
		t.late = true
		l.stats.Late++
	}
	t.calls++
	t.bytes += int64(bytes)
	l.stats.Bytes += int64(bytes)
	t.end = max(t.end, call.End)
	l.added++
	l.stats.Calls++
	l.events.push(event[C]{at: call.Start, trace: t, call: c, turn: l.added})
}

func (l *Line[C]) begin(call *invariant.Call) *trace {
	t := new(trace)
	if n := len(l.spare); n > 0 {
		t, l.spare = l.spare[n-1], l.spare[:n-1]
	}
	*t = trace{id: call.TraceID, end: call.End}
	l.traces[t.id] = t
	return t
}

// Until gives all calls their turn that begin before that time, and ends the traces that have ended by then. Calls that were
// added too late for their place have theirs at once.
func (l *Line[C]) Until(start int64) error {
	for len(l.events.list) > 0 {
		if next := &l.events.list[0]; next.at > start || next.at == start && !next.ends {
			break
		}
		if err := l.Step(); err != nil {
			return err
		}
	}
	return nil
}

// Rest does all that is left to do.
func (l *Line[C]) Rest() error {
	for len(l.events.list) > 0 {
		if err := l.Step(); err != nil {
			return err
		}
	}
	return nil
}

// Step does what comes next: a call has its turn, or a trace ends.
func (l *Line[C]) Step() error {
	if len(l.events.list) == 0 {
		return nil
	}
	next := l.events.pop()
	t := next.trace
	if !next.ends {
		return l.turn(t, next.call, next.at)
	}
	t.ending = false
	switch {
	case t.calls > 0: // more was added
	case t.end > next.at:
		l.ends(t)
	default:
		l.end(t)
	}
	return nil
}

// ends puts the end of a trace among the events.
func (l *Line[C]) ends(t *trace) {
	if !t.ending {
		t.ending = true
		l.events.push(event[C]{at: t.end, ends: true, trace: t})
	}
}

// turn judges a call, and takes down what it shows.
func (l *Line[C]) turn(t *trace, c C, start int64) error {
	if l.store != nil && t.transaction == nil {
		t.transaction = l.store.Begin(start, t.caller)
	}
	if !l.begun || start > l.at {
		l.begun, l.at = true, start
	}
	t.calls--
	l.stats.Calls--
	if t.calls == 0 {
		l.ends(t)
	}
	violated, err := l.work.Judge(c, t.transaction)
	if err != nil {
		return err
	}
	t.violated = t.violated || violated
	if t.transaction != nil && !t.violated {
		l.work.Feed(c, t.transaction)
	}
	return nil
}

// end makes what the trace showed known to others, unless a call of it broke a rule.
func (l *Line[C]) end(t *trace) {
	delete(l.traces, t.id)
	l.stats.Bytes -= t.bytes
	transaction := t.transaction
	switch {
	case transaction == nil:
	case t.violated:
		l.stats.Quarantined++
		transaction.Discard()
	default:
		transaction.Commit()
	}
	if len(l.spare) < spareTraces {
		*t = trace{}
		l.spare = append(l.spare, t)
	}
}
