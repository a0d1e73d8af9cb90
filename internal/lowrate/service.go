package lowrate

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
	judged   time.Time // when a window was last judged, by the clock on the wall
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
// not make the others look old, so it is judged alone. If the next window follows
// it, the clock really is there, and the service starts afresh.
func (d *Detector) open(name string, number int64) *service {
	s := d.services[name]
	if s == nil {
		if len(d.services) >= maxServices {
			d.refused++
			return nil
		}
		s = &service{newest: number}
		d.services[name] = s
	}
	s.judged = d.now()
	ahead, follows := number-s.newest, s.strayed && number >= s.stray && number-s.stray <= int64(d.period)
	switch {
	case ahead > -int64(d.period) && ahead <= d.day:
		s.newest = max(s.newest, number)
	case follows:
		d.clients -= len(s.clients)
		*s = service{newest: number, judged: s.judged}
	default:
		s.stray, s.strayed = number, true
		return nil
	}
	s.strayed = false
	d.clients -= s.forget(d.oldest(s))
	return s
}

// oldest is the number of the first window of the period.
func (d *Detector) oldest(s *service) int64 { return s.newest - int64(d.period) + 1 }

// close drops the service if nobody left a trail.
func (d *Detector) close(name string, s *service) {
	if s != nil && s.empty() {
		delete(d.services, name)
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

// sweep forgets, ten times a period, the services that were not judged for two
// periods. It goes by the clock on the wall: the windows of other services say
// nothing, as their clocks may be wrong or their spans delayed.
func (d *Detector) sweep() {
	now := d.now()
	if now.Sub(d.swept) < d.settings.Period/10 {
		return
	}
	d.swept = now
	for name, s := range d.services {
		if s.empty() || now.Sub(s.judged) > 2*d.settings.Period {
			d.clients -= len(s.clients)
			delete(d.services, name)
		}
	}
}
