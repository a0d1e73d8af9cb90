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
	fate       fate
}

// fate is what is known of a call before it has settled.
type fate uint8

const (
	brokeRule fate = 1 << iota
	isIgnored      // by the configuration: it is not judged
)

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
	part       part
	violated   bool // by the current call, as far as it was judged
	take       func(invariant.Verdict)
}

// part is which of its rules a call is judged by.
type part uint8

const (
	allRules      part = iota
	promptRules        // but stateful ones, which have to wait for their turn
	statefulRules      // alone
	silently           // by all, without anybody being told
)

func newJudging(w *watch) *judging {
	j := &judging{watch: w}
	j.take = j.verdict
	j.mend()
	return j
}

// mend replaces what a panic may have left in disorder.
func (j *judging) mend() {
	j.judge = invariant.NewJudge(j.watch.rules.current.Load().book)
	j.current, j.around, j.part = nil, invariant.Surroundings{}, allRules
}

// immediate judges a call by the rules that read it alone.
func (j *judging) immediate(call *invariant.Call, which part) {
	j.current, j.part = call, which
	j.judge.Immediate(call, j.take)
	j.current, j.part = nil, allRules
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
	waits := &s.Call
	call, g := waits.call, waits.generation
	j.generation, j.current, j.now = g, call, now
	j.surround(s)
	j.violated = waits.fate&brokeRule != 0
	prompt, stateful := false, false
	if waits.fate&isIgnored == 0 {
		prompt, stateful = deferredOf(call.API())
	}
	if prompt {
		j.part = promptRules
		j.judge.Deferred(call, &j.around, j.take)
		j.part = allRules
	}
	if g.book.Stateful() && (stateful || j.violated || call.API().Shows()) {
		j.watch.chronicle.add(call, g, &j.around, now, stateful, j.violated)
	}
	clear(j.around.Calls)
	j.around = invariant.Surroundings{Calls: j.around.Calls[:0]}
	j.generation, j.current = nil, nil
}

// deferredOf tells whether there are deferred rules that are not stateful, and stateful ones.
func deferredOf(api *invariant.API) (prompt, stateful bool) {
	for _, r := range api.Deferred {
		if r.Stateful() {
			stateful = true
		} else {
			prompt = true
		}
	}
	return prompt, stateful
}

// surround notes what is known of a call besides itself.
func (j *judging) surround(s *settledCall) {
	g, a := s.Call.generation, &j.around
	a.Statements, a.StatementsOpen, a.CallsOpen = s.Statements, s.StatementsOpen, s.CallsOpen
	missed := g.missed(s.Call.call, j.watch.settings.tree.MaxWait.Nanoseconds())
	a.StatementsLost, a.CallsLost = s.StatementsLost || missed, s.CallsLost || missed
	if !g.book.ReadsCalls() {
		return
	}
	for i := range s.Calls {
		if child := &s.Calls[i]; child.call != nil && child.generation == g {
			a.Calls = append(a.Calls, child.call)
		} else {
			a.CallsLost = true // read for other rules, which may have wanted less of it
		}
	}
}

// missed tells whether a call began when what is beneath it was not kept yet, and
// ended so shortly before, or after, that some of it may have been in batches of
// that time. A call that ended long before is out of a recording that is played.
func (g *generation) missed(c *invariant.Call, wait int64) bool {
	return c.Start < g.since && c.End >= g.since-wait
}

// verdict takes in what a rule says of the current call.
func (j *judging) verdict(v invariant.Verdict) {
	switch {
	case j.part == promptRules && v.Rule.Stateful(), j.part == statefulRules && !v.Rule.Stateful():
		return
	case v.Outcome == invariant.Violated:
		j.violated = true
	}
	if j.part == silently {
		return
	}
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
