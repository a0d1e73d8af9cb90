package trail

import "github.com/spanwarden/spanwarden/internal/traffic"

// trail of an entity of a service; nil if it is not to have one.
func (b *Book) trail(s *service, v *traffic.Vector, number int64) *trail {
	switch {
	case s == nil:
		return nil
	case v.Role == traffic.Overflow:
		return &s.overflow
	case v.Client == "": // nobody in particular
		return nil
	}
	if t := s.clients[v.Client]; t != nil {
		return t
	}
	if b.clients >= b.limit && !b.makeRoom(number) {
		b.refused++
		return nil
	}
	t := new(trail)
	s.follow(v.Client, t)
	b.clients++
	return t
}

// makeRoom gives up a tenth of the places, those of the clients with the least to
// show, and says whether it could. It does so once a window: whoever comes with
// many new addresses can take no more than that from the others, and first from
// his own of the windows before. All trails are looked at, twice, which the new
// clients that fit in then make up for.
func (b *Book) makeRoom(number int64) bool {
	if b.limit <= 0 || b.roomMade && b.roomAt == number {
		return false
	}
	b.roomMade, b.roomAt = true, number

	counts := make([]int, (b.period+1)*b.period)
	b.each(func(_ *service, _ string, merit int) { counts[merit]++ })
	left := (b.limit + 9) / 10
	bar := 0 // all below it go, and the rest of those left from the ones on it
	for ; bar < len(counts)-1 && counts[bar] <= left; bar++ {
		left -= counts[bar]
	}
	b.each(func(s *service, client string, merit int) {
		if merit > bar || merit == bar && left == 0 {
			return
		}
		if merit == bar {
			left--
		}
		delete(s.clients, client)
		b.clients--
	})
	return b.clients < b.limit
}

// each calls f with every client and its merit, in [0, (period+1) * period): a
// client with more steps is worth more, and of those with as many the one with
// the newest step. Trails of a service without windows for a while grow old by
// the clock on the wall.
func (b *Book) each(f func(s *service, client string, merit int)) {
	now := b.now()
	for _, s := range b.services {
		idle := int64(now.Sub(s.heard) / b.window)
		for client, t := range s.clients {
			age := max(0, min(s.newest-t.last+idle, int64(b.period)-1))
			f(s, client, len(t.steps)*b.period+b.period-1-int(age))
		}
	}
}
