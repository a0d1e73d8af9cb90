package check

import (
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/timeline"
)

// Walk judges the calls of traces that are handed over one after another, each at its start: stateful rules see what earlier
// calls showed, of their own trace and of traces that had ended when the call began. A trace in which a call breaks a rule
// shows nothing. It belongs to one goroutine.
type Walk struct {
	book     *invariant.Book
	judge    *invariant.Judge
	feeder   *invariant.Feeder
	calls    *timeline.Line[*replay.Observation]
	before   func(*replay.Observation) error
	verdict  func(*replay.Observation, *invariant.Verdict)
	around   invariant.Surroundings
	violated bool // by the call at hand
	observed *replay.Observation
	said     invariant.Verdict // at hand
	taking   func(invariant.Verdict)
}

// NewWalk begins with what is in the store, which may be nil if no rule is stateful. Each call is announced to before, if
// that is not nil, whose error ends the walk, and each verdict handed to verdict, where it is valid until that returns.
func NewWalk(book *invariant.Book, store *reference.Store, before func(*replay.Observation) error,
	verdict func(*replay.Observation, *invariant.Verdict),
) *Walk {
	w := &Walk{book: book, judge: invariant.NewJudge(book), before: before, verdict: verdict}
	w.feeder, w.taking = w.judge.Feeder(book), w.take
	w.calls = timeline.New(store, timeline.Work[*replay.Observation]{
		Call: func(o *replay.Observation) *invariant.Call { return o.Call }, Judge: w.call,
		Feed: func(o *replay.Observation, t *reference.Transaction) { w.feeder.Feed(o.Call, &o.Around, t) },
	})
	return w
}

// Add judges what comes before a trace and takes in that trace. Traces come by their start.
func (w *Walk) Add(t *replay.Trace) error {
	if err := w.calls.Until(t.Start()); err != nil {
		return err
	}
	for i := range t.Calls {
		w.calls.Add(&t.Calls[i], 0)
	}
	return nil
}

// Adopt is [Walk.Add] for a trace whose calls were read without a book. Nobody else may use them until [Walk.Rest] is done.
func (w *Walk) Adopt(t *replay.Trace) error {
	for i := range t.Calls {
		w.book.Adopt(t.Calls[i].Call)
	}
	return w.Add(t)
}

// Rest judges all that is left.
func (w *Walk) Rest() error { return w.calls.Rest() }

// call judges one call.
func (w *Walk) call(o *replay.Observation, known *reference.Transaction) (violated bool, err error) {
	if w.before != nil {
		if err := w.before(o); err != nil {
			return false, err
		}
	}
	w.observed, w.violated = o, false
	w.judge.Immediate(o.Call, w.taking)
	w.around = o.Around
	w.around.References = known
	w.judge.Deferred(o.Call, &w.around, w.taking)
	return w.violated, nil
}

func (w *Walk) take(v invariant.Verdict) {
	w.violated = w.violated || v.Outcome == invariant.Violated
	w.said = v
	w.verdict(w.observed, &w.said)
}
