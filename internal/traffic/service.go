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
	first     int64 // number of the window of the first call: calls before it were not seen
	next      int64 // number of the oldest window that is still open
	watermark int64 // largest event time, never past the wall clock, ns
	arrival   int64 // wall clock of the last addition, ns
	latest    int64 // watermark at that time
	clients   clientTable
	endpoints *endpointTable
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
	s.arrival, s.latest = now, s.watermark
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
	s.arrival, s.latest = now, s.watermark
	return added
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
	index := floorDiv(at, t.window)
	mark := min(at, now)
	if !s.started {
		s.started, s.first, s.quiet = true, index, t.silence // nothing is missing before the first call
		s.watermark = mark
		s.next = floorDiv(mark-t.lateness, t.window)
	}
	if mark > s.watermark {
		s.watermark = mark
		if s.completes(mark) {
			added.Dropped += s.closeUntil(floorDiv(mark-t.lateness, t.window), false)
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
		p.reset(index, s.endpoints)
		p.partial = index <= s.first
		*slot = p
	}
	return *slot
}
