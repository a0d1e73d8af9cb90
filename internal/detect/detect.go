// Package detect is the seam between closed traffic windows and the detectors
// that judge them.
package detect

import (
	"math"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// Window is a closed window of one service as detectors see it. Detectors may
// keep its strings and vectors, not the slices.
type Window struct {
	*traffic.Window

	Total     traffic.Vector
	Clients   []traffic.Vector // the clients to be judged one by one, the overflow among them
	Pasts     []trail.Past     // of the clients, in the same order
	Busiest   []anomaly.Share  // clients with the most calls, judged or not, largest first
	Endpoints []anomaly.Share  // endpoints with the most calls, largest first
}

// Detector judges windows. Windows of one service come in order; calls are never
// concurrent.
type Detector interface {
	// Judge reports what is wrong in this window, each time as long as it goes
	// on; whether that is news is for the alarm book to say. It fills in what it
	// knows of an event: kind, detector, rule, offender, score and texts.
	Judge(w *Window, report func(anomaly.Event))
}

// Stateful is a detector whose baselines survive a restart.
type Stateful interface {
	Detector
	// Name is the key under which the state is kept.
	Name() string
	// Save encodes the baselines.
	Save() ([]byte, error)
	// Restore takes up what Save returned. After an error the detector is as new.
	Restore(state []byte) error
}

// Oldest is the service that was last seen longest ago, which gives way to a new
// one; "" if there is none.
func Oldest[V any](services map[string]V, last func(V) int64) (oldest string) {
	least := int64(math.MaxInt64)
	for name, v := range services {
		if at := last(v); at < least {
			oldest, least = name, at
		}
	}
	return oldest
}

// Links are the exemplary calls of a vector that have a trace.
func Links(v *traffic.Vector) []anomaly.Link {
	var links []anomaly.Link
	for _, x := range v.Exemplars {
		if !x.TraceID.IsEmpty() {
			links = append(links, anomaly.Link(x))
		}
	}
	return links
}
