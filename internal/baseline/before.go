package baseline

import (
	"net/http"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Bounds of what is kept of the callers' past.
const (
	mostCallers      = 20_000 // twice: those of late, and those before them
	mostInPast       = 64     // calls of a caller
	mostPredecessors = 32     // of an API
)

// Predecessor is the claim that whoever calls an API has called another one before, and not in vain the last time.
type Predecessor struct {
	API   int32
	Claim Claim
}

// pasts are what callers have done. They are not saved: after a restart nobody's past is known, as the store has it of those
// who have come before it began.
type pasts struct {
	began       int64 // start of the first trace, ns; 0: there was none
	recent, old map[uint64]*past
}

// past is what one caller has done.
type past struct {
	first int64 // start of the first call
	calls []pastCall
	full  bool
}

// pastCall is a call of an API. Other traces know of it when its own is over, as of what it showed.
type pastCall struct {
	api       int32
	trace     [16]byte
	end, over int64
	ok        bool
}

// of returns the past of a caller, nil for one that has none.
func (p *pasts) of(caller uint64) *past {
	if known := p.recent[caller]; known != nil {
		return known
	}
	known := p.old[caller]
	if known != nil {
		p.keep(caller, known)
	}
	return known
}

// keep forgets those who have not been seen for longest, when there are too many.
func (p *pasts) keep(caller uint64, known *past) {
	if len(p.recent) == mostCallers || p.recent == nil {
		p.old, p.recent = p.recent, make(map[uint64]*past)
	}
	p.recent[caller] = known
}

// predecessors takes in what the caller has called before this call.
func (r *reading) predecessors(l *Learner, at turn) {
	who := r.session
	if who == "" {
		who = r.user
	}
	if who == "" {
		return
	}
	c := at.o.Call
	if l.pasts.began == 0 {
		l.pasts.began = c.Start
	}
	caller := xxhash.Sum64String(who)
	known := l.pasts.of(caller)
	if known == nil {
		known = &past{first: c.Start}
		l.pasts.keep(caller, known)
	}
	r.past = r.past[:0]
	for _, p := range known.calls {
		if p.over <= c.Start || p.trace == c.TraceID && p.end <= c.Start {
			r.past = append(r.past, p)
		}
	}
	if !known.full && known.first >= l.pasts.began+int64(l.settings.References.CompleteAfter) && !r.refused {
		r.order(l)
	}
	known.add(pastCall{r.ID, c.TraceID, c.End, at.over, c.Status < 400})
}

// add takes in a call. Of each API two are kept: the last one, and one before that, since the last may not be over.
func (p *past) add(call pastCall) {
	first, n := -1, 0
	for i := range p.calls {
		if p.calls[i].api == call.api {
			if n++; first < 0 {
				first = i
			}
		}
	}
	switch {
	case n == 2:
		p.calls = append(slices.Delete(p.calls, first, first+1), call)
	case len(p.calls) < mostInPast:
		p.calls = append(p.calls, call)
	default:
		p.full = true
	}
}

// order takes in the order of the APIs that a caller whose past is known calls.
func (r *reading) order(l *Learner) {
	r.Ordered++
	l.state.Ordered++
	for i := range r.past {
		if api := r.past[i].api; api != r.ID && !slices.ContainsFunc(r.past[:i], func(c pastCall) bool { return c.api == api }) {
			l.state.APIs[api].AsPast++
		}
	}
	if !r.changes() {
		return
	}
	alive := r.Before[:0]
	for _, p := range r.Before {
		if p.Claim.observe(r.m, r.has(p.API), ""); p.Claim.alive() {
			alive = append(alive, p)
		}
	}
	clear(r.Before[len(alive):])
	r.Before = alive
	if r.Ordered > youth {
		return
	}
	for _, c := range r.past {
		of := l.state.APIs[c.api]
		if !r.has(c.api) || of == r.API || of.Service != r.Service || len(r.Before) == mostPredecessors ||
			slices.ContainsFunc(r.Before, func(p *Predecessor) bool { return p.API == c.api }) {
			continue
		}
		p := &Predecessor{API: c.api}
		p.Claim.Broke.Calls, p.Claim.Broke.Sessions = r.Ordered-1, r.Ordered-1
		p.Claim.observe(r.m, true, "")
		r.Before = append(r.Before, p)
	}
}

// has is true if the caller's last call of an API was not refused.
func (r *reading) has(api int32) bool {
	for _, c := range slices.Backward(r.past) {
		if c.api == api {
			return c.ok
		}
	}
	return false
}

// changes is true for an API that does more than tell something: reading goes in any order.
func (a *API) changes() bool {
	return a.Method != http.MethodGet && a.Method != http.MethodHead && a.Method != http.MethodOptions
}

// predecessor makes the rule that another API is called first. Of several it is the one that is called least often before other
// APIs; that one's own rule tells what comes before it.
func (b *builder) predecessor() {
	var best *Predecessor
	least := 2.0
	for _, p := range b.api.Before {
		if share := b.usual(p); p.Claim.alive() && p.Claim.Held.Calls > p.Claim.Broke.Calls && share < least {
			best, least = p, share
		}
	}
	if best == nil {
		return
	}
	of := b.learner.state.APIs[best.API]
	earlier := "earlier(" + quoted(of.Method+" "+of.Route) + ")"
	if of.Service != "" {
		earlier = "earlier(" + quoted(of.Method+" "+of.Route) + ", " + quoted(of.Service) + ")"
	}
	c := &candidate{
		kind: "related-API", what: "after-" + strings.ToLower(of.Method) + "-" + idOf(of.Route),
		check:    "has(" + earlier + ".call.start) && " + earlier + ".resp.status < 400",
		message:  "the caller has not called " + of.Method + " " + of.Route + " before, as all others do",
		sentence: "callers have called " + of.Method + " " + of.Route + " before, and the last time it was not refused",
		evidence: evidenceOf(&best.Claim, 1), refs: best.Claim.Refs, found: best.Claim.Found, least: leastOrder,
	}
	if least > mostShare || strings.Contains(of.Route, "*") {
		c.why = whyChance
	}
	b.consider(c)
}

// usual is the share of calls of all APIs but these two whose callers have called the predecessor before.
func (b *builder) usual(p *Predecessor) float64 {
	with := b.learner.state.APIs[p.API].AsPast - p.Claim.Held.Calls
	others := b.learner.state.Ordered - b.api.Ordered - b.learner.state.APIs[p.API].Ordered
	return float64(with+1) / float64(others+2)
}
