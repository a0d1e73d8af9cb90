package traffic

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// Positions of the two entities that every pane has.
const (
	totalPosition    = 0
	overflowPosition = 1
)

// inlineEndpoints is how many endpoints an entity counts without the pane's
// table: enough for most clients.
const inlineEndpoints = 7

type endpointCount struct{ id, calls uint32 }

// entity counts the calls of the service, of one client, or of the overflow in
// one window. It holds what every call touches, in two cache lines.
type entity struct {
	calls, failed, serverFailed, sized, direct uint32

	logged      uint32 // request times in the pane's log
	distinct    uint32 // endpoints
	dropped     bool   // request times were refused: the budget was spent
	truncated   bool   // endpoints beyond the cap
	dataOut     int64
	first, last int64 // offsets of the earliest and latest request, ns
	resources   Sketch
	endpoints   [inlineEndpoints]endpointCount
	most        endpointCount
}

// aside is what only few of an entity's calls write, apart from what all do.
type aside struct {
	exemplars [2]Exemplar
	endpoints Sketch // of those that the entity does not count itself
}

// pane is one window of one service while calls may still be added.
type pane struct {
	index     int64 // window number: start / length
	partial   bool  // calls of this window may have been missed
	entities  []entity
	names     []string // of the clients, by position
	asides    []aside  // by position
	endpoints *endpointTable
	calls     []uint32      // of the service, by endpoint id
	pairs     table[uint32] // calls by client and endpoint, see pairHash
	times     []uint64
	granted   int // request times the budget has given
	addresses addresses

	dbStatements, dbRows int64
	dbTime               int64
	dbRowsKnown          bool
}

// reset makes a recycled pane empty, keeping its memory, and makes room for as
// many entities and request times as the window before had: growing little by
// little would leave a pane a third larger than need be.
func (p *pane) reset(index int64, endpoints *endpointTable, entities, times int) {
	clear(p.names)
	p.pairs.clear()
	clear(p.calls)
	*p = pane{
		index:     index,
		entities:  append(slices.Grow(p.entities[:0], entities), entity{}, entity{}),
		names:     append(slices.Grow(p.names[:0], entities), "", ""),
		asides:    append(slices.Grow(p.asides[:0], entities), aside{}, aside{}),
		endpoints: endpoints,
		calls:     p.calls[:0],
		pairs:     p.pairs,
		times:     slices.Grow(p.times[:0], times),
	}
}

// enter adds an entity for a client and returns its position.
func (p *pane) enter(client string) uint32 {
	p.entities = append(p.entities, entity{})
	p.names = append(p.names, client)
	p.asides = append(p.asides, aside{})
	return uint32(len(p.entities) - 1)
}

// add files one call under one entity.
func (p *pane) add(position uint32, offset int64, endpoint uint32, call *apicall.Call, limits *limits) {
	e := &p.entities[position]
	if e.calls == 0 {
		e.first, e.last = offset, offset
		p.asides[position].exemplars[0] = Exemplar{call.TraceID, call.SpanID}
	} else if e.calls&(e.calls-1) == 0 { // the 2nd, 3rd, 5th, 9th, …: late ones, without a write for each
		p.asides[position].exemplars[1] = Exemplar{call.TraceID, call.SpanID}
	}
	e.first, e.last = min(e.first, offset), max(e.last, offset)
	if e.calls < math.MaxUint32 {
		e.calls++
	}
	switch {
	case call.Status >= 400 && call.Status < 500:
		e.failed++
	case call.Status >= 500 && call.Status < 600:
		e.serverFailed++
	}
	if call.ResponseSize >= 0 {
		e.sized++
		e.dataOut += min(call.ResponseSize, math.MaxInt64-e.dataOut)
	}
	if !call.HasParent {
		e.direct++
	}
	if position == totalPosition {
		p.countEndpoint(e, endpoint)
	} else {
		e.resources.Add(call.Path)
		p.countPair(e, position, endpoint, limits)
	}
	p.log(e, position, offset, limits)
}

// countEndpoint counts a call of the service by endpoint.
func (p *pane) countEndpoint(e *entity, id uint32) {
	for uint32(len(p.calls)) <= id {
		p.calls = append(p.calls, 0)
	}
	p.calls[id]++
	if p.calls[id] == 1 {
		e.distinct++
	}
	if p.calls[id] > e.most.calls {
		e.most = endpointCount{id, p.calls[id]}
	}
	e.truncated = e.truncated || id == otherEndpoint
}

// countPair counts a call of a client by endpoint.
func (p *pane) countPair(e *entity, position, id uint32, limits *limits) {
	calls, known := p.bumpPair(e, position, id, limits)
	if !known {
		e.truncated = true
		return
	}
	if calls == 1 {
		e.distinct++
	}
	if calls > e.most.calls {
		e.most = endpointCount{id, calls}
	}
	e.truncated = e.truncated || id == otherEndpoint
}

func (p *pane) bumpPair(e *entity, position, id uint32, limits *limits) (calls uint32, known bool) {
	for i := range e.endpoints {
		slot := &e.endpoints[i]
		if slot.calls == 0 || slot.id == id {
			slot.id = id
			slot.calls++
			return slot.calls, true
		}
	}
	pair := pairHash(position, id)
	count := p.pairs.find(pair)
	if count == nil {
		p.asides[position].endpoints |= p.endpoints.alone[id]
		if !limits.pairs.take(1) {
			return 0, false
		}
		count = p.pairs.insert(pair)
	}
	*count++
	return *count, true
}

// pairSecret makes it unpredictable which pairs are neighbours in the table.
var pairSecret = rand.Uint64()

// pairHash is the hash of a client and an endpoint, and no other pair has the
// same: a permutation of the pairs (that of SplitMix64).
func pairHash(position, endpoint uint32) uint64 {
	h := (uint64(position)<<32 | uint64(endpoint)) ^ pairSecret
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return max(1, h^h>>31)
}

// log keeps the request's time for the median, if its entity's sample has it.
func (p *pane) log(e *entity, position uint32, offset int64, limits *limits) {
	s := limits.sampler(position)
	if !s.keeps(offset, s.level(e.calls)) {
		return
	}
	if len(p.times) == p.granted {
		if !limits.timestamps.take(timestampGrant) {
			e.dropped = true
			return
		}
		p.granted += timestampGrant
	}
	p.times = append(p.times, uint64(position)<<offsetBits|uint64(offset))
	e.logged++
}

// addStatement files a database statement under the service.
func (p *pane) addStatement(st *apicall.Statement) {
	p.dbStatements++
	p.dbTime += max(0, st.End-st.Start)
	if st.Rows >= 0 {
		p.dbRowsKnown = true
		p.dbRows += min(st.Rows, math.MaxInt64-p.dbRows)
	}
}
