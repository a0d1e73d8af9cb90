package traffic

import (
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// ahead is how many calls are filed together.
const ahead = 32

// filing is a call on its way into its window.
type filing struct {
	pane     *pane // nil if the window is closed
	offset   int64
	hash     uint64 // of the client
	endpoint uint32
	position uint32 // of the client in the pane
}

// file files the first calls, at least one, and returns how many. With many
// clients, most of what a call touches is not in the cache. So several calls are
// filed together, in passes, each of which asks for what the next one needs: the
// answers come while others are being asked for.
func (s *Service) file(calls []apicall.Call, now int64, added *Added) int {
	calls = calls[:s.together(calls, now)]
	var filings [ahead]filing
	for i := range calls {
		s.admitCall(&filings[i], &calls[i], now, added)
	}
	for i := range calls {
		s.touched ^= s.clients.touch(filings[i].hash)
	}
	for i := range calls {
		s.findClient(&filings[i], &calls[i])
	}
	for i := range calls {
		s.touched ^= filings[i].touchClient()
	}
	for i := range calls {
		s.touched ^= filings[i].touchPair()
	}
	for i := range calls {
		if f := &filings[i]; f.pane != nil {
			f.pane.add(totalPosition, f.offset, f.endpoint, &calls[i], s.tracker.limits)
			f.pane.add(f.position, f.offset, f.endpoint, &calls[i], s.tracker.limits)
		}
	}
	return len(calls)
}

// together is how many of the calls can be filed together: a window that one of
// them closes must have those before it.
func (s *Service) together(calls []apicall.Call, now int64) int {
	n := min(len(calls), ahead)
	if !s.started {
		return 1
	}
	for i := range calls[:n] {
		if s.completes(min(calls[i].Start, now)) {
			return max(1, i)
		}
	}
	return n
}

func (s *Service) admitCall(f *filing, call *apicall.Call, now int64, added *Added) {
	at, p := s.admit(call.Start, now, added)
	if f.pane = p; p == nil {
		return
	}
	if at == call.Start {
		s.coarse.observe(at)
	}
	f.offset = at - p.index*s.tracker.window
	f.endpoint = p.endpoints.id(call.Method, call.Route)
	f.hash = hash(bounded(call.Client))
}

// findClient finds the client's place in the pane, giving it one if it can.
func (s *Service) findClient(f *filing, call *apicall.Call) {
	if f.pane == nil {
		return
	}
	c := s.clients.find(f.hash)
	if c == nil {
		if !s.tracker.limits.clients.take(1) {
			f.pane.addresses.add(f.hash)
			f.position = overflowPosition
			return
		}
		c = s.clients.insert(f.hash)
		c.name = strings.Clone(bounded(call.Client))
	}
	c.last = max(c.last, f.pane.index)
	position := &c.position[uint64(f.pane.index)%openPanes]
	if *position == 0 {
		*position = f.pane.enter(c.name)
	}
	f.position = *position
}

// touchClient fetches the counts of the call's client.
func (f *filing) touchClient() uint64 {
	if f.pane == nil {
		return 0
	}
	e := &f.pane.entities[f.position]
	return uint64(e.calls) ^ uint64(e.resources)
}

// touchPair fetches the count of the client's calls to the endpoint, if it is
// not among the client's own.
func (f *filing) touchPair() uint64 {
	if f.pane == nil || f.pane.entities[f.position].endpoints[inlineEndpoints-1].calls == 0 {
		return 0
	}
	return f.pane.pairs.touch(pairHash(f.position, f.endpoint))
}
