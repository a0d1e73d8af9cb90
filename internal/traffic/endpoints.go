package traffic

import (
	"math/bits"
	"strings"
)

// otherEndpoint is the id of OtherEndpoint in every table.
const otherEndpoint = 0

// endpointTable gives the endpoints of a service small numbers. It only grows,
// so closed windows may read it while the service goes on adding; a service
// starts a fresh table when one fills up, so endpoints that a scanner made up
// are forgotten.
type endpointTable struct {
	ids   table[uint32]
	names []Endpoint
	alone []Sketch // each endpoint's own sketch, the same in all tables
	cap   int
}

func newEndpointTable(limit int) *endpointTable {
	return &endpointTable{
		names: []Endpoint{otherEndpoint: OtherEndpoint},
		alone: []Sketch{otherEndpoint: sketchOf(endpointHash(OtherEndpoint.Method, OtherEndpoint.Route))},
		cap:   limit,
	}
}

// endpointHash is never 0.
func endpointHash(method, route string) uint64 {
	return max(1, bits.RotateLeft64(hash(route), 1)^hash(method))
}

// id of the endpoint, whose strings may be borrowed.
func (t *endpointTable) id(method, route string) uint32 {
	method, route = bounded(method), bounded(route)
	h := endpointHash(method, route)
	if id := t.ids.find(h); id != nil {
		return *id
	}
	if t.ids.used >= t.cap {
		return otherEndpoint
	}
	id := uint32(len(t.names))
	*t.ids.insert(h) = id
	t.names = append(t.names, Endpoint{strings.Clone(method), strings.Clone(route)})
	t.alone = append(t.alone, sketchOf(h))
	return id
}

// crowded says that the table should be started afresh.
func (t *endpointTable) crowded() bool { return t.ids.used > t.cap*3/4 }

// maxName is the most bytes of a name that is kept.
const maxName = 256

func bounded(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "")
}
