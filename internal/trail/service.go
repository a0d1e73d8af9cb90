package trail

import (
	"maps"
	"time"
)

// maxServices bounds the services that are followed; it is more than a tracker
// may have at a time.
const maxServices = 100_001

// service is the trails of one service.
type service struct {
	newest   int64     // number of the newest window that was in line
	heard    time.Time // when a window last came, by the clock on the wall
	clients  map[string]*trail
	peak     int   // most clients since the map was made
	overflow trail // apart from the clients: it needs no place and no client can take its name

	stray   int64 // number of the window before this one, if that was out of line
	strayed bool
}

// open takes up the service for the window with that number. It returns nil for
// a window that leaves no trail: one out of line, or of a service too many.
//
// A window is out of line if it is a period or more older than the newest one or
// more than a day newer. A single such window comes of a wrong timestamp and may
// not make the others look old, so it stands alone. If the next window follows
// it, the clock really is there, and the service starts afresh.
func (b *Book) open(name string, number int64) *service {
	s := b.services[name]
	if s == nil {
		if len(b.services) >= maxServices {
			b.refused++
			return nil
		}
		s = &service{newest: number}
		b.services[name] = s
	}
	s.heard = b.now()
	ahead, follows := number-s.newest, s.strayed && number >= s.stray && number-s.stray <= int64(b.period)
	switch {
	case ahead > -int64(b.period) && ahead <= b.day:
		s.newest = max(s.newest, number)
	case follows:
		b.clients -= len(s.clients)
		*s = service{newest: number, heard: s.heard}
	default:
		s.stray, s.strayed = number, true
		return nil
	}
	s.strayed = false
	b.clients -= s.forget(b.oldest(s))
	return s
}

// oldest is the number of the first window of the period.
func (b *Book) oldest(s *service) int64 { return s.newest - int64(b.period) + 1 }

// close drops the service if nobody left a trail.
func (b *Book) close(name string, s *service) {
	if s != nil && s.empty() {
		delete(b.services, name)
	}
}

func (s *service) empty() bool { return len(s.clients) == 0 && len(s.overflow.steps) == 0 }

// forget drops the clients without a request since the window numbered oldest
// and returns how many those were.
func (s *service) forget(oldest int64) int {
	before := len(s.clients)
	for client, t := range s.clients {
		if t.last < oldest {
			delete(s.clients, client)
		}
	}
	if s.overflow.last < oldest {
		s.overflow = trail{}
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
	clients := make(map[string]*trail, len(s.clients))
	maps.Copy(clients, s.clients)
	s.clients, s.peak = clients, len(clients)
}

// follow gives the client, who has none yet, this trail.
func (s *service) follow(client string, t *trail) {
	if s.clients == nil {
		s.clients = make(map[string]*trail)
	}
	s.clients[client] = t
	s.peak = max(s.peak, len(s.clients))
}

// length of the period.
func (b *Book) length() time.Duration { return time.Duration(b.period) * b.window }

// sweep forgets, ten times a period, the services without a window for two
// periods. It goes by the clock on the wall: the windows of other services say
// nothing, as their clocks may be wrong or their spans delayed.
func (b *Book) sweep() {
	now := b.now()
	if now.Sub(b.swept) < b.length()/10 {
		return
	}
	b.swept = now
	for name, s := range b.services {
		if s.empty() || now.Sub(s.heard) > 2*b.length() {
			b.clients -= len(s.clients)
			delete(b.services, name)
		}
	}
}
