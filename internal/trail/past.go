// Package trail remembers, for each client of each service, what it did in the
// last half hour or so: a step for each window with calls, and their sum, its past.
package trail

import "github.com/spanwarden/spanwarden/internal/traffic"

// Past is what a client did in the period that ends with the window judged, that
// window included.
type Past struct {
	Windows       int // with calls
	Calls, Failed int // failed with 4xx
	MostEndpoints int // distinct endpoints in the window that has most

	// Endpoints and Resources are sketches of the distinct endpoints and raw paths
	// of the period. They cover only a part of it if Partial is set, as in the
	// first period after a restart, which sketches do not survive.
	Endpoints, Resources traffic.Sketch
	Partial              bool
}

func (p *Past) add(s *step) {
	p.Windows++
	p.Calls += int(s.calls)
	p.Failed += int(s.failed)
	p.MostEndpoints = max(p.MostEndpoints, int(s.distinct))
	p.Endpoints |= s.endpoints
	p.Resources |= s.resources
	p.Partial = p.Partial || s.partial
}
