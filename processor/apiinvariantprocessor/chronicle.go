package apiinvariantprocessor

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/timeline"
)

// chronicle judges calls by the rules that look at earlier ones, in the order of
// their start, and keeps what calls show. A call has its turn when it has waited for
// as long again as it took to settle, or when one that began later has: by then all
// that ended before it began should be here. It belongs to the goroutine that
// settles calls, but for what it publishes.
type chronicle struct {
	*judging
	store *reference.Store
	line  *timeline.Line[*turn]
	ctx   context.Context // when it ends, nobody is judged any more

	arrivals []arrival // of the calls that wait, by the ticks in which they settled
	latest   arrival   // of this tick
	reached  int64     // the latest start of the calls that have waited for long enough
	hurried  bool      // those that have their turn now have not
	lost     int64     // calls that the tree has let go
	lossy    bool      // some of these lately,
	lostAt   int64     // by that time by the clock
	newest   *generation
	feeder   *invariant.Feeder // of calls that were read for
	feeds    *generation       // this
	done     *turn             // has had its turn, and is kept to be used again
	spare    []*turn
	figures  figures
	publish  atomic.Pointer[figures]
}

// turn is a call that waits for its turn.
type turn struct {
	call       *invariant.Call // as the store sees it
	original   *invariant.Call // as it was sent, if its clock runs ahead
	generation *generation     // that read it
	arrived    int64           // by the clock
	around     invariant.Surroundings
	statements []*invariant.Statement // of these
	calls      []*invariant.Call
	stateful   bool // there are rules to be judged
	violated   bool // it broke another rule
}

// arrival is the latest start of some calls that settled at a time by the clock.
type arrival struct {
	at, start int64
	any       bool
}

// figures are those of the chronicle's telemetry.
type figures struct {
	store           reference.Stats
	line            timeline.Stats
	hurried, future int64
	collections     []invariant.Collection // that are looked at
}

const (
	// mostAhead is how far a clock may run ahead of ours.
	mostAhead  = time.Minute
	turnBytes  = 512 // of a call that waits, besides its texts
	pointer    = 8
	spareTurns = 1 << 10
	spareItems = 64 // a turn with more beneath it is not used again
)

func newChronicle(w *watch, store *reference.Store) *chronicle {
	c := &chronicle{judging: newJudging(w), store: store, ctx: context.Background()}
	c.line = timeline.New(store, timeline.Work[*turn]{
		Call: func(t *turn) *invariant.Call { return t.call }, Before: inTrace, Judge: c.turn, Feed: c.feed,
	})
	return c
}

// inTrace orders calls of a trace that began at the same time: those that are above others ended later.
func inTrace(a, b *turn) bool {
	if a.call.End != b.call.End {
		return a.call.End > b.call.End
	}
	return bytes.Compare(a.call.SpanID[:], b.call.SpanID[:]) < 0
}

// add lets a call that has settled wait for its turn.
func (c *chronicle) add(call *invariant.Call, g *generation, around *invariant.Surroundings, now int64, stateful, violated bool) {
	t := c.spareTurn()
	t.call, t.generation, t.stateful, t.violated = call, g, stateful, violated
	t.arrived = now - int64(c.watch.config.Settle)
	size := turnBytes + call.Bytes()
	if call.API().Surrounded() {
		size += t.surround(around)
	}
	if call.End > t.arrived+int64(mostAhead) {
		c.figures.future++
		dated := *call
		dated.Start, dated.End = call.Start-(call.End-t.arrived), t.arrived
		t.call, t.original = &dated, call
	}
	c.now = now
	c.latest.at, c.latest.any, c.latest.start = now, true, max(c.latest.start, t.call.Start)
	c.line.Add(t, size)
	c.makeRoom()
}

// surround keeps what is known of a call besides itself, and tells how much memory it takes.
func (t *turn) surround(a *invariant.Surroundings) (size int) {
	t.statements = append(t.statements, a.Statements...)
	t.calls = append(t.calls, a.Calls...)
	t.around = *a
	t.around.Statements, t.around.Calls = t.statements, t.calls
	for _, st := range a.Statements {
		size += st.Bytes() + pointer
	}
	for _, child := range a.Calls {
		size += child.Bytes() + pointer
	}
	return size
}

// makeRoom gives the earliest their turn, too soon, until the others have room.
func (c *chronicle) makeRoom() {
	limits := &c.watch.config.Limits
	c.hurried = true
	for {
		s := c.line.Stats()
		if s.Traces == 0 || s.Calls <= limits.MaxReorderCalls && s.Traces <= limits.MaxReorderCalls && s.Bytes <= limits.MaxReorderBytes {
			break
		}
		_ = c.line.Step() // it is judged or not, and that is no error
	}
	c.hurried = false
}

// proceed gives all calls their turn whose time it is by the clock.
func (c *chronicle) proceed(now int64) {
	c.now, c.hurried = now, false
	c.notice()
	settle := int64(c.watch.config.Settle)
	if c.latest.any {
		c.arrivals = append(c.arrivals, c.latest)
		c.latest = arrival{}
	}
	passed := 0
	for passed < len(c.arrivals) && c.arrivals[passed].at <= now-settle {
		c.reached = max(c.reached, c.arrivals[passed].start)
		passed++
	}
	c.arrivals = append(c.arrivals[:0], c.arrivals[passed:]...)
	// One clock that runs ahead does not make all others late.
	until := now - 2*settle
	if c.line.Stats().Calls > 0 {
		until = min(until, c.reached)
	}
	_ = c.line.Until(until + 1)
	c.rest()
}

// finish gives all that wait their turn, while there is time, and tells how many had none.
func (c *chronicle) finish() (left int) {
	c.hurried = false
	c.notice()
	if c.line.Rest() != nil {
		left = 1 // which was about to
	}
	c.rest()
	return left + c.line.Stats().Calls
}

// rest publishes figures after a piece of work.
func (c *chronicle) rest() {
	c.recycle()
	f := c.figures
	f.store, f.line = c.store.Stats(), c.line.Stats()
	f.collections = c.watch.rules.current.Load().book.References()
	c.publish.Store(&f)
}

// notice looks whether calls were lost before they had settled.
func (c *chronicle) notice() {
	if lost := c.watch.tree.Stats().EvictedCalls; lost != c.lost {
		c.lost, c.lossy, c.lostAt = lost, true, c.now
	}
}

// follow tells the store where calls are missing that would have shown something: those that were lost, until one has its
// turn that came after them, and those that were read for other rules.
func (c *chronicle) follow(t *turn) {
	missing := c.lossy
	c.lossy = c.lossy && t.arrived < c.lostAt
	g, newest := t.generation, c.newest
	if newest == nil || g.number > newest.number {
		c.newest = g
	}
	if missing || newest != nil && g.epoch != newest.epoch {
		c.store.Gap(t.call.Start)
	}
}

// turn judges a call by the rules that look at earlier ones.
func (c *chronicle) turn(t *turn, known *reference.Transaction) (violated bool, err error) {
	if err := c.ctx.Err(); err != nil {
		return false, err
	}
	c.recycle()
	c.done = t
	c.follow(t)
	if !t.stateful {
		return t.violated, nil
	}
	if c.hurried {
		c.figures.hurried++
		known = nil // what it should know may still come
	}
	if !c.watch.guard.Do(c.ctx, func() { c.turned(t, known) }) {
		c.mend()
		return true, nil
	}
	return t.violated || c.violated, nil
}

func (c *chronicle) turned(t *turn, known *reference.Transaction) {
	c.generation, c.current, c.part, c.violated = t.generation, t.call, statefulRules, false
	if t.original != nil {
		c.current = t.original
	}
	t.around.References = known
	c.judge.Deferred(t.call, &t.around, c.take)
	t.around.References = nil
	c.generation, c.current, c.part = nil, nil, allRules
}

// feed takes down what a call shows.
func (c *chronicle) feed(t *turn, into *reference.Transaction) {
	if g := t.generation; c.feeds != g {
		c.feeder, c.feeds = c.judge.Feeder(g.book), g
	}
	if !c.watch.guard.Do(c.ctx, func() { c.feeder.Feed(t.call, &t.around, into) }) {
		c.mend()
		c.store.Gap(t.call.End)
	}
}

// mend is that of a judge, whose feeder it mends as well.
func (c *chronicle) mend() {
	c.judging.mend()
	c.feeds = nil
}

func (c *chronicle) spareTurn() *turn {
	n := len(c.spare)
	if n == 0 {
		return new(turn)
	}
	t := c.spare[n-1]
	c.spare = c.spare[:n-1]
	return t
}

// recycle keeps what has had its turn to be used again.
func (c *chronicle) recycle() {
	t := c.done
	c.done = nil
	if t == nil || len(c.spare) >= spareTurns || cap(t.statements)+cap(t.calls) > spareItems {
		return
	}
	clear(t.statements)
	clear(t.calls)
	*t = turn{statements: t.statements[:0], calls: t.calls[:0]}
	c.spare = append(c.spare, t)
}
