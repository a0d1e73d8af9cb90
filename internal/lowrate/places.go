package lowrate

import "github.com/spanwarden/spanwarden/internal/traffic"

// trail of an entity of a service; nil if it is not to have one.
func (d *Detector) trail(s *service, v *traffic.Vector, number int64) *trail {
	if s == nil {
		return nil
	}
	if v.Role == traffic.Overflow {
		return &s.overflow
	}
	if t := s.clients[v.Client]; t != nil {
		return t
	}
	if d.clients >= d.limit && !d.makeRoom(number) {
		d.refused++
		return nil
	}
	t := new(trail)
	s.follow(v.Client, t)
	d.clients++
	return t
}

// makeRoom gives up a tenth of the places, those of the clients with the least to
// show, and says whether it could. It does so once a window: whoever comes with
// many new addresses can take no more than that from the others, and first from
// his own of the windows before. All trails are looked at, twice, which the new
// clients that fit in then make up for.
func (d *Detector) makeRoom(number int64) bool {
	if d.limit <= 0 || d.roomMade && d.roomAt == number {
		return false
	}
	d.roomMade, d.roomAt = true, number

	counts := make([]int, (d.period+1)*d.period)
	d.each(func(_ *service, _ string, merit int) { counts[merit]++ })
	left := (d.limit + 9) / 10
	bar := 0 // all below it go, and the rest of those left from the ones on it
	for ; bar < len(counts)-1 && counts[bar] <= left; bar++ {
		left -= counts[bar]
	}
	d.each(func(s *service, client string, merit int) {
		if merit > bar || merit == bar && left == 0 {
			return
		}
		if merit == bar {
			left--
		}
		delete(s.clients, client)
		d.clients--
	})
	return d.clients < d.limit
}

// each calls f with every client and its merit, in [0, (period+1) * period): a
// client with more steps is worth more, and of those with as many the one with
// the newest step. Trails of a service that was not judged for a while grow old
// by the clock on the wall.
func (d *Detector) each(f func(s *service, client string, merit int)) {
	now := d.now()
	for _, s := range d.services {
		idle := int64(now.Sub(s.judged) / d.window)
		for client, t := range s.clients {
			age := max(0, min(s.newest-t.last+idle, int64(d.period)-1))
			f(s, client, len(t.steps)*d.period+d.period-1-int(age))
		}
	}
}
