package apitrafficprocessor

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/alarm"
	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/classifier"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/dos"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/generalised"
	"github.com/spanwarden/spanwarden/internal/isolation"
	"github.com/spanwarden/spanwarden/internal/lowrate"
	"github.com/spanwarden/spanwarden/internal/snapshot"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// busiest is how many clients and endpoints a service's alarm names.
const busiest = 5

// judge turns closed windows into anomalies. It belongs to one goroutine.
type judge struct {
	watch     *watch
	judged    *judged
	detectors []detect.Detector
	trails    *trail.Book
	refused   int64 // by the trails, as reported so far
	book      *alarm.Book

	unjudged  int64               // windows that it did not look at, as reported so far
	isolation *isolation.Detector // nil if it is off, also among the detectors
	files     []*modelFile

	vectors  []traffic.Vector
	pasts    []trail.Past
	findings []anomaly.Event
	events   []anomaly.Event
}

func newJudge(s *settings, cfg *Config, w *watch) (*judge, error) {
	j := &judge{
		watch: w, judged: &s.judged, book: alarm.New(s.alarm),
		trails: trail.New(s.lowRate.Period, s.traffic.Window, s.traffic.MaxClients),
	}
	if cfg.Dos.Enabled {
		// One more than the tracker's services, for those that share one.
		d, err := dos.New(s.dos, s.traffic.MaxServices+1)
		if err != nil {
			return nil, err
		}
		j.detectors = append(j.detectors, d)
	}
	if cfg.LowRate.Enabled {
		j.detectors = append(j.detectors, lowrate.New(s.lowRate, s.traffic.Window))
	}
	j.addForests(s, cfg)
	return j, nil
}

// addForests adds the detectors that models do the judging in: API-TAD's two
// layers, which are asked in parallel so that none hides what another one finds,
// and the services' own forests.
func (j *judge) addForests(s *settings, cfg *Config) {
	window, period, suspects := s.traffic.Window, s.lowRate.Period, s.traffic.MaxClients
	var usual ensemble.Usual
	if cfg.IsolationForest.Enabled {
		j.isolation = isolation.New(s.isolation, window, period, cfg.IsolationForest.MaxServices, suspects)
		j.isolation.Failed = j.watch.trainingFailed
		usual = j.isolation.Usual
		if s.models.isolation != nil {
			j.isolation.Use(s.models.isolation)
			j.files = append(j.files, reloaded(cfg.IsolationForest.Model, cfg.loadIsolation, j.isolation.Use))
		}
	}
	if m := s.models.generalised; m != nil {
		d := generalised.New(s.generalised, m, window, s.traffic.MaxClients)
		j.detectors = append(j.detectors, d)
		if path := cfg.GeneralisedForest.Model; path != "" {
			j.files = append(j.files, reloaded(path, loadGeneralised, d.Use))
		}
	}
	if m := s.models.application; m != nil {
		d := classifier.New(s.application, m, window, period, usual, s.traffic.MaxServices+1, suspects)
		j.detectors = append(j.detectors, d)
		j.files = append(j.files, reloaded(cfg.ApplicationForest.Model, cfg.loadApplication, d.Use))
	}
	if j.isolation != nil {
		j.detectors = append(j.detectors, j.isolation)
	}
}

// close ends what goes on in the background.
func (j *judge) close() {
	if j.isolation != nil {
		j.isolation.Close()
	}
}

// parts of the state that outlive a restart; open windows do not.
func (j *judge) parts() []snapshot.Part {
	parts := []snapshot.Part{j.judged, j.book, j.trails}
	for _, d := range j.detectors {
		if d, ok := d.(detect.Stateful); ok {
			parts = append(parts, d)
		}
	}
	return parts
}

// window judges one closed window of a service.
func (j *judge) window(ctx context.Context, closed *traffic.Window) {
	began := time.Now()
	report := j.watch.report
	for _, m := range j.files {
		m.takeUp()
	}
	w := j.prepare(closed)

	j.findings = room(j.findings)
	for _, d := range j.detectors {
		d.Judge(w, func(e anomaly.Event) { j.findings = append(j.findings, e) })
	}
	var suppressed int
	j.events, suppressed = j.book.Turn(j.events[:0], w.Service, w.Start, w.End, j.findings)
	j.emit(ctx)
	if suppressed > 0 {
		report.lost(ctx, maxPerWindow, suppressed)
		j.watch.logger.Warn("More alarms began in one window than alarm.max_per_window; the rest were counted only",
			zap.String("service", w.Service), zap.Time("window", w.Start), zap.Int("suppressed", suppressed))
	}
	report.refused(ctx, j.trails.Refused()-j.refused)
	j.refused = j.trails.Refused()
	if j.isolation != nil {
		report.unjudged(ctx, j.isolation.Unjudged()-j.unjudged)
		j.unjudged = j.isolation.Unjudged()
	}
	report.window(ctx, w, len(j.vectors)-1, j.book.Open(), time.Since(began))
}

// lapse ends the alarms of services that have no windows any more.
func (j *judge) lapse(ctx context.Context) {
	j.events = j.book.Lapse(j.events[:0], time.Now().Add(-time.Duration(j.watch.settings.lookBack+1)*j.watch.settings.traffic.Window))
	j.emit(ctx)
}

// emit sends the events on.
func (j *judge) emit(ctx context.Context) {
	for i := range j.events {
		j.watch.report.anomaly(ctx, &j.events[i])
		j.watch.outbox.Put(j.events[i])
	}
	clear(j.events)
}

// prepare computes the window's vectors, chooses the clients to be judged and
// adds the window to their trails.
func (j *judge) prepare(closed *traffic.Window) *detect.Window {
	j.vectors = closed.Vectors(room(j.vectors))
	w := &detect.Window{Window: closed, Total: j.vectors[0]}
	entry := j.judged.learn(&w.Total)
	clients := j.vectors[1:]
	shares := make([]anomaly.Share, 0, len(clients))
	chosen := 0
	for i := range clients {
		v := &clients[i]
		shares = append(shares, anomaly.Share{Name: shareName(v), Calls: v.TotalCalls})
		if v.Role == traffic.Overflow {
			j.watch.report.overflow(context.Background(), v.TotalCalls)
		}
		if entry && j.judged.client(v) { // they change places, so that those to be judged come first
			clients[chosen], clients[i] = clients[i], clients[chosen]
			chosen++
		}
	}
	w.Clients = clients[:chosen]
	j.pasts = j.trails.Add(w.Service, w.Start, w.Clients, room(j.pasts))
	w.Pasts = j.pasts
	w.Busiest = anomaly.Top(shares, busiest)
	w.Endpoints = anomaly.Top(closed.EndpointShares(), busiest)
	return w
}

// room empties a slice for the next window, letting go of what a flood needed.
func room[T any](list []T) []T {
	const ordinary = 1024
	clear(list)
	if cap(list) > ordinary && cap(list) > 4*len(list) {
		return nil
	}
	return list[:0]
}

// shareName is what a client is called in a service's alarm.
func shareName(v *traffic.Vector) string {
	switch {
	case v.Role == traffic.Overflow:
		return fmt.Sprintf("%s, about %d addresses", traffic.OverflowClient, v.Addresses)
	case v.Client == "":
		return "(unknown)"
	}
	return v.Client
}
