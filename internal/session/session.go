// Package session puts the windows of a client together to sessions: runs of
// calls without a pause longer than an idle time-out. It keeps the open sessions
// of all clients of all services, in bounded memory and none of it on disk: after
// a restart, sessions begin anew.
package session

import (
	"math"
	"time"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// Session is what a client of a service did so far since its last long pause.
// The zero value has no calls.
type Session struct {
	First, Last time.Time // of its first and its last call, UTC
	Calls       int64
	// DistinctEndpoints is exact in the first window; what later ones add to it is
	// estimated by traffic.Sketch, and therefore little from some 150 on.
	DistinctEndpoints int64
}

// Length is the time from the first call to the last.
func (s *Session) Length() time.Duration { return s.Last.Sub(s.First) }

// record is an open session as it is kept, 40 bytes.
type record struct {
	first, last int64 // Unix time, ns
	endpoints   traffic.Sketch
	calls       int64
	distinct    int64 // endpoints
}

// recordOf is the session that the window alone would be.
func recordOf(v *traffic.Vector) record {
	first := v.FirstCall
	if first.IsZero() {
		first = v.Start
	}
	r := record{first: first.UnixNano(), endpoints: v.Endpoints, calls: v.TotalCalls, distinct: v.DistinctEndpoints}
	if v.Truncated {
		r.distinct = max(r.distinct, int64(v.Endpoints.Count()))
	}
	r.last = r.first
	if v.SessionLength > 0 { // which NaN is not
		r.last += int64(math.Round(min(v.SessionLength, traffic.MaxWindow.Seconds()) * float64(time.Second)))
	}
	return r
}

func (r *record) session() Session {
	return Session{
		First: time.Unix(0, r.first).UTC(), Last: time.Unix(0, r.last).UTC(),
		Calls: r.calls, DistinctEndpoints: min(max(r.distinct, 1), r.calls),
	}
}

// join adds the calls of another part of the same session.
func (r *record) join(part *record) {
	known := r.endpoints.Count()
	r.endpoints |= part.endpoints
	r.distinct = max(r.distinct+int64(r.endpoints.Count()-known), part.distinct)
	r.first, r.last = min(r.first, part.first), max(r.last, part.last)
	r.calls += min(part.calls, math.MaxInt64-r.calls)
}
