package lowrate

import (
	"fmt"
	"math"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// Detector judges clients by their pasts.
type Detector struct {
	settings Settings
	period   int // windows looked back over
}

// New returns a detector for pasts over settings.Period in windows of that length;
// the settings must be valid.
func New(settings Settings, window time.Duration) *Detector {
	return &Detector{settings: settings, period: int(settings.Period / window)}
}

// Judge reports the clients that break the rule with what they did up to this
// window. Calls whose client is unknown are nobody's and break none.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	for i := range w.Clients {
		v, past := &w.Clients[i], &w.Pasts[i]
		if v.Client == "" && v.Role == traffic.Client {
			continue
		}
		if reason := d.broken(past); reason != "" {
			report(d.event(w, v, past, reason))
		}
	}
}

func name(v *traffic.Vector) string {
	if v.Role == traffic.Overflow {
		return traffic.OverflowClient
	}
	return v.Client
}

// broken says which rule the past breaks, "" for none.
func (d *Detector) broken(past *trail.Past) string {
	s := d.settings
	periodWindows := float64(d.period)
	switch {
	case past.Calls < s.MinRequests:
		return ""
	case s.Rule == Paper:
		return "requests"
	case past.Windows >= s.MinWindows && past.Failed >= s.MinRequests && float64(past.Failed) >= s.MinFailedRatio*float64(past.Calls):
		return "probing"
	case float64(past.Windows) >= s.SteadyRatio*periodWindows &&
		float64(past.Calls) <= s.MaxPerWindow*float64(past.Windows) &&
		past.MostEndpoints <= s.MaxEndpoints &&
		past.Resources.Count() >= s.MinRequests:
		return "walking"
	}
	return ""
}

func (d *Detector) event(w *detect.Window, v *traffic.Vector, past *trail.Past, reason string) anomaly.Event {
	unknown := math.NaN()
	e := anomaly.Event{
		Kind: anomaly.LowRate, Detector: "low_rate", Rule: "low_rate_" + reason,
		Score:   float64(past.Calls) / float64(d.settings.MinRequests),
		Service: w.Service, Client: name(v), Method: v.MaxAPIEndpoint.Method, Route: v.MaxAPIEndpoint.Route,
		Links: detect.Links(v),
		Features: []anomaly.Feature{
			{Name: "requests", Unit: "1", Value: float64(past.Calls), UsualLow: unknown, UsualHigh: float64(d.settings.MinRequests - 1), Contribution: unknown},
			{Name: "num_failed", Unit: "1", Value: float64(past.Failed), UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
			{Name: "windows", Unit: "1", Value: float64(past.Windows), UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
		},
	}
	switch reason {
	case "probing":
		e.Message = fmt.Sprintf("%s keeps probing %s: %d of its %d requests in %v failed, spread over %d windows", e.Client, w.Service, past.Failed, past.Calls, d.settings.Period, past.Windows)
	case "walking":
		e.Message = fmt.Sprintf("%s walks through %s: about %d different resources in %v at a steady pace, mostly %s", e.Client, w.Service, past.Resources.Count(), d.settings.Period, v.MaxAPIEndpoint)
	default:
		e.Message = fmt.Sprintf("%s sent %d requests to %s in %v", e.Client, past.Calls, w.Service, d.settings.Period)
	}
	e.Explanation = fmt.Sprintf("rule %s of the low-rate detector: %d requests in %d of the last %d windows, %d failed with 4xx, about %d distinct resources; flagged from %d requests.",
		reason, past.Calls, past.Windows, d.period, past.Failed, past.Resources.Count(), d.settings.MinRequests)
	return e
}

var _ detect.Detector = (*Detector)(nil)
