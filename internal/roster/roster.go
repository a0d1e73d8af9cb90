// Package roster keeps a record of each client of each service for as long as it
// is fresh, in bounded memory, whatever the clients call themselves and whatever
// the services take for the time.
//
// Records and windows have their places in time as whole numbers of ticks, which
// may be nanoseconds or windows: whoever keeps a roster says.
package roster

import "time"

// MaxServices bounds the services of a roster; it is more than a tracker may have
// at a time.
const MaxServices = 100_001

// Rules are what a roster of records R needs to know about them.
type Rules[R any] struct {
	Limit  int           // clients of all services
	Tick   time.Duration // a tick by the clock on the wall
	Length int64         // ticks: a service without windows for two lengths is forgotten

	// Fresh says whether a record is still worth keeping when that is where the
	// newest window starts. The zero R is not.
	Fresh func(r R, newest int64) bool

	// Merit is what a record is worth in [0, Merits), where the newest window starts
	// there and none came for silence ticks of the clock on the wall. Those worth
	// least make room for others.
	Merit  func(r R, newest, silence int64) int
	Merits int
}

// Roster keeps the records. Not for concurrent use.
type Roster[R any] struct {
	Now func() time.Time // the clock on the wall

	rules    Rules[R]
	ahead    int64 // ticks of a day: how far ahead of the windows before a window may be
	services map[string]*Service[R]
	clients  int // of all services
	refused  int64
	swept    time.Time // when the services that are gone were last looked for
	roomAt   int64     // start of the window that last made room
	roomMade bool
}

// New returns an empty roster.
func New[R any](rules Rules[R]) *Roster[R] {
	r := &Roster[R]{Now: time.Now, rules: rules, ahead: int64(24 * time.Hour / rules.Tick)}
	r.Reset()
	return r
}

// Reset forgets all services and their clients.
func (r *Roster[R]) Reset() { r.services, r.clients = make(map[string]*Service[R]), 0 }

// Services are those that are there, by name; to be read.
func (r *Roster[R]) Services() map[string]*Service[R] { return r.services }

// Len is how many clients of all services are there.
func (r *Roster[R]) Len() int { return r.clients }

// Free is how many clients more there is a place for.
func (r *Roster[R]) Free() int { return max(0, r.rules.Limit-r.clients) }

// Refused counts, since the start, the clients that found no place, once for each
// time that they asked, and the windows of services beyond the most that are kept.
func (r *Roster[R]) Refused() int64 { return r.refused }

// Enrol adds a service without clients, in place of one of that name, whose newest
// window starts there.
func (r *Roster[R]) Enrol(name string, newest int64) *Service[R] {
	s := &Service[R]{Newest: newest, heard: r.Now()}
	r.services[name] = s
	return s
}

// Add gives a client, who has none yet, this record. Whether there is a place
// [Roster.Room] has said.
func (r *Roster[R]) Add(s *Service[R], client string, record R) {
	if s.Clients == nil {
		s.Clients = make(map[string]R)
	}
	s.Clients[client] = record
	s.peak = max(s.peak, len(s.Clients))
	r.clients++
}

// sweep forgets, ten times a length, the services without anything, and those
// without a window for two lengths. It goes by the clock on the wall: the windows
// of other services say nothing, as their clocks may be wrong or their spans
// delayed.
func (r *Roster[R]) sweep() {
	now, length := r.Now(), time.Duration(r.rules.Length)*r.rules.Tick
	if now.Sub(r.swept) < length/10 {
		return
	}
	r.swept = now
	for name, s := range r.services {
		if r.empty(s) || now.Sub(s.heard) > 2*length {
			r.clients -= len(s.Clients)
			delete(r.services, name)
		}
	}
}
