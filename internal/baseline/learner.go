package baseline

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/timeline"
)

const (
	mostAPIs    = 2000 // that are learned; others are counted
	mostGuessed = 300  // of a service, beyond which an API must have answered before it is learned
)

// Learner learns from traces. It belongs to one goroutine.
type Learner struct {
	settings Settings
	state    state

	apis      map[apiKey]*API
	listed    map[string]int // APIs by service
	room      int            // for more places
	documents document.Document
	scene     *scene // nil: rules look at no earlier calls
	line      *timeline.Line[turn]

	// Of the call at hand
	api     *API // nil: it is not learned
	now     moment
	rows    []shown // that it shows
	route   [256]byte
	scratch []shownField
}

type apiKey struct{ service, method, route string }

// state is what survives a restart.
type state struct {
	APIs     []*API
	Traces   int
	Calls    int
	Unlisted int // calls of APIs beyond those that are kept
	Sessions [8]uint64
	Visits   [8]uint64 // of callers without sessions
	Newest   int64     // start of the last call, ns
	Orders   []Order
	Turned   int // to one of them
}

// New returns a learner that has seen nothing.
func New(s Settings) (*Learner, error) {
	if err := s.fill(); err != nil {
		return nil, err
	}
	l := &Learner{settings: s, apis: make(map[apiKey]*API), listed: make(map[string]int), room: mostInAll}
	if s.Stateless {
		return l.in(nil), nil
	}
	store, err := reference.New(s.References)
	if err != nil {
		return nil, fmt.Errorf("references: %w", err)
	}
	lasts, err := reference.New(ofLastCalls(s.References))
	if err != nil {
		return nil, fmt.Errorf("references: %w", err)
	}
	l.scene = &scene{store: store, lasts: lasts}
	return l.in(store), nil
}

// in has calls learned by what that store knows.
func (l *Learner) in(store *reference.Store) *Learner {
	l.line = timeline.New(store, timeline.Work[turn]{
		Call: func(at turn) *invariant.Call { return at.o.Call }, Judge: l.call, Feed: l.show,
	})
	return l
}

// Learn takes in a trace, which nobody else may change from now on. Traces come in the order of their time; their calls are
// learned in the order of theirs, when all that began before them has been handed over.
func (l *Learner) Learn(t *replay.Trace) {
	if len(t.Calls) == 0 {
		return
	}
	l.state.Traces++
	_ = l.line.Until(t.Start()) // the learner stops for no call
	turn := turn{session: l.session(t), user: userOf(t)}
	for i := range t.Calls {
		turn.o = &t.Calls[i]
		l.line.Add(turn, sizeOf(turn.o))
	}
	for s := l.line.Stats(); s.Traces > mostOpen || s.Bytes > mostWaiting; s = l.line.Stats() {
		_ = l.line.Step()
	}
}

// turn is a call that waits for its turn.
type turn struct {
	o             *replay.Observation
	session, user uint64
}

// mostWaiting bounds the calls of traces that go on, in bytes.
const mostWaiting = 16 << 20

// sizeOf is about how many bytes a call takes.
func sizeOf(o *replay.Observation) int {
	c := o.Call
	n := 1024 + len(c.Session) + len(c.User) + len(c.UserAgent) + len(c.Path) + len(c.Query) + len(c.RequestBody.Text) + len(c.ResponseBody.Text)
	for _, role := range c.Roles {
		n += 16 + len(role)
	}
	for _, headers := range [...][]invariant.Header{c.RequestHeaders, c.ResponseHeaders} {
		for i := range headers {
			n += 64 + len(headers[i].Name) + len(headers[i].Value)
		}
	}
	for _, s := range o.Around.Statements {
		n += s.Bytes()
	}
	return n + 8*len(o.Around.Calls)
}

// rest learns what waits: traces that are not over are taken for ended.
func (l *Learner) rest() { _ = l.line.Rest() }

// call takes in one call.
func (l *Learner) call(at turn, known *reference.Transaction) (violated bool, err error) {
	o := at.o
	l.rows = l.rows[:0]
	l.state.Calls++
	l.state.Newest = max(l.state.Newest, o.Call.Start)
	a := l.apiOf(o.Call)
	if l.api = a; a == nil {
		l.state.Unlisted++
		return false, nil
	}
	l.now = moment{session: at.session, user: at.user, ref: Ref{Trace: o.Call.TraceID, Span: o.Call.SpanID, Start: o.Call.Start, API: a.ID}}
	a.call++
	a.Seen.add(&l.now)
	a.Templated = a.Templated && ownRoute(o.Call.Route, o.Call.Path, l.route[:])
	a.used = a.used[:0]
	r := reading{API: a, m: &l.now, documents: &l.documents, limits: document.DefaultLimits, scene: l.scene, rows: l.rows, scratch: l.scratch}
	r.caller, r.refused = o.Call.User, a.refuses(o.Call.Status)
	r.observe(o)
	if !r.refused {
		r.pairs()
	}
	if known != nil {
		r.stateful(o, known)
		r.predecessors(l, o.Call)
	}
	l.rows, l.scratch = r.rows, r.scratch
	if o.Call.Status >= 400 { // one that is refused ends sooner
		return false, nil
	}
	a.Answered++
	if len(a.Firsts) < youth {
		a.Firsts = append(a.Firsts, l.now.ref)
	}
	for _, g := range a.Groups {
		g.InCalls.observe(&l.now, g.mark == a.call, "")
		if g.mark == a.call {
			g.Single.observe(&l.now, g.now == 1, strconv.Itoa(g.now))
		}
	}
	return false, nil
}

// show puts what the call at hand showed into the store.
func (l *Learner) show(at turn, into *reference.Transaction) {
	c := at.o.Call
	if l.api != nil {
		l.scene.remember(l.api, c, into)
	}
	if c.Status < 400 && len(l.rows) > 0 {
		session, user := c.Callers()
		l.scene.put(into, l.rows, c.End, session, user, &l.now)
	}
}

func (l *Learner) apiOf(c *invariant.Call) *API {
	key := apiKey{c.Service, c.Method, routeOf(c.Route)}
	if a := l.apis[key]; a != nil {
		return a
	}
	if len(l.state.APIs) == mostAPIs || c.Route == "" || c.Method == "" ||
		c.Status >= 400 && l.listed[c.Service] >= mostGuessed { // whoever tries paths out finds no more room
		return nil
	}
	key = apiKey{strings.Clone(c.Service), strings.Clone(c.Method), strings.Clone(key.route)}
	a := &API{Service: key.service, Method: key.method, Route: key.route, ID: int32(len(l.state.APIs)), Born: l.state.Calls, Templated: true, room: &l.room}
	a.Skeletons.Longest, a.Tables.Longest, a.Operations.Longest, a.Children.Longest = longestSkeleton, longestTable, longestTable, longestTable
	l.listed[key.service]++
	l.apis[key] = a
	l.state.APIs = append(l.state.APIs, a)
	return a
}

// Longest names that are kept of what a call does, in bytes.
const (
	longestSkeleton = 2000
	longestTable    = 300
)

// refuses is true for an answer that tells that the caller has made a mistake, unless that is what the API answers mostly.
func (a *API) refuses(status int) bool {
	if !faulty[status] {
		return false
	}
	a.Refused++
	return a.Refused*2 <= a.Seen.Calls
}

// routeOf leaves out the slash at the end: rules make no difference.
func routeOf(route string) string {
	if short := strings.TrimRight(route, "/"); short != "" {
		return short
	}
	return route
}

// fewVisits is how many visits there must have been before those who make them are told apart by them.
const fewVisits = 16

// visit is how long calls without a session belong together, by the clock.
const visit = 30 * time.Minute

// session tells whose calls a trace has: those of a session; else those of a user or client within a while; else, while
// there are few of those, as where everybody comes through one proxy, its own.
func (l *Learner) session(t *replay.Trace) uint64 {
	var who string
	first := t.Calls[0].Call
	for i := range t.Calls {
		c := t.Calls[i].Call
		if c.Session != "" {
			return l.inSession(xxhash.Sum64String("s" + c.Session))
		}
		if who == "" && c.User != "" {
			who = "u" + c.User
		}
	}
	if who == "" && first.Client != "" {
		who = "c" + first.Client
	}
	if who != "" {
		var at [8]byte
		for i, slot := 0, first.Start/int64(visit); i < 8; i++ {
			at[i] = byte(slot >> (8 * i))
		}
		h := xxhash.Sum64String(who + string(at[:]))
		l.state.Visits[h>>6%8] |= 1 << (h % 64)
		if countBits(&l.state.Visits) >= fewVisits {
			return l.inSession(h)
		}
	}
	return l.inSession(xxhash.Sum64(first.TraceID[:]))
}

// userOf is a bit for the user that a trace is for.
func userOf(t *replay.Trace) uint64 {
	for i := range t.Calls {
		if u := t.Calls[i].Call.User; u != "" {
			return 1 << (xxhash.Sum64String(u) % 64)
		}
	}
	return 0
}

func (l *Learner) inSession(h uint64) uint64 {
	l.state.Sessions[h>>6%8] |= 1 << (h % 64)
	return h
}

// exceptions are calls for people to look at.
func (l *Learner) exceptions(refs []Ref, found []string) []Exception {
	out := make([]Exception, len(refs))
	for i, r := range refs {
		out[i] = Exception{TraceID: hex.EncodeToString(r.Trace[:]), SpanID: hex.EncodeToString(r.Span[:]), Time: time.Unix(0, r.Start).UTC()}
		if int(r.API) < len(l.state.APIs) {
			a := l.state.APIs[r.API]
			out[i].Service, out[i].API = a.Service, a.Method+" "+a.Route
		}
		if i < len(found) {
			out[i].Found = found[i]
		}
	}
	return out
}

func dayAt(ns int64) string { return time.Unix(0, ns).UTC().Format(time.DateOnly) }
