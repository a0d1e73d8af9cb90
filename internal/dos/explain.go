package dos

import (
	"fmt"
	"math"
	"strings"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
)

// collapseEvent puts a collapse into words. Who caused it called before it: the
// clients and endpoints are those of the busiest of the windows around it.
func (d *Detector) collapseEvent(h *history, w *detect.Window) anomaly.Event {
	c := h.Collapsed
	busiest := h.Points[len(h.Points)-1]
	for _, p := range h.Points[max(0, len(h.Points)-fresh-3):] {
		if p.Calls > busiest.Calls {
			busiest = p
		}
	}
	e := event(w, "dos_factor", c.Score, busiest)
	now := h.Points[len(h.Points)-1]
	if now.Calls == 0 {
		e.Message = fmt.Sprintf("%s fell silent: no calls in this window, %s before; the service or its telemetry is down", w.Service, about(c.Calls))
	} else {
		e.Message = fmt.Sprintf("%s is failing under load: its DoS factor fell to %s of its level, calls went from %s to %d a window",
			w.Service, fraction(c.Before, c.After), about(c.Calls), now.Calls)
	}
	formula := "dos_factor = data_out · total_calls / inter_api_access"
	if !c.Sized {
		formula = "dos_factor = total_calls / inter_api_access (response sizes are absent, so data_out is left out)"
	}
	e.Explanation = fmt.Sprintf("%s; change point of its logarithm by PELT over the last %d windows, %s.", formula, len(h.Points), who(busiest))
	factor := now.factor(c.Sized)
	usual := math.Expm1(c.Before)
	e.Features = append([]anomaly.Feature{{Name: "dos_factor", Unit: "1", Value: factor, UsualLow: usual * d.settings.Drop, UsualHigh: math.NaN(), Contribution: c.Score}}, e.Features...)
	return e
}

// surgeEvent puts a surge into words.
func (d *Detector) surgeEvent(h *history, w *detect.Window) anomaly.Event {
	c := h.Flooded
	now := h.Points[len(h.Points)-1]
	e := event(w, "total_calls", c.Score, now)
	e.Message = fmt.Sprintf("%s gets a flood of calls: %d in this window, %s before", w.Service, now.Calls, about(c.Calls))
	if len(now.Clients) > 0 && len(now.Endpoints) > 0 {
		e.Message += fmt.Sprintf("; %d come from %s, %d go to %s",
			now.Clients[0].Calls, now.Clients[0].Name, now.Endpoints[0].Calls, now.Endpoints[0].Name)
	}
	e.Explanation = fmt.Sprintf("change point upwards of the logarithm of total_calls by PELT over the last %d windows, at least %g times the level before, and %g times the 99th percentile of the last %d windows with calls and what is usual at this time of day; %s.",
		len(h.Points), d.settings.SurgeRatio, d.settings.SurgeHistory, max(recent, d.settings.WarmUp), who(now))
	for i := range e.Features {
		if e.Features[i].Name == "total_calls" {
			e.Features[i].UsualHigh = math.Round(c.Calls * d.settings.SurgeRatio)
			e.Features[i].Contribution = c.Score
		}
	}
	return e
}

func event(w *detect.Window, detector string, score float64, p point) anomaly.Event {
	v := &w.Total
	unknown := math.NaN()
	e := anomaly.Event{
		Kind: anomaly.DoS, Detector: detector, Rule: detector, Score: score, Service: w.Service,
		Clients: p.Clients, Endpoints: p.Endpoints, Links: detect.Links(v),
		Features: []anomaly.Feature{
			{Name: "total_calls", Unit: "1", Value: float64(v.TotalCalls), UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
			{Name: "inter_api_access", Unit: "s", Value: v.InterAPIAccess, UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
			{Name: "data_out", Unit: "By", Value: v.DataOut, UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
			{Name: "num_failed", Unit: "1", Value: float64(v.NumFailed), UsualLow: unknown, UsualHigh: unknown, Contribution: unknown},
		},
	}
	if v.TotalCalls > 0 {
		e.Method, e.Route = v.MaxAPIEndpoint.Method, v.MaxAPIEndpoint.Route
	}
	return e
}

// who names the clients and endpoints with the largest share.
func who(p point) string {
	var b strings.Builder
	b.WriteString("busiest clients: ")
	list(&b, p.Clients)
	b.WriteString("; busiest endpoints: ")
	list(&b, p.Endpoints)
	return b.String()
}

func list(b *strings.Builder, shares []anomaly.Share) {
	if len(shares) == 0 {
		b.WriteString("none known")
	}
	for i, s := range shares {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(b, "%s (%d)", s.Name, s.Calls)
	}
}

// fraction puts the fall between two natural logarithms into words.
func fraction(before, after float64) string {
	return fmt.Sprintf("1/%.0f", math.Exp(min(before-after, 60)))
}

// about rounds a level of calls as a person would.
func about(calls float64) string {
	switch {
	case calls < 1:
		return "hardly any"
	case calls < 100:
		return fmt.Sprintf("about %.0f", calls)
	}
	unit := math.Pow(10, math.Floor(math.Log10(calls))-1)
	return fmt.Sprintf("about %.0f", math.Round(calls/unit)*unit)
}
