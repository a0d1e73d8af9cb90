package apiinvariantprocessor

import (
	"context"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
)

// waiting is a call in the tree: one to be judged, or a child call of those, or
// without a call only the bound of what belongs to them.
type waiting struct {
	call       *invariant.Call
	generation *generation // that read it
}

type settledCall = calltree.Settled[waiting, *invariant.Statement]

// judging judges calls, on one goroutine at a time.
type judging struct {
	watch      *watch
	judge      *invariant.Judge
	generation *generation     // of the rules that are judged
	now        int64           // by the clock, ns
	patience   context.Context // until when a violation may wait for room in the outbox; nil: not at all
	current    *invariant.Call
	around     invariant.Surroundings
	take       func(invariant.Verdict)
}

func newJudging(w *watch) *judging {
	j := &judging{watch: w}
	j.take = j.verdict
	j.mend()
	return j
}

// mend replaces what a panic may have left in disorder.
func (j *judging) mend() {
	j.judge = invariant.NewJudge(j.watch.rules.current.Load().book)
	j.current, j.around = nil, invariant.Surroundings{}
}

// immediate judges a call by the rules that read it alone.
func (j *judging) immediate(call *invariant.Call) {
	j.current = call
	j.judge.Immediate(call, j.take)
	j.current = nil
}

// untraced judges a call out of a log by the rules that read more.
func (j *judging) untraced(call *invariant.Call) {
	j.current = call
	j.around.Untraced = true
	j.judge.Deferred(call, &j.around, j.take)
	j.around.Untraced = false
	j.current = nil
}

// deferred judges a call with what has settled beneath it.
func (j *judging) deferred(ctx context.Context, s *settledCall, now int64) {
	if j.watch.guard.Do(ctx, func() { j.settled(s, now) }) {
		return
	}
	j.mend()
}

func (j *judging) settled(s *settledCall, now int64) {
	call, g := s.Call.call, s.Call.generation
	j.generation, j.current, j.now = g, call, now
	a := &j.around
	a.Statements, a.StatementsOpen, a.CallsOpen = s.Statements, s.StatementsOpen, s.CallsOpen
	missed := g.missed(call, j.watch.settings.tree.MaxWait.Nanoseconds())
	a.StatementsLost, a.CallsLost = s.StatementsLost || missed, s.CallsLost || missed
	if g.book.ReadsCalls() {
		for i := range s.Calls {
			if child := &s.Calls[i]; child.call != nil && child.generation == g {
				a.Calls = append(a.Calls, child.call)
			} else {
				a.CallsLost = true // read for other rules, which may have wanted less of it
			}
		}
	}
	j.judge.Deferred(call, a, j.take)
	clear(a.Calls)
	*a = invariant.Surroundings{Calls: a.Calls[:0]}
	j.generation, j.current = nil, nil
}

// missed tells whether a call began when what is beneath it was not kept yet, and
// ended so shortly before, or after, that some of it may have been in batches of
// that time. A call that ended long before is out of a recording that is played.
func (g *generation) missed(c *invariant.Call, wait int64) bool {
	return c.Start < g.since && c.End >= g.since-wait
}

// verdict takes in what a rule says of the current call.
func (j *judging) verdict(v invariant.Verdict) {
	t := j.generation.tallies[v.Rule]
	t.add(&v)
	if v.Outcome != invariant.Violated {
		return
	}
	caller := callerOf(j.current)
	held, ok := j.watch.rate.allow(v.Rule.ID, caller, j.now)
	if !ok {
		t.suppressed.Add(1)
		return
	}
	if j.patience == nil && !j.watch.outbox.HasRoom() { // to explain it takes longer than all else
		j.watch.outbox.Lose(1)
	} else if j.put(violation(j.current, &v, j.watch.settings.evidence, held)) {
		t.emitted.Add(1)
		return
	}
	j.watch.rate.restore(v.Rule.ID, caller, held)
}

// put hands a violation to the outbox, and tells whether it was taken.
func (j *judging) put(e anomaly.Event) bool {
	if j.patience == nil {
		return j.watch.outbox.Put(e)
	}
	return j.watch.outbox.PutWait(j.patience, e)
}

// callerOf is whose violations have a limit of their own: the user's, else the client's. Between services, all calls come
// from few addresses.
func callerOf(c *invariant.Call) string {
	if c.User != "" {
		return "user " + c.User
	}
	return c.Client
}
