package traffic

import (
	"slices"
	"time"
	"unsafe"
)

// retirement is after how long without a call a service may be forgotten.
const retirement = time.Hour

// sparePanes is how many unused panes a service keeps: one, since in live traffic
// a window is judged before the next but one begins.
const sparePanes = 1

// spareBytes is how large an unused pane may be without having been filled to two
// thirds the last time: memory that a flood needed is let go of.
const spareBytes = 256 << 10

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
		p.partial = partial || s.partial(p.index)
		s.quiet++
		if p.entities[totalPosition].calls > 0 {
			s.quiet = 0
			s.busy = min(s.busy+1, settledAfter)
		}
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
	s.entities, s.times = len(p.entities), len(p.times)
	clients := &s.tracker.limits.clients
	oldest := p.index - keepClients
	if clients.used.Load() > clients.limit/2 {
		oldest = p.index
	}
	clients.give(s.clients.close(p.index, oldest))
}

// advance moves the watermark of an idle service with the wall clock, so that
// its windows close without further calls. Time in which nobody watched, such as
// that of a suspended machine, does not count.
func (s *Service) advance(now, unwatched int64) (dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		return 0
	}
	s.arrival += unwatched
	mark := min(s.latest+(now-s.arrival), now)
	if mark <= s.watermark {
		return 0
	}
	s.watermark = mark
	return s.closeUntil(FloorDiv(mark-s.tracker.lateness, s.tracker.window), false)
}

// retire ends a service that has had no call for so long that all its windows
// are closed; it tells whether it did.
func (s *Service) retire(now int64) bool {
	if !s.mu.TryLock() {
		return false // it is adding, so it is not gone
	}
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
	return s.closeOpen()
}

// closeOpen closes the open windows before their time.
func (s *Service) closeOpen() (dropped int) {
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
	if len(s.spare) == 0 {
		return new(pane)
	}
	p := s.spare[0] // in turn, so that each shows whether it is still well filled
	s.spare = slices.Delete(s.spare, 0, 1)
	return p
}

// recycle takes a pane back when its window has been judged.
func (s *Service) recycle(p *pane) {
	s.tracker.limits.pairs.give(p.pairs.used)
	s.tracker.limits.timestamps.give(p.granted)
	held, used := p.bytes()
	s.spareMu.Lock()
	defer s.spareMu.Unlock()
	if len(s.spare) < sparePanes && (held <= spareBytes || 2*held <= 3*used) {
		s.spare = append(s.spare, p)
	}
}

// bytes are those that a pane holds on to, and those that its calls needed.
func (p *pane) bytes() (held, used int) {
	const client, pair = int(unsafe.Sizeof(entity{})+unsafe.Sizeof(aside{})) + 16, int(unsafe.Sizeof(place[uint32]{}))
	held = client*cap(p.entities) + 8*cap(p.times) + pair*len(p.pairs.places)
	used = client*len(p.entities) + 8*len(p.times) + 2*pair*p.pairs.used
	return held, used
}
