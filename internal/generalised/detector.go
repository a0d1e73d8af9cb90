// Package generalised is API-TAD's first layer ("API Traffic Anomaly Detection in
// Microservice Architecture", section III): a forest trained on public data, the
// same for all applications, judges each client's session by its pace, the variety
// of its calls and their number. What it knows is automated clients, not attacks;
// README.md says how well.
package generalised

import (
	"cmp"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/session"
)

const (
	// explained is how many findings of a window come with features: what each adds
	// takes time to find, which nobody may buy with addresses.
	explained = 64
	// kept is for how many sessions memory is kept between windows, some 256 KiB.
	kept = 4096
)

// Detector judges clients by their sessions. Not for concurrent use. Its sessions
// do not survive a restart: they begin anew.
type Detector struct {
	settings Settings
	hold     int // windows
	book     *session.Book
	model    *Model
	sessions []session.Session // scratch
}

// New returns a detector that judges by a model and follows the sessions of up to
// limit clients. The settings must be valid for windows of that length.
func New(settings Settings, m *Model, window time.Duration, limit int) *Detector {
	return &Detector{
		settings: settings, hold: int(settings.IdleTimeout/max(1, window)) + 1,
		book: session.New(settings.IdleTimeout, window, limit), model: m,
	}
}

// Use judges by another model from now on.
func (d *Detector) Use(m *Model) { d.model = m }

// Judge adds the window to its clients' sessions and reports those that the model
// takes for an automated client's, the most probable first. Only the first 64 come
// with features.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	d.sessions = d.book.Add(w.Service, w.Start, w.Clients, d.sessions[:0])
	var findings []finding
	for i := range d.sessions {
		s := &d.sessions[i]
		if s.Calls < int64(d.settings.MinCalls) {
			continue
		}
		if p := d.model.probability(s); p >= d.settings.Threshold {
			findings = append(findings, finding{i, p})
		}
	}
	slices.SortStableFunc(findings, func(a, b finding) int { return cmp.Compare(b.probability, a.probability) })
	for n, f := range findings {
		s := &d.sessions[f.client]
		e := d.event(w, f.client, s, f.probability)
		if n < explained {
			e.Features = d.evidence(s)
		}
		report(e)
	}
	if cap(d.sessions) > kept {
		d.sessions = nil
	}
}

// finding is that a client of the window is automated.
type finding struct {
	client      int
	probability float64
}

var _ detect.Detector = (*Detector)(nil)
