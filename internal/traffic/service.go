package traffic

import (
	"sync"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// Service keeps the open windows of one service. Safe for concurrent use.
type Service struct {
	name    string
	tracker *Tracker

	mu        sync.Mutex
	panes     [openPanes]*pane // by window number modulo openPanes
	started   bool
	retired   bool  // the tracker has forgotten the service; a new one has taken its place
	first     int64 // number of the window in which watching began: it has missed calls
	busy      int   // windows with calls since then, up to settledAfter
	next      int64 // number of the oldest window that is still open
	watermark int64 // largest event time, never past the wall clock, ns
	arrival   int64 // wall clock of the last addition, ns
	latest    int64 // watermark at that time
	clients   clientTable
	endpoints *endpointTable
	entities  int // in the latest closed window
	times     int // request times in the latest closed window
	coarse    clock
	quiet     int    // windows closed since the last one with a call
	touched   uint64 // what was only fetched, so that the compiler does not leave it out

	spareMu sync.Mutex // apart from mu: panes come back while a window waits to be taken
	spare   []*pane
}

// Added counts what became of the calls or statements handed to a service.
type Added struct {
	Counted int // filed under their window
	Late    int // their window was closed already
	Future  int // further ahead than a window: counted, at the wall clock's time
	Dropped int // the window could not be judged in time and was given up
}

// Add files calls under their windows. now is the wall clock in ns; the calls'
// strings may be borrowed.
func (s *Service) Add(calls []apicall.Call, now int64) Added {
	s = s.lock()
	defer s.mu.Unlock()
	var added Added
	for len(calls) > 0 {
		calls = calls[s.file(calls, now, &added):]
	}
	s.heard(now, added)
	return added
}

// AddStatements files database statements under their windows.
func (s *Service) AddStatements(statements []apicall.Statement, now int64) Added {
	s = s.lock()
	defer s.mu.Unlock()
	var added Added
	for i := range statements {
		if _, p := s.admit(statements[i].Start, now, &added); p != nil {
			p.addStatement(&statements[i])
		}
	}
	s.heard(now, added)
	return added
}

// heard notes that the service is alive, unless all it sent was late.
func (s *Service) heard(now int64, added Added) {
	if added.Counted > 0 {
		s.arrival, s.latest = now, s.watermark
	}
}

// lock locks the service, or the one that has taken its place.
func (s *Service) lock() *Service {
	s.mu.Lock()
	for s.retired {
		s.mu.Unlock()
		s = s.tracker.Service(s.name)
		s.mu.Lock()
	}
	return s
}

// admit finds the open window for an event time, nil if it is closed. It moves
// the watermark, closing the windows that have become complete.
func (s *Service) admit(at, now int64, added *Added) (int64, *pane) {
	t := s.tracker
	if at > now+t.window {
		added.Future++
		at = now
	}
	index := FloorDiv(at, t.window)
	mark := min(at, now)
	switch {
	case !s.started:
		s.begin(at, now)
	case s.strayed(mark):
		added.Dropped += s.closeOpen()
		s.begin(at, now)
	}
	if mark > s.watermark {
		s.watermark = mark
		if s.completes(mark) {
			added.Dropped += s.closeUntil(FloorDiv(mark-t.lateness, t.window), false)
		}
	}
	if index < s.next {
		added.Late++
		return at, nil
	}
	added.Counted++
	return at, s.pane(index)
}

// completes tells whether a watermark closes windows.
func (s *Service) completes(mark int64) bool {
	return mark-s.tracker.lateness >= (s.next+1)*s.tracker.window
}

// pane returns the open window of that number.
func (s *Service) pane(index int64) *pane {
	slot := &s.panes[uint64(index)%openPanes]
	if *slot == nil {
		if s.endpoints.crowded() {
			s.endpoints = newEndpointTable(s.tracker.limits.endpoints)
		}
		p := s.blank()
		p.reset(index, s.endpoints, s.entities, s.times)
		*slot = p
	}
	return *slot
}
