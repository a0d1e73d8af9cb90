package traffic

import (
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Window is a closed window of one service.
type Window struct {
	Service string
	Start   time.Time // UTC, aligned to the length
	End     time.Time
	Partial bool // calls may be missing: the first window, or cut short by a shutdown

	// Resolution of the timestamps: gaps below it cannot be told from 0.
	Resolution time.Duration

	service   *Service
	pane      *pane
	endpoints []Endpoint // by id; the table itself goes on growing
	alone     []Sketch   // of each endpoint, by id

	sorted  []int64 // offsets of the requests, by entity
	bounds  []int   // of each entity's part of sorted
	offsets []int64 // scratch for medians
}

func newWindow(s *Service, p *pane) *Window {
	length := s.tracker.window
	return &Window{
		Service:    s.name,
		Start:      time.Unix(0, p.index*length).UTC(),
		End:        time.Unix(0, (p.index+1)*length).UTC(),
		Partial:    p.partial,
		Resolution: s.coarse.resolution(),
		service:    s,
		pane:       p,
		endpoints:  p.endpoints.names,
		alone:      p.endpoints.alone,
	}
}

// Release gives the window's memory back; the window must not be used again,
// its vectors may be.
func (w *Window) Release() {
	w.service.tracker.limits.waiting.give(len(w.pane.entities))
	w.service.recycle(w.pane)
	w.pane = nil
}

// Vectors appends the window's vectors to dst: the total first, then the
// overflow if it has calls, then each client with calls.
func (w *Window) Vectors(dst []Vector) []Vector {
	w.sortTimes()
	dst = slices.Grow(dst, len(w.pane.entities))
	for position := range w.pane.entities {
		if position == overflowPosition && w.pane.entities[position].calls == 0 {
			continue
		}
		dst = append(dst, w.vector(position))
	}
	w.sorted, w.bounds = nil, nil // a word for each call; let go of them before the window is judged
	return dst
}

func (w *Window) vector(position int) Vector {
	p := w.pane
	e := &p.entities[position]
	v := Vector{
		Service:           w.Service,
		Client:            p.names[position],
		Start:             w.Start,
		InterAPIAccess:    absent,
		APIAccessUnique:   absent,
		TotalCalls:        int64(e.calls),
		MaxAPICall:        int64(e.most.calls),
		DataOut:           absent,
		NumFailed:         int64(e.failed),
		NumServerFailed:   int64(e.serverFailed),
		DistinctEndpoints: int64(e.distinct),
		SessionLength:     float64(e.last-e.first) / float64(time.Second),
		Endpoints:         w.endpointSketch(position),
		Resources:         e.resources,
		DBStatements:      absent,
		DBReturnedRows:    absent,
		DBTime:            absent,
		Sized:             int64(e.sized),
		Direct:            int64(e.direct),
		TimesLost:         e.dropped,
		Truncated:         e.truncated,
		Exemplars:         p.asides[position].exemplars,
	}
	if e.calls > 0 {
		v.FirstCall = w.Start.Add(time.Duration(e.first))
		v.APIAccessUnique = float64(e.distinct) / float64(e.calls)
		v.MaxAPIEndpoint = w.endpoints[e.most.id]
	}
	if e.sized > 0 {
		v.DataOut = float64(e.dataOut)
	}
	v.InterAPIAccess, v.Sampled = w.interAPIAccess(position)
	switch position {
	case totalPosition:
		v.Role = Total
		v.DBStatements = float64(p.dbStatements)
		v.DBTime = float64(p.dbTime) / float64(time.Second)
		if p.dbRowsKnown {
			v.DBReturnedRows = float64(p.dbRows)
		}
	case overflowPosition:
		v.Role = Overflow
		v.Addresses = p.addresses.count()
	}
	return v
}

// endpointSketch is put together here, as most of it follows from the counts.
func (w *Window) endpointSketch(position int) Sketch {
	s := w.pane.asides[position].endpoints
	for _, count := range w.pane.entities[position].endpoints {
		if count.calls > 0 {
			s |= w.alone[count.id]
		}
	}
	if position == totalPosition {
		for id, calls := range w.pane.calls {
			if calls > 0 {
				s |= w.alone[id]
			}
		}
	}
	return s
}

// interAPIAccess is the median gap between the entity's requests in seconds,
// and the level of the sample that it was taken from.
func (w *Window) interAPIAccess(position int) (seconds float64, level int) {
	e := &w.pane.entities[position]
	s := w.service.tracker.limits.sampler(uint32(position))
	level = s.level(e.calls)
	times := w.sorted[w.bounds[position]:w.bounds[position+1]]
	offsets := w.offsets[:0]
	for _, offset := range times {
		if s.keeps(offset, level) {
			offsets = append(offsets, offset)
		}
	}
	slices.Sort(offsets)
	w.offsets = offsets
	gaps := s.gaps(offsets, level)
	if len(gaps) == 0 {
		return absent, level
	}
	return median(gaps) / float64(time.Second), level
}

// sortTimes groups the pane's request times by entity: a counting sort, which
// keeps the nearly sorted order of arrival.
func (w *Window) sortTimes() {
	p := w.pane
	w.bounds = make([]int, len(p.entities)+1)
	for position := range p.entities {
		w.bounds[position+1] = w.bounds[position] + int(p.entities[position].logged)
	}
	next := slices.Clone(w.bounds)
	w.sorted = make([]int64, len(p.times))
	for _, packed := range p.times {
		position := packed >> offsetBits
		w.sorted[next[position]] = int64(packed & offsetMask)
		next[position]++
	}
}

// EndpointShares are the service's endpoints with their calls, in no order.
func (w *Window) EndpointShares() []anomaly.Share {
	shares := make([]anomaly.Share, 0, len(w.pane.calls))
	for id, calls := range w.pane.calls {
		if calls > 0 {
			shares = append(shares, anomaly.Share{Name: w.endpoints[id].String(), Calls: int64(calls)})
		}
	}
	return shares
}
