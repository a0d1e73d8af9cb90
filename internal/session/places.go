package session

import "time"

// What a session is worth is its calls, up to so many, and among those with as
// many how long ago its last one was, as a part of the time-out.
const (
	meritCalls = 256
	meritAges  = 32
)

// place says whether there is a place for one more client, and makes room if not.
func (b *Book) place(start time.Time) bool {
	if b.clients < b.limit || b.makeRoom(start) {
		return true
	}
	b.refused++
	return false
}

// makeRoom gives up a tenth of the places, those of the clients with the least to
// show, and says whether it could. It does so once a window: whoever comes with
// many new addresses can take no more than that from the others, and first from
// his own of the windows before. All sessions are looked at, twice, which the new
// clients that fit in then make up for.
func (b *Book) makeRoom(start time.Time) bool {
	if b.limit <= 0 || b.roomMade && b.roomAt.Equal(start) {
		return false
	}
	b.roomMade, b.roomAt = true, start

	var counts [meritCalls * meritAges]int
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

// each calls f with every client and its merit. Sessions of a service without
// windows for a while grow old by the clock on the wall.
func (b *Book) each(f func(s *service, client string, merit int)) {
	now := b.now()
	for _, s := range b.services {
		silent := max(0, now.Sub(s.heard))
		for client, r := range s.clients {
			pause := max(0, time.Duration(s.newest.UnixNano()-r.last)) + silent
			age := min(int(pause/(b.idle/meritAges+1)), meritAges-1)
			f(s, client, int(min(r.calls, meritCalls-1))*meritAges+meritAges-1-age)
		}
	}
}
