package dos

import (
	"math"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// point is what the test keeps of a window.
type point struct {
	Calls   int64   `json:"calls"`
	Gap     float64 `json:"gap"`      // s; floored at the clock's resolution; the whole window if there was at most one call
	DataOut float64 `json:"data_out"` // By; negative: sizes are absent
	Flood   bool    `json:"flood,omitempty"`

	Clients   []anomaly.Share `json:"-"`
	Endpoints []anomaly.Share `json:"-"`
}

func newPoint(v *traffic.Vector, resolution, window time.Duration) point {
	p := point{Calls: v.TotalCalls, Gap: v.InterAPIAccess, DataOut: v.DataOut}
	switch {
	case !math.IsNaN(p.Gap):
	case v.TotalCalls > 1:
		// The sample of the gaps missed them all: the mean stands in for the median.
		p.Gap = v.SessionLength / float64(v.TotalCalls-1)
	default:
		p.Gap = window.Seconds()
	}
	p.Gap = max(p.Gap, resolution.Seconds(), time.Nanosecond.Seconds())
	switch {
	case v.TotalCalls == 0:
		p.DataOut = 0
	case math.IsNaN(v.DataOut) || v.Sized*2 < v.TotalCalls:
		// The sum over a few of the calls would follow their share.
		p.DataOut = -1
	}
	return p
}

// factor is dos_factor = data_out · total_calls / inter_api_access (API-TAD,
// section III), without data_out where the service does not tell sizes.
func (p point) factor(sized bool) float64 {
	f := float64(p.Calls) / p.Gap
	if sized {
		f *= p.DataOut
	}
	return f
}

// Factor is the DoS factor of a service's window, By/s, and whether response
// sizes are part of it; without them it is in 1/s. They are if at least half of
// the calls tell theirs.
func Factor(total *traffic.Vector, resolution, window time.Duration) (factor float64, sized bool) {
	p := newPoint(total, resolution, window)
	sized = p.Calls > 0 && p.DataOut > 0
	return p.factor(sized), sized
}

// tellsSizes says whether data_out can be part of the factor over these windows:
// every window with calls must have it, and it must not be 0 throughout.
func tellsSizes(points []point, calm *point) bool {
	if calm != nil && calm.DataOut < 0 {
		return false
	}
	some := false
	for _, p := range points {
		if p.DataOut < 0 {
			return false
		}
		some = some || p.DataOut > 0
	}
	return some
}
