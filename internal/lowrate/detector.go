package lowrate

import (
	"fmt"
	"math"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// Detector judges clients. Not for concurrent use.
type Detector struct {
	settings Settings
	window   time.Duration
	period   int   // windows looked back over
	day      int64 // windows of a day
	now      func() time.Time

	limit    int
	services map[string]*service
	clients  int // of all services; overflows do not count
	refused  int64
	swept    time.Time // when the services that are gone were last looked for
	roomAt   int64     // number of the window that last made room
	roomMade bool
}

// New returns a detector that follows up to limit clients, and the overflow of
// each service besides; the settings must be valid. A client active in all
// windows of the period takes 16 bytes a window and about 70 bytes besides.
func New(settings Settings, window time.Duration, limit int) *Detector {
	return &Detector{
		settings: settings, window: window, limit: limit, services: make(map[string]*service), now: time.Now,
		period: int(min(settings.Period/window, maxWindows)), day: int64(24 * time.Hour / window),
	}
}

// Name is the key of the detector's state.
func (d *Detector) Name() string { return "low_rate" }

// Refused counts, since the start, the clients that found no place among those
// that are followed, once for each window that they were in; they were judged by
// that window alone. A window of a service beyond the most that are followed counts
// once. Not for concurrent use with Judge.
func (d *Detector) Refused() int64 { return d.refused }

// Judge adds the window to its clients' trails and reports the clients that
// break the rule.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	d.sweep()
	number := d.number(w.Start)
	s := d.open(w.Service, number)
	for i := range w.Clients {
		v := &w.Clients[i]
		if v.TotalCalls <= 0 || v.Client == "" && v.Role == traffic.Client {
			continue
		}
		made := stepOf(v, number)
		var sum total
		if t := d.trail(s, v, number); t != nil {
			t.add(number, made, d.period)
			sum = t.sum()
		} else {
			sum.add(&made)
		}
		if reason := d.broken(&sum); reason != "" {
			report(d.event(w, v, &sum, reason))
		}
	}
	d.close(w.Service, s)
}

// number of the window that starts then. Those before 1970 are negative.
func (d *Detector) number(start time.Time) int64 {
	nanos, length := start.UnixNano(), int64(d.window)
	number := nanos / length
	if nanos%length < 0 {
		number--
	}
	return number
}

func name(v *traffic.Vector) string {
	if v.Role == traffic.Overflow {
		return traffic.OverflowClient
	}
	return v.Client
}

// broken says which rule the trail breaks, "" for none.
func (d *Detector) broken(t *total) string {
	s := d.settings
	periodWindows := float64(d.period)
	switch {
	case t.calls < s.MinRequests:
		return ""
	case s.Rule == Paper:
		return "requests"
	case t.windows >= s.MinWindows && t.failed >= s.MinRequests && float64(t.failed) >= s.MinFailedRatio*float64(t.calls):
		return "probing"
	case float64(t.windows) >= s.SteadyRatio*periodWindows &&
		float64(t.calls) <= s.MaxPerWindow*float64(t.windows) &&
		t.endpoints <= s.MaxEndpoints &&
		t.resources.Count() >= s.MinRequests:
		return "walking"
	}
	return ""
}

func (d *Detector) event(w *detect.Window, v *traffic.Vector, t *total, reason string) anomaly.Event {
	unknown := math.NaN()
	e := anomaly.Event{
		Kind: anomaly.LowRate, Detector: "low_rate", Rule: "low_rate_" + reason,
		Score:   float64(t.calls) / float64(d.settings.MinRequests),
		Service: w.Service, Client: name(v), Method: v.MaxAPIEndpoint.Method, Route: v.MaxAPIEndpoint.Route,
		Links: detect.Links(v),
		Features: []anomaly.Feature{
			{Name: "requests", Unit: "1", Value: float64(t.calls), UsualLow: unknown, UsualHigh: float64(d.settings.MinRequests - 1), Contribution: unknown},
			{Name: "num_failed", Unit: "1", Value: float64(t.failed), UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
			{Name: "windows", Unit: "1", Value: float64(t.windows), UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
		},
	}
	switch reason {
	case "probing":
		e.Message = fmt.Sprintf("%s keeps probing %s: %d of its %d requests in %v failed, spread over %d windows", e.Client, w.Service, t.failed, t.calls, d.settings.Period, t.windows)
	case "walking":
		e.Message = fmt.Sprintf("%s walks through %s: about %d different resources in %v at a steady pace, mostly %s", e.Client, w.Service, t.resources.Count(), d.settings.Period, v.MaxAPIEndpoint)
	default:
		e.Message = fmt.Sprintf("%s sent %d requests to %s in %v", e.Client, t.calls, w.Service, d.settings.Period)
	}
	e.Explanation = fmt.Sprintf("rule %s of the low-rate detector: %d requests in %d of the last %d windows, %d failed with 4xx, about %d distinct resources; flagged from %d requests.",
		reason, t.calls, t.windows, d.period, t.failed, t.resources.Count(), d.settings.MinRequests)
	return e
}

var _ detect.Stateful = (*Detector)(nil)
