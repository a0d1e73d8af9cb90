package roster

import (
	"maps"
	"time"
)

// Service is the records of one service.
type Service[R any] struct {
	Newest  int64        // start of the newest window that was in line, in ticks
	Clients map[string]R // by name. Set those that are there; new ones come by [Roster.Add]
	Rest    R            // of all who share a record: it needs no place, and no client can take its name

	heard time.Time // when a window last came, by the clock on the wall
	peak  int       // most clients since the map was made

	stray   int64 // start of the window before this one, if that was out of line
	strayed bool
}

// Open takes up the service for the window that starts there, and forgets what is
// no longer fresh then. It returns nil for a window that leaves nothing behind:
// one out of line, or of a service too many. [Roster.Close] follows.
//
// A window is out of line if it is a length or more older than the newest one or
// more than a day newer. A single such window comes of a wrong timestamp and may
// not make the others look old, so it stands alone. If the next window follows it,
// the clock really is there, and the service starts afresh.
func (r *Roster[R]) Open(name string, start int64) *Service[R] {
	r.sweep()
	s := r.services[name]
	if s == nil {
		if len(r.services) >= MaxServices {
			r.refused++
			return nil
		}
		s = r.Enrol(name, start)
	}
	s.heard = r.Now()
	ahead, follows := start-s.Newest, s.strayed && start >= s.stray && start-s.stray <= r.rules.Length
	switch {
	case ahead > -r.rules.Length && ahead <= r.ahead:
		s.Newest = max(s.Newest, start)
	case follows:
		r.clients -= len(s.Clients)
		*s = Service[R]{Newest: start, heard: s.heard}
	default:
		s.stray, s.strayed = start, true
		return nil
	}
	s.strayed = false
	r.forget(s)
	return s
}

// Close drops the service, which may be nil, if there is nothing in it.
func (r *Roster[R]) Close(name string, s *Service[R]) {
	if s != nil && r.empty(s) {
		delete(r.services, name)
	}
}

func (r *Roster[R]) empty(s *Service[R]) bool {
	return len(s.Clients) == 0 && !r.rules.Fresh(s.Rest, s.Newest)
}

// forget drops the records that are no longer fresh.
func (r *Roster[R]) forget(s *Service[R]) {
	for client, record := range s.Clients {
		if !r.rules.Fresh(record, s.Newest) {
			delete(s.Clients, client)
			r.clients--
		}
	}
	if !r.rules.Fresh(s.Rest, s.Newest) {
		var none R
		s.Rest = none
	}
	s.shrink()
}

// shrink moves few clients out of a map made for many, as maps only grow.
func (s *Service[R]) shrink() {
	const small = 64
	if s.peak <= small || len(s.Clients) > s.peak/4 {
		return
	}
	clients := make(map[string]R, len(s.Clients))
	maps.Copy(clients, s.Clients)
	s.Clients, s.peak = clients, len(clients)
}
