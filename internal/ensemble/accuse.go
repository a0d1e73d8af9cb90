package ensemble

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// together is how many clients are accused one by one; more of them in one window
// are one attack by many, and one anomaly.
const together = 5

const (
	inMessage     = 3 // features that the message names
	inExplanation = 6

	// hold is for how many windows without a finding an alarm goes on: a slow thief is
	// silent in between.
	hold = 10
)

// Accuser puts verdicts of a detector into anomalies.
type Accuser struct {
	Detector  string        // also the rule
	One, Many string        // what the accused does, and the accused do, with %s for the service
	Window    time.Duration // length of windows
	Period    time.Duration // that a client's past looks back over
	Usual     Usual
}

// Usual tells the usual range of a feature in a service.
type Usual func(service string) func(feature string) feature.Range

// Accused is a client that a model found guilty.
type Accused struct {
	Index int // among the window's clients
	Score float64
}

// Report reports the accused of a window, whom the model scored. about says on what
// scale and from where on a score is suspicious.
func (a *Accuser) Report(w *detect.Window, m *Model, accused []Accused, about string, report func(anomaly.Event)) {
	if len(accused) <= together {
		for _, c := range accused {
			e, sentence := a.event(w, m, c, about)
			e.Client = w.Clients[c.Index].Client
			e.Message = fmt.Sprintf("%s "+a.One+": %s", e.Client, w.Service, sentence)
			report(e)
		}
		return
	}
	worst := slices.MaxFunc(accused, func(a, b Accused) int { return cmp.Compare(a.Score, b.Score) })
	e, sentence := a.event(w, m, worst, about)
	shares := make([]anomaly.Share, len(accused))
	for i, c := range accused {
		v := &w.Clients[c.Index]
		shares[i] = anomaly.Share{Name: v.Client, Calls: v.TotalCalls}
	}
	e.Clients = anomaly.Top(shares, together)
	e.Message = fmt.Sprintf("%d clients "+a.Many+", most of all %s: %s", len(accused), w.Service, w.Clients[worst.Index].Client, sentence)
	report(e)
}

// event is what all accusations have in common, and what speaks for this one.
func (a *Accuser) event(w *detect.Window, m *Model, c Accused, about string) (e anomaly.Event, sentence string) {
	v := &w.Clients[c.Index]
	reason := m.Explain(v, &w.Pasts[c.Index])
	scene := &feature.Scene{Endpoint: v.MaxAPIEndpoint.String(), Window: a.Window, Period: a.Period}
	usual := unknown
	if a.Usual != nil {
		usual = a.Usual(w.Service)
	}
	return anomaly.Event{
		Kind: anomaly.Traffic, Detector: a.Detector, Rule: a.Detector, Score: c.Score,
		Service: w.Service, Method: v.MaxAPIEndpoint.Method, Route: v.MaxAPIEndpoint.Route,
		Explanation: fmt.Sprintf("score %.2f, where %s; %.2f if nothing is known. %s. Most of its calls go to %s.",
			c.Score, about, reason.Base, reason.Sentence(scene, usual, inExplanation), scene.Endpoint),
		Features: reason.Evidence(usual), Links: detect.Links(v), Hold: hold,
	}, reason.Sentence(scene, usual, inMessage) + mostly(v, &reason)
}

// mostly names the endpoint with the most calls, unless a feature in the sentence
// has done so.
func mostly(v *traffic.Vector, r *Reason) string {
	for _, i := range r.top(inMessage) {
		if r.Features[i].Name == "max_api_call" {
			return ""
		}
	}
	return "; mostly " + v.MaxAPIEndpoint.String()
}

func unknown(string) feature.Range { return feature.Unknown }
