// Package classifier is API-TAD's second layer: a forest that users trained on
// their own labelled traffic judges each client in each window.
package classifier

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/evidence"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// Settings of the detector.
type Settings struct {
	Threshold float64 // lowest probability of an attack that is suspicious
	WarmUp    int     // windows of a service with calls before the first verdict
	Windows   int     // suspicious windows that it takes to accuse a client ...
	Of        int     // ... among so many of its latest with calls
}

// DefaultSettings ask for near certainty, three times.
func DefaultSettings() Settings { return Settings{Threshold: 0.9, WarmUp: 10, Windows: 3, Of: 4} }

// Validate refuses settings that cannot work, naming the key and the mend.
func (s Settings) Validate() error {
	var errs []error
	if !(s.Threshold > 0 && s.Threshold <= 1) {
		errs = append(errs, fmt.Errorf("threshold is %v: use a value above 0 and up to 1", s.Threshold))
	}
	if s.WarmUp < 0 {
		errs = append(errs, fmt.Errorf("warm_up is %d: use a value of at least 0", s.WarmUp))
	}
	if s.Of < 1 || s.Of > evidence.MaxWindows {
		errs = append(errs, fmt.Errorf("of is %d: use a value from 1 to %d", s.Of, evidence.MaxWindows))
	}
	if s.Windows < 1 || s.Windows > s.Of {
		errs = append(errs, fmt.Errorf("windows is %d: use a value from 1 to of (%d)", s.Windows, s.Of))
	}
	return errors.Join(errs...)
}

// Detector judges clients by a model. Not for concurrent use.
type Detector struct {
	settings Settings
	model    *ensemble.Model
	accuser  *ensemble.Accuser
	evidence *evidence.Book
	seen     map[string]*seen // by service
	limit    int
}

// seen is how much of a service was seen, as far as the warm-up goes.
type seen struct {
	windows int
	last    int64 // start of its newest window, Unix time in ns
}

// New returns a detector for up to limit services and up to clients suspects; the
// settings must be valid. period is how far back the features of a client's past
// look; usual may be nil.
func New(settings Settings, model *ensemble.Model, window, period time.Duration, usual ensemble.Usual, limit, clients int) *Detector {
	return &Detector{
		settings: settings, model: model,
		accuser: ensemble.NewAccuser(ensemble.Words{
			Detector: "application_forest", One: "calls %s as attackers do", Many: "call %s as attackers do",
		}, window, period, usual),
		evidence: evidence.New(settings.Windows, settings.Of, clients, max(time.Hour, 2*period)),
		seen:     make(map[string]*seen), limit: limit,
	}
}

// Use judges by another model from now on.
func (d *Detector) Use(m *ensemble.Model) { d.model = m }

// Judge reports the clients whose latest windows the model takes for an attack.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	if len(w.Clients) == 0 || !d.warm(w) {
		return
	}
	var accused []ensemble.Accused
	for i := range w.Clients {
		v := &w.Clients[i]
		if v.Role != traffic.Client || v.Client == "" || v.TotalCalls <= 0 {
			continue
		}
		score := d.model.Score(v, &w.Pasts[i])
		if d.evidence.Add(evidence.Client{Service: w.Service, Name: v.Client}, w.Start, score >= d.settings.Threshold) {
			accused = append(accused, ensemble.Accused{Index: i, Score: score})
		}
	}
	about := fmt.Sprintf("the application's own model takes %.2f and more for an attack", d.settings.Threshold)
	d.accuser.Report(w, d.model, accused, about, report)
}

// warm counts the service's windows and says whether there were enough before
// this one.
func (d *Detector) warm(w *detect.Window) bool {
	s := d.seen[w.Service]
	if s == nil {
		if len(d.seen) >= d.limit {
			delete(d.seen, detect.Oldest(d.seen, func(s *seen) int64 { return s.last }))
		}
		s = new(seen)
		d.seen[w.Service] = s
	}
	s.last = max(s.last, w.Start.UnixNano())
	if s.windows < math.MaxInt32 {
		s.windows++
	}
	return s.windows > d.settings.WarmUp
}
