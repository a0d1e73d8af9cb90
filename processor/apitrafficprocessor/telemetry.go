package apitrafficprocessor

import (
	"context"
	"math"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/dos"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadata"
)

// What became of an item.
const (
	counted = iota // filed under its window
	statement
	other
	malformed
	ignoredCall
	duplicate
	late
	future
	own
	droppedWindow // not an item: windows given up while it was filed
	outcomes
)

var outcomeNames = [outcomes]string{"counted", "statement", "other", "malformed", "ignored", "duplicate", "late", "future", "own", "dropped"}

// What became of a window, and the one reason for a loss that is not the outbox's.
const (
	judgedWindow = "judged"
	dropped      = "dropped"
	maxPerWindow = "max_per_window"
)

// report is the processor's own telemetry.
type report struct {
	builder  *metadata.TelemetryBuilder
	outcomes [outcomes][]metric.AddOption
}

func newReport(set component.TelemetrySettings, tracker *traffic.Tracker) (*report, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	r := &report{builder: builder}
	for i, name := range outcomeNames {
		r.outcomes[i] = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(attribute.String("outcome", name)))}
	}
	err = builder.RegisterProcessorAPITrafficClientsCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(tracker.Clients())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, builder.RegisterProcessorAPITrafficServicesCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(tracker.Services()))
		return nil
	})
}

func (r *report) close() { r.builder.Shutdown() }

func (r *report) items(ctx context.Context, c *counts) {
	for i, n := range c[:droppedWindow] {
		if n > 0 {
			r.builder.ProcessorAPITrafficItems.Add(ctx, n, r.outcomes[i]...)
		}
	}
	r.windows(ctx, dropped, int(c[droppedWindow]))
}

func (r *report) windows(ctx context.Context, outcome string, n int) {
	if n > 0 {
		r.builder.ProcessorAPITrafficWindows.Add(ctx, int64(n), with("outcome", outcome))
	}
}

// window reports a judged window of a service.
func (r *report) window(ctx context.Context, w *detect.Window, clients, alarms int, took time.Duration) {
	b := r.builder
	r.windows(ctx, judgedWindow, 1)
	b.ProcessorAPITrafficJudgeDuration.Record(ctx, took.Seconds())
	b.ProcessorAPITrafficOpenAlarms.Record(ctx, int64(alarms))

	service := with("service.name", w.Service)
	b.ProcessorAPITrafficWindowCalls.Record(ctx, w.Total.TotalCalls, service)
	b.ProcessorAPITrafficWindowFailed.Record(ctx, w.Total.NumFailed, service)
	b.ProcessorAPITrafficWindowClients.Record(ctx, int64(clients), service)
	if !math.IsNaN(w.Total.DataOut) {
		b.ProcessorAPITrafficWindowDataOut.Record(ctx, w.Total.DataOut, service)
	}
	if !math.IsNaN(w.Total.InterAPIAccess) {
		b.ProcessorAPITrafficWindowInterAPIAccess.Record(ctx, w.Total.InterAPIAccess, service)
	}
	factor, _ := dos.Factor(&w.Total, w.Resolution, w.End.Sub(w.Start))
	b.ProcessorAPITrafficWindowDosFactor.Record(ctx, factor, service)
}

func (r *report) overflow(ctx context.Context, calls int64) {
	r.builder.ProcessorAPITrafficOverflowCalls.Add(ctx, calls)
}

func (r *report) refused(ctx context.Context, clients int64) {
	if clients > 0 {
		r.builder.ProcessorAPITrafficRefusedClients.Add(ctx, clients)
	}
}

func (r *report) anomaly(ctx context.Context, e *anomaly.Event) {
	r.builder.ProcessorAPITrafficAnomalies.Add(ctx, 1, metric.WithAttributes(
		attribute.String("anomaly.kind", string(e.Kind)), attribute.String("anomaly.state", string(e.State))))
}

func (r *report) lost(ctx context.Context, reason string, n int) {
	r.builder.ProcessorAPITrafficAnomaliesLost.Add(ctx, int64(n), with("reason", reason))
}

func (r *report) model(ctx context.Context, path, outcome string) {
	r.builder.ProcessorAPITrafficModelReloads.Add(ctx, 1, metric.WithAttributes(
		attribute.String("file.path", path), attribute.String("outcome", outcome)))
}

func (r *report) unjudged(ctx context.Context, windows int64) {
	if windows > 0 {
		r.builder.ProcessorAPITrafficUnjudgedWindows.Add(ctx, windows)
	}
}

func (r *report) trainingError(ctx context.Context) {
	r.builder.ProcessorAPITrafficTrainingErrors.Add(ctx, 1)
}

func (r *report) saveError(ctx context.Context) { r.builder.ProcessorAPITrafficSaveErrors.Add(ctx, 1) }

func (r *report) panicked(ctx context.Context) { r.builder.ProcessorAPITrafficPanics.Add(ctx, 1) }

func with(key, value string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
}
