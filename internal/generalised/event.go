package generalised

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/session"
)

func (d *Detector) event(w *detect.Window, i int, s *session.Session, p float64) anomaly.Event {
	v := &w.Clients[i]
	return anomaly.Event{
		Kind: anomaly.Traffic, Detector: "generalised", Rule: "automated_client", Category: "automated client",
		Score: p, Service: w.Service, Client: v.Client, Method: v.MaxAPIEndpoint.Method, Route: v.MaxAPIEndpoint.Route,
		Message: fmt.Sprintf("%s behaves like an automated client in %s: %d calls in one session, %s of them to distinct endpoints, one each %s",
			v.Client, w.Service, s.Calls, percent(uniqueness(s)), seconds(pace(s))),
		Explanation: d.explanation(s, p),
		Links:       detect.Links(v),
		// The client may be silent in between as long as its session goes on.
		Hold: d.hold,
	}
}

func (d *Detector) explanation(s *session.Session, p float64) string {
	origin := d.model.forest.Origin
	if origin == "" {
		origin = "it does not say what it was trained on."
	}
	return fmt.Sprintf("the session began at %s and lasts %s so far. "+
		"Probability of an automated client %.2f, reported from %.2f. The model: %s",
		s.First.Format("2006-01-02 15:04:05 MST"), s.Length().Round(time.Second), p, d.settings.Threshold, origin)
}

// evidence is the features with what each adds to the probability, beyond that of
// a session of which nothing is known.
func (d *Detector) evidence(s *session.Session) []anomaly.Feature {
	_, contributions := d.model.explain(s)
	evidence := make([]anomaly.Feature, len(d.model.features))
	for i := range d.model.features {
		f := &d.model.features[i]
		evidence[i] = anomaly.Feature{
			Name: f.name, Unit: f.unit, Value: f.of(s),
			UsualLow: math.NaN(), UsualHigh: math.NaN(), Contribution: contributions[i],
		}
	}
	return evidence
}

// percent and seconds have two digits, and more before the point.
func percent(share float64) string { return short(100*share) + " %" }

func seconds(x float64) string {
	if x < 0.001 {
		return "under a millisecond"
	}
	return short(x) + " s"
}

func short(x float64) string {
	if x >= 10 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}
