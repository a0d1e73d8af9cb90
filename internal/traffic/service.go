package traffic

import (
	"strings"
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
	clients   index // to slots
	slots     []clientSlot
	free      []uint32
	endpoints *endpointTable
	quiet     int // windows closed since the last one with a call

	fingerprints []fingerprint // of the calls that are being added
	fetched      uint32        // keeps fetch from being left out

	spareMu sync.Mutex // apart from mu: panes come back while a window waits to be taken
	spare   []*pane
}

// clientSlot is a client's place in the open panes.
type clientSlot struct {
	print    fingerprint
	name     string
	position [openPanes]uint32 // in the pane; 0 is none
	last     int64             // number of the last window with a call
	taken    bool
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
	s.fetch(calls)
	for i := range calls {
		call := &calls[i]
		at, p := s.admit(call.Start, now, &added)
		if p == nil {
			continue
		}
		p.coarse.observe(at)
		offset := at - p.index*s.tracker.window
		endpoint := p.endpoints.id(call.Method, call.Route)
		p.add(totalPosition, offset, endpoint, call, s.tracker.limits)
		p.add(s.position(p, s.fingerprints[i], call.Client), offset, endpoint, call, s.tracker.limits)
	}
	s.arrival, s.latest = now, s.watermark
	return added
}

// fetch reads the places where the calls will be counted. With many clients
// these are not in the cache; here the processor fetches several at a time,
// which it cannot do while it counts.
func (s *Service) fetch(calls []apicall.Call) {
	s.fingerprints = s.fingerprints[:0]
	for i := range calls {
		f := fingerprintOf(calls[i].Client)
		s.fingerprints = append(s.fingerprints, f)
		id, known := s.clients.find(f)
		if !known {
			continue
		}
		index := uint64(floorDiv(calls[i].Start, s.tracker.window)) % openPanes
		if p, position := s.panes[index], s.slots[id].position[index]; p != nil && position != 0 {
			s.fetched += p.entities[position].calls + p.entities[position].endpoints[0].calls
		}
	}
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
	if !s.started {
		s.started, s.first, s.quiet = true, index, t.silence // nothing is missing before the first call
		s.watermark = min(at, now)
		s.next = floorDiv(s.watermark-t.lateness, t.window)
	}
	if mark := min(at, now); mark > s.watermark {
		s.watermark = mark
		added.Dropped += s.closeUntil(floorDiv(mark-t.lateness, t.window), false)
	}
	if index < s.next {
		added.Late++
		return at, nil
	}
	added.Counted++
	return at, s.pane(index)
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

// position returns the client's place in the pane, giving it one if it can.
func (s *Service) position(p *pane, f fingerprint, client string) uint32 {
	id, known := s.clients.find(f)
	if !known {
		if !s.tracker.limits.clients.take(1) {
			p.addresses.add(f.hash)
			return overflowPosition
		}
		id = s.newClient(f, strings.Clone(bounded(client)))
	}
	c := &s.slots[id]
	c.last = max(c.last, p.index)
	position := &c.position[uint64(p.index)%openPanes]
	if *position == 0 {
		*position = p.enter(c.name, id)
	}
	return *position
}

func (s *Service) newClient(f fingerprint, name string) uint32 {
	slot := clientSlot{print: f, name: name, taken: true}
	id := uint32(len(s.slots))
	if n := len(s.free); n > 0 {
		id, s.free = s.free[n-1], s.free[:n-1]
		s.slots[id] = slot
	} else {
		s.slots = append(s.slots, slot)
	}
	s.clients.add(f, id)
	return id
}
