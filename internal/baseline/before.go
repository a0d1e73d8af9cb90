package baseline

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
)

// What a caller called last is kept as rules with earlier() have it, so that the learner sees what they will. It is in a store
// of its own, where it drives nothing out. What rules ask for is in the store of references as well, as that is handed on.

const (
	mostPredecessors = 32 // of an API
	leastOthers      = 50 // calls of other APIs that are looked at
	mostLastCalls    = 100_000
	lastCallsBytes   = 16 << 20
)

// ofLastCalls are the bounds of the store for the callers' last calls.
func ofLastCalls(s reference.Settings) reference.Settings {
	s.MaxRows, s.MaxBytes = min(s.MaxRows, mostLastCalls), min(s.MaxBytes, lastCallsBytes)
	return s
}

// Predecessor is the claim that whoever calls an API has called another one before, and was not refused the last time.
type Predecessor struct {
	API    int32
	Claim  Claim
	Others int // calls of other APIs that were looked at
	With   int // of these, whose callers had done so as well
}

// Order is an API with one that may have to be called before it.
type Order struct{ API, Predecessor int32 }

// lastCalls is where the store has the callers' last calls of an API.
type lastCalls struct {
	collection    reference.Collection
	start, status reference.Field
	found         bool
	kept          bool // there is room for it
}

// in finds the place for the last calls of an API in a store, once.
func (at *lastCalls) in(s *reference.Store, a *API) *lastCalls {
	if !at.found {
		at.found, at.collection = true, s.CallerCollection(invariant.EarlierCalls(a.Method+" "+a.Route, a.Service))
		start, first := s.Field(at.collection, "call.start")
		status, second := s.Field(at.collection, "resp.status")
		at.start, at.status, at.kept = start, status, first && second
	}
	return at
}

// remember makes a call the caller's last one of its API.
func (s *scene) remember(a *API, c *invariant.Call, into *reference.Transaction) {
	caller := c.Caller()
	if caller == "" {
		return
	}
	own := s.lasts.Begin(c.Start, caller)
	a.last.in(s.lasts, a).put(own, c, caller)
	own.Commit()
	if a.Asked {
		a.handedOn.in(s.store, a).put(into, c, caller)
	}
}

func (at *lastCalls) put(into *reference.Transaction, c *invariant.Call, caller string) {
	if !at.kept {
		return
	}
	start, status := integerScalar(c.Start), integerScalar(int64(c.Status))
	entries := [2]reference.Entry{{Field: at.start, Value: valueOf(&start)}, {Field: at.status, Value: valueOf(&status)}}
	if c.Status == 0 {
		entries[1].Value = reference.Value{Kind: reference.Absent}
	}
	into.Put(at.collection, caller, c.End, entries[:], caller)
}

// called tells whether a caller's last call of an API was not refused; ok is false where nobody knows.
func (s *scene) called(a *API, caller string, at int64, t *reference.Transaction) (before, ok bool) {
	of := a.last.in(s.lasts, a)
	if !of.kept {
		return false, false
	}
	row, answer := t.Row(of.collection, caller, at)
	switch answer {
	case reference.Missing:
		return false, true
	case reference.Unknown:
		return false, false
	}
	status, ok := row.Get(of.status)
	return ok && len(status.Text) == 3 && status.Text < "400", ok
}

// predecessors takes in what the caller has called before this call.
func (r *reading) predecessors(l *Learner, c *invariant.Call) {
	caller := c.Caller()
	if caller == "" || c.Status == 0 {
		return
	}
	t := l.scene.lasts.Begin(c.Start, caller)
	defer t.Commit()
	l.lookAtOthers(r.API, caller, c.Start, t)
	if !r.changes() || c.Status >= 400 {
		return
	}
	alive, known := r.Before[:0], false
	for _, p := range r.Before {
		if before, ok := l.scene.called(l.state.APIs[p.API], caller, c.Start, t); ok {
			known = true
			p.Claim.observe(r.m, before, "")
		}
		if p.Claim.alive() {
			alive = append(alive, p)
		}
	}
	clear(r.Before[len(alive):])
	r.Before = alive
	if len(r.Ordered) < youth {
		r.newPredecessors(l, caller, c.Start, t, known)
	}
}

// newPredecessors begins claims about what the caller has called before one of the first calls.
func (r *reading) newPredecessors(l *Learner, caller string, at int64, t *reference.Transaction, known bool) {
	for _, of := range l.state.APIs {
		if of == r.API || of.Service != r.Service || slices.ContainsFunc(r.Before, func(p *Predecessor) bool { return p.API == of.ID }) {
			continue
		}
		before, ok := l.scene.called(of, caller, at, t)
		known = known || ok
		if !ok || !before || len(r.Before) == mostPredecessors {
			continue
		}
		p := &Predecessor{API: of.ID}
		p.Claim.before(len(r.Ordered), r.Ordered)
		p.Claim.observe(r.m, true, "")
		r.Before = append(r.Before, p)
		l.state.Orders = append(l.state.Orders, Order{r.ID, of.ID})
	}
	if known {
		r.Ordered = append(r.Ordered, r.m.ref)
	}
}

// lookAtOthers takes in for one claim after the other whether the callers of other APIs have called the predecessor as well.
func (l *Learner) lookAtOthers(a *API, caller string, at int64, t *reference.Transaction) {
	const each = 2 // a call
	s := &l.state
	for range each {
		if len(s.Orders) == 0 {
			return
		}
		s.Turned = (s.Turned + 1) % len(s.Orders)
		o := s.Orders[s.Turned]
		i := slices.IndexFunc(s.APIs[o.API].Before, func(p *Predecessor) bool { return p.API == o.Predecessor })
		if i < 0 { // it does not hold
			s.Orders = slices.Delete(s.Orders, s.Turned, s.Turned+1)
			continue
		}
		if a.ID == o.API || a.ID == o.Predecessor {
			continue
		}
		if before, ok := l.scene.called(s.APIs[o.Predecessor], caller, at, t); ok {
			p := s.APIs[o.API].Before[i]
			p.Others++
			if before {
				p.With++
			}
		}
	}
}

// changes is true for an API that does more than tell something: reading goes in any order.
func (a *API) changes() bool {
	return a.Method != http.MethodGet && a.Method != http.MethodHead && a.Method != http.MethodOptions
}

// usual is the share of other calls whose callers have called the predecessor before.
func (p *Predecessor) usual() float64 { return float64(p.With+1) / float64(p.Others+2) }

// predecessor makes the rule that another API is called first. Of several it is the one that is called least often before
// other APIs; that one's own rule tells what comes before it.
func (b *builder) predecessor() {
	all := slices.Clone(b.api.Before)
	slices.SortStableFunc(all, func(p, q *Predecessor) int { return cmp.Compare(p.usual(), q.usual()) })
	for _, p := range all {
		of := b.learner.state.APIs[p.API]
		if p.Claim.alive() && p.Claim.Held.Calls > p.Claim.Broke.Calls && !strings.Contains(of.Route, "*") && !b.overlaps[of] &&
			b.after(p, of) {
			return
		}
	}
}

func (b *builder) after(p *Predecessor, of *API) bool {
	earlier := "earlier(" + quoted(of.Method+" "+of.Route) + ")"
	if of.Service != "" {
		earlier = "earlier(" + quoted(of.Method+" "+of.Route) + ", " + quoted(of.Service) + ")"
	}
	name := of.Method + " " + of.Route
	c := &candidate{
		kind: "related-API", what: "after-" + strings.ToLower(of.Method) + "-" + idOf(of.Route),
		check:    "has(" + earlier + ".call.start) && " + earlier + ".resp.status < 400",
		when:     "resp.status < 400",
		message:  "the caller has not called " + name + " before, or was refused the last time",
		sentence: "callers have called " + name + " before, and the last time it was not refused",
		evidence: evidenceOf(&p.Claim, 1), refs: p.Claim.Refs, found: p.Claim.Found, least: leastOrder,
	}
	if p.Others < leastOthers || p.usual() >= mostShare {
		c.why = whyChance
	}
	if !b.consider(c) {
		return false
	}
	of.Asked = true // from now on
	return true
}
