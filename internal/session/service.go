package session

import (
	"maps"
	"time"
)

const (
	// maxServices bounds the services that are followed; it is more than a tracker
	// may have at a time.
	maxServices = 100_001

	// day is how far ahead of the windows before a window may be.
	day = 24 * time.Hour
)

// service is the open sessions of one service.
type service struct {
	newest  time.Time // start of the newest window that was in line
	heard   time.Time // when a window last came, by the clock on the wall
	clients map[string]record
	peak    int // most clients since the map was made

	stray   time.Time // start of the window before this one, if that was out of line
	strayed bool
}

// open takes up the service for the window that starts then. It returns nil for
// a window that leaves nothing behind: one out of line, or of a service too many.
//
// A window is out of line if it is a time-out or more older than the newest one or
// more than a day newer. A single such window comes of a wrong timestamp and may
// not end the sessions of the others, so it stands alone. If the next window
// follows it, the clock really is there, and the service starts afresh.
func (b *Book) open(name string, start time.Time) *service {
	s := b.services[name]
	if s == nil {
		if len(b.services) >= maxServices {
			b.refused++
			return nil
		}
		s = &service{newest: start}
		b.services[name] = s
	}
	s.heard = b.now()
	ahead := start.Sub(s.newest)
	follows := s.strayed && !start.Before(s.stray) && start.Sub(s.stray) <= b.idle
	switch {
	case ahead > -b.idle && ahead <= day:
		if ahead > 0 {
			s.newest = start
		}
	case follows:
		b.clients -= len(s.clients)
		*s = service{newest: start, heard: s.heard}
	default:
		s.stray, s.strayed = start, true
		return nil
	}
	s.strayed = false
	b.clients -= s.forget(s.newest.Add(-b.idle).UnixNano())
	return s
}

// close drops the service if nobody has a session.
func (b *Book) close(name string, s *service) {
	if s != nil && len(s.clients) == 0 {
		delete(b.services, name)
	}
}

// forget drops the sessions that ended before then and returns how many those
// were.
func (s *service) forget(ended int64) int {
	before := len(s.clients)
	for client, r := range s.clients {
		if r.last < ended {
			delete(s.clients, client)
		}
	}
	s.shrink()
	return before - len(s.clients)
}

// shrink moves few clients out of a map made for many, as maps only grow.
func (s *service) shrink() {
	const small = 64
	if s.peak <= small || len(s.clients) > s.peak/4 {
		return
	}
	clients := make(map[string]record, len(s.clients))
	maps.Copy(clients, s.clients)
	s.clients, s.peak = clients, len(clients)
}

// follow keeps the client's session.
func (s *service) follow(client string, r record) {
	if s.clients == nil {
		s.clients = make(map[string]record)
	}
	s.clients[client] = r
	s.peak = max(s.peak, len(s.clients))
}

// sweep forgets, ten times a time-out, the services without a window for two
// time-outs. It goes by the clock on the wall: the windows of other services say
// nothing, as their clocks may be wrong or their spans delayed.
func (b *Book) sweep() {
	now := b.now()
	if now.Sub(b.swept) < b.idle/10 {
		return
	}
	b.swept = now
	for name, s := range b.services {
		if now.Sub(s.heard) > 2*b.idle {
			b.clients -= len(s.clients)
			delete(b.services, name)
		}
	}
}
