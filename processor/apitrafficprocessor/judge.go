package apitrafficprocessor

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/alarm"
	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/dos"
	"github.com/spanwarden/spanwarden/internal/lowrate"
	"github.com/spanwarden/spanwarden/internal/snapshot"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// busiest is how many clients and endpoints a service's alarm names.
const busiest = 5

// judge turns closed windows into anomalies. It belongs to one goroutine.
type judge struct {
	watch     *watch
	judged    *judged
	detectors []detect.Stateful
	lowRate   *lowrate.Detector // also among the detectors; nil if it is off
	refused   int64             // by it, as reported so far
	book      *alarm.Book

	vectors  []traffic.Vector
	findings []anomaly.Event
	events   []anomaly.Event
}

func newJudge(s *settings, cfg *Config, w *watch) (*judge, error) {
	j := &judge{watch: w, judged: &s.judged, book: alarm.New(s.alarm)}
	if cfg.Dos.Enabled {
		// One more than the tracker's services, for those that share one.
		d, err := dos.New(s.dos, s.traffic.MaxServices+1)
		if err != nil {
			return nil, err
		}
		j.detectors = append(j.detectors, d)
	}
	if cfg.LowRate.Enabled {
		j.lowRate = lowrate.New(s.lowRate, s.traffic.Window, s.traffic.MaxClients)
		j.detectors = append(j.detectors, j.lowRate)
	}
	return j, nil
}

// parts of the state that outlive a restart; open windows do not.
func (j *judge) parts() []snapshot.Part {
	parts := []snapshot.Part{j.judged, j.book}
	for _, d := range j.detectors {
		parts = append(parts, d)
	}
	return parts
}

// window judges one closed window of a service.
func (j *judge) window(ctx context.Context, closed *traffic.Window) {
	began := time.Now()
	report := j.watch.report
	w := j.prepare(closed)

	j.findings = j.findings[:0]
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
	if j.lowRate != nil {
		report.refused(ctx, j.lowRate.Refused()-j.refused)
		j.refused = j.lowRate.Refused()
	}
	clear(j.findings)
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

// prepare computes the window's vectors and chooses the clients to be judged.
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
	w.Busiest = anomaly.Top(shares, busiest)
	w.Endpoints = anomaly.Top(closed.EndpointShares(), busiest)
	return w
}

// room empties a slice for the next window, letting go of what a flood needed.
func room(vectors []traffic.Vector) []traffic.Vector {
	const ordinary = 1024
	clear(vectors)
	if cap(vectors) > ordinary && cap(vectors) > 4*len(vectors) {
		return nil
	}
	return vectors[:0]
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
