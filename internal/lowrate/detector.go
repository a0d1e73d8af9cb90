package lowrate

import (
	"encoding/json"
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
	limit    int
	services map[string]map[string]*trail // by service and client
	clients  int
}

// trail is what a client left behind in the period, oldest first.
type trail struct {
	Steps []step `json:"steps"`
}

// step is one window with requests.
type step struct {
	Resources traffic.Resources `json:"-"`      // its hash has a seed of the process
	Window    uint32            `json:"window"` // number: start / length
	Calls     uint16            `json:"calls"`
	Failed    uint16            `json:"failed"`
	Endpoints uint16            `json:"endpoints"`
}

// New returns a detector that follows up to limit clients; the settings must be
// valid.
func New(settings Settings, window time.Duration, limit int) *Detector {
	return &Detector{settings: settings, window: window, limit: limit, services: make(map[string]map[string]*trail)}
}

// Name is the key of the detector's state.
func (d *Detector) Name() string { return "low_rate" }

// Judge adds the window to its clients' trails and reports the clients that
// break the rule.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	number := uint32(w.Start.UnixNano() / int64(d.window))
	oldest := number - uint32(d.settings.Period/d.window) + 1
	d.forget(w.Service, oldest)
	for i := range w.Clients {
		v := &w.Clients[i]
		if v.TotalCalls == 0 || v.Client == "" && v.Role == traffic.Client {
			continue
		}
		t := d.trail(w.Service, name(v))
		if t == nil {
			continue
		}
		t.add(step{
			Window: number, Calls: saturate(v.TotalCalls), Failed: saturate(v.NumFailed),
			Endpoints: saturate(v.DistinctEndpoints), Resources: v.Resources,
		}, oldest)
		if reason := d.broken(t.sum()); reason != "" {
			report(d.event(w, v, t.sum(), reason))
		}
	}
}

func name(v *traffic.Vector) string {
	if v.Role == traffic.Overflow {
		return traffic.OverflowClient
	}
	return v.Client
}

// trail of a client, nil if too many are followed.
func (d *Detector) trail(service, client string) *trail {
	trails := d.services[service]
	if trails == nil {
		trails = make(map[string]*trail)
		d.services[service] = trails
	}
	t := trails[client]
	if t == nil && d.clients < d.limit {
		t = new(trail)
		trails[client] = t
		d.clients++
	}
	return t
}

// forget drops the clients that made no request in the period.
func (d *Detector) forget(service string, oldest uint32) {
	trails := d.services[service]
	for client, t := range trails {
		if t.Steps[len(t.Steps)-1].Window < oldest {
			delete(trails, client)
			d.clients--
		}
	}
	if trails != nil && len(trails) == 0 {
		delete(d.services, service)
	}
}

func (t *trail) add(s step, oldest uint32) {
	stale := 0
	for stale < len(t.Steps) && t.Steps[stale].Window < oldest {
		stale++
	}
	t.Steps = append(t.Steps[:copy(t.Steps, t.Steps[stale:])], s)
}

// total is a trail summed up.
type total struct {
	calls, failed, windows int
	endpoints              int // most in one window
	resources              traffic.Resources
}

func (t *trail) sum() total {
	sum := total{windows: len(t.Steps)}
	for _, s := range t.Steps {
		sum.calls += int(s.Calls)
		sum.failed += int(s.Failed)
		sum.endpoints = max(sum.endpoints, int(s.Endpoints))
		sum.resources |= s.Resources
	}
	return sum
}

// broken says which rule the trail breaks, "" for none.
func (d *Detector) broken(t total) string {
	s := d.settings
	periodWindows := float64(s.Period / d.window)
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

func (d *Detector) event(w *detect.Window, v *traffic.Vector, t total, reason string) anomaly.Event {
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
		reason, t.calls, t.windows, d.settings.Period/d.window, t.failed, t.resources.Count(), d.settings.MinRequests)
	return e
}

// Save encodes the trails.
func (d *Detector) Save() ([]byte, error) { return json.Marshal(d.services) }

// Restore takes up saved trails. The sketches of resources start anew.
func (d *Detector) Restore(state []byte) error {
	services := make(map[string]map[string]*trail)
	if err := json.Unmarshal(state, &services); err != nil {
		return fmt.Errorf("read the trails of the low-rate detector: %w", err)
	}
	for service, trails := range services {
		for client, t := range trails {
			if t == nil || len(t.Steps) == 0 || len(t.Steps) > maxWindows || d.clients >= d.limit {
				continue
			}
			if own := d.trail(service, client); own != nil {
				own.Steps = t.Steps
			}
		}
	}
	return nil
}

func saturate(n int64) uint16 { return uint16(min(n, math.MaxUint16)) }

var _ detect.Stateful = (*Detector)(nil)
