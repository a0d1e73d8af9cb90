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
	book      *alarm.Book

	vectors  []traffic.Vector
	clients  []traffic.Vector
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
		j.detectors = append(j.detectors, lowrate.New(s.lowRate, s.traffic.Window, s.traffic.MaxClients))
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
	for i := range j.events {
		report.anomaly(ctx, &j.events[i])
		j.watch.outbox.Put(j.events[i])
	}
	if suppressed > 0 {
		report.lost(ctx, maxPerWindow, suppressed)
		j.watch.logger.Warn("More alarms began in one window than alarm.max_per_window; the rest were counted only",
			zap.String("service", w.Service), zap.Time("window", w.Start), zap.Int("suppressed", suppressed))
	}
	clear(j.findings)
	clear(j.events)
	report.window(ctx, w, len(j.vectors)-1, j.book.Open(), time.Since(began))
}

// prepare computes the window's vectors and chooses the clients to be judged.
func (j *judge) prepare(closed *traffic.Window) *detect.Window {
	j.vectors = closed.Vectors(j.vectors[:0])
	w := &detect.Window{Window: closed, Total: j.vectors[0]}
	entry := j.judged.learn(&w.Total, j.watch.settings.traffic.MaxServices)
	shares := make([]anomaly.Share, 0, len(j.vectors)-1)
	j.clients = j.clients[:0]
	for i := range j.vectors[1:] {
		v := &j.vectors[1+i]
		shares = append(shares, anomaly.Share{Name: shareName(v), Calls: v.TotalCalls})
		if v.Role == traffic.Overflow {
			j.watch.report.overflow(context.Background(), v.TotalCalls)
		}
		if entry && j.judged.client(v) {
			j.clients = append(j.clients, *v)
		}
	}
	w.Clients = j.clients
	w.Busiest = anomaly.Top(shares, busiest)
	w.Endpoints = anomaly.Top(closed.EndpointShares(), busiest)
	return w
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
