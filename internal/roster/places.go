package roster

// Room says whether there is a place for one more client, and makes room if not.
// The client comes with the window that starts there.
func (r *Roster[R]) Room(start int64) bool {
	if r.Free() > 0 || r.makeRoom(start) {
		return true
	}
	r.refused++
	return false
}

// makeRoom gives up a tenth of the places, those of the clients with the least
// merit, and says whether it could. It does so once a window: whoever comes with
// many new addresses can take no more than that from the others, and first from
// his own of the windows before. All records are looked at, twice, which the new
// clients that fit in then make up for.
func (r *Roster[R]) makeRoom(start int64) bool {
	if r.rules.Limit <= 0 || r.roomMade && r.roomAt == start {
		return false
	}
	r.roomMade, r.roomAt = true, start

	counts := make([]int, r.rules.Merits)
	r.each(func(_ *Service[R], _ string, merit int) { counts[merit]++ })
	left := (r.rules.Limit + 9) / 10
	bar := 0 // all below it go, and the rest of those left from the ones on it
	for ; bar < len(counts)-1 && counts[bar] <= left; bar++ {
		left -= counts[bar]
	}
	r.each(func(s *Service[R], client string, merit int) {
		if merit > bar || merit == bar && left == 0 {
			return
		}
		if merit == bar {
			left--
		}
		delete(s.Clients, client)
		r.clients--
	})
	return r.Free() > 0
}

// each calls f with every client and its merit. Records of a service without
// windows for a while grow old by the clock on the wall.
func (r *Roster[R]) each(f func(s *Service[R], client string, merit int)) {
	now := r.Now()
	for _, s := range r.services {
		silence := int64(max(0, now.Sub(s.heard)) / r.rules.Tick)
		for client, record := range s.Clients {
			f(s, client, r.rules.Merit(record, s.Newest, silence))
		}
	}
}
