package traffic

import "time"

// retirement is after how long without a call a service may be forgotten.
const retirement = time.Hour

// spareEntities is up to how many entities a pane may have had to be used again
// without having been well filled: it lets go of what a flood needed.
const spareEntities = 1024

// closeUntil closes the windows before number end, in order, and returns how
// many had to be given up. Windows without calls are closed too, so that a
// silent service is judged, but no more of them in a row than anybody looks
// back.
func (s *Service) closeUntil(end int64, partial bool) (dropped int) {
	for s.next < end {
		p := s.panes[uint64(s.next)%openPanes]
		if p == nil && s.quiet >= s.tracker.silence {
			s.next += s.emptyRun(end)
			continue
		}
		if p == nil {
			p = s.pane(s.next)
		}
		s.quiet++
		if p.entities[totalPosition].calls > 0 {
			s.quiet = 0
		}
		p.partial = p.partial || partial
		s.detach(p)
		if !s.tracker.send(newWindow(s, p)) {
			dropped++
		}
		s.next++
	}
	return dropped
}

// emptyRun is how many windows from next on, up to end, have no calls.
func (s *Service) emptyRun(end int64) int64 {
	for run := int64(1); run < openPanes && s.next+run < end; run++ {
		if s.panes[uint64(s.next+run)%openPanes] != nil {
			return run
		}
	}
	return end - s.next
}

// detach takes the pane out of the service and forgets the clients that have
// been gone for long.
func (s *Service) detach(p *pane) {
	s.panes[uint64(p.index)%openPanes] = nil
	clients := &s.tracker.limits.clients
	oldest := p.index - keepClients
	if clients.used.Load() > clients.limit/2 {
		oldest = p.index
	}
	clients.give(s.clients.close(p.index, oldest))
}

// advance moves the watermark of an idle service with the wall clock, so that
// its windows close without further calls.
func (s *Service) advance(now int64) (dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		return 0
	}
	mark := min(s.latest+(now-s.arrival), now)
	if mark <= s.watermark {
		return 0
	}
	s.watermark = mark
	return s.closeUntil(floorDiv(mark-s.tracker.lateness, s.tracker.window), false)
}

// retire ends a service that has had no call for so long that all its windows
// are closed; it tells whether it did.
func (s *Service) retire(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now-s.arrival < int64(retirement) || s.panes != [openPanes]*pane{} {
		return false
	}
	s.retired = true
	s.tracker.limits.clients.give(s.clients.used)
	return true
}

// flush closes all windows that have calls; they may lack later ones.
func (s *Service) flush() (dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := s.next
	for _, p := range s.panes {
		if p != nil {
			end = max(end, p.index+1)
		}
	}
	return s.closeUntil(end, true)
}

// blank returns an unused pane.
func (s *Service) blank() *pane {
	s.spareMu.Lock()
	defer s.spareMu.Unlock()
	if n := len(s.spare); n > 0 {
		p := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return p
	}
	return new(pane)
}

// recycle takes a pane back when its window has been judged.
func (s *Service) recycle(p *pane) {
	s.tracker.limits.pairs.give(p.pairs.used)
	s.tracker.limits.timestamps.give(p.granted)
	outgrown := cap(p.entities) > spareEntities && cap(p.entities) > 4*len(p.entities)
	s.spareMu.Lock()
	defer s.spareMu.Unlock()
	if !outgrown && len(s.spare) < openPanes {
		s.spare = append(s.spare, p)
	}
}
