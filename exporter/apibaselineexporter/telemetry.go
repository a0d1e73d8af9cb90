package apibaselineexporter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// What became of an item.
const (
	taken = iota
	statement
	other
	malformed
	ignoredCall
	duplicate
	refused
	own
	unused
	outcomes
)

var outcomeNames = [outcomes]string{"taken", "statement", "other", "malformed", "ignored", "duplicate", "refused", "own", "unused"}

// What became of a call that had settled.
const (
	learnedCall = iota
	droppedCall
	lateCall
	futureCall
	unlearnedCall
	failedCall
	callOutcomes
)

var callOutcomeNames = [callOutcomes]string{"learned", "dropped", "late", "future", "unlearned", "failed"}

// callCounts are calls by what became of them.
type callCounts [callOutcomes]atomic.Int64

// What became of a window.
const (
	writtenWindow = "written"
	partialWindow = "partial"
	droppedWindow = "dropped"
)

// report is the exporter's own telemetry.
type report struct {
	builder  *metadata.TelemetryBuilder
	outcomes [outcomes][]metric.AddOption

	calls      callCounts
	book       atomic.Pointer[bookFigures]
	stateBytes atomic.Int64
	written    map[string]*atomic.Int64 // s since the epoch, by file
}

// bookFigures are how many rules there are.
type bookFigures struct {
	byKind map[string]int
	near   int
}

func newReport(set component.TelemetrySettings, w *watch) (*report, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	r := &report{builder: builder, written: make(map[string]*atomic.Int64)}
	for i, name := range outcomeNames {
		r.outcomes[i] = []metric.AddOption{with("outcome", name)}
	}
	for _, o := range w.config.outputs() {
		r.written[o.path] = new(atomic.Int64)
	}
	return r, errors.Join(r.observeLearning(w), r.observeWaiting(w), r.observeResults())
}

func (r *report) observeLearning(w *watch) error {
	calls := r.builder.RegisterExporterAPIBaselineCallsCallback(func(_ context.Context, o metric.Int64Observer) error {
		for i, name := range callOutcomeNames {
			if n := r.calls[i].Load(); n > 0 || i == learnedCall {
				o.Observe(n, with("outcome", name))
			}
		}
		return nil
	})
	learning := r.builder.RegisterExporterAPIBaselineLearningCallback(func(_ context.Context, o metric.Int64Observer) error {
		w.mu.RLock()
		defer w.mu.RUnlock()
		is := int64(0)
		if w.learning {
			is = 1
		}
		o.Observe(is)
		return nil
	})
	return errors.Join(calls, learning)
}

// observeWaiting reports what waits, in the tree and after it.
func (r *report) observeWaiting(w *watch) error {
	observe := func(value func(tree *calltree.Stats, traces, bytes int64) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			stats, traces, bytes := w.waits()
			o.Observe(value(&stats, traces, bytes))
			return nil
		}
	}
	b := r.builder
	return errors.Join(
		b.RegisterExporterAPIBaselineWaitingTracesCallback(observe(func(s *calltree.Stats, traces, _ int64) int64 { return s.Traces + traces })),
		b.RegisterExporterAPIBaselineWaitingBytesCallback(observe(func(s *calltree.Stats, _, bytes int64) int64 { return s.Bytes + bytes })),
		b.RegisterExporterAPIBaselineEvictedCallsCallback(observe(func(s *calltree.Stats, _, _ int64) int64 { return s.EvictedCalls })),
		b.RegisterExporterAPIBaselineRefusedSpansCallback(observe(func(s *calltree.Stats, _, _ int64) int64 { return s.RefusedSpans })),
	)
}

// observeResults reports what was learned and written.
func (r *report) observeResults() error {
	b := r.builder
	return errors.Join(
		b.RegisterExporterAPIBaselineRulesCallback(func(_ context.Context, o metric.Int64Observer) error {
			if book := r.book.Load(); book != nil {
				for _, kind := range rulefile.Kinds() {
					o.Observe(int64(book.byKind[kind]), with("kind", kind))
				}
			}
			return nil
		}),
		b.RegisterExporterAPIBaselineNearInvariantsCallback(func(_ context.Context, o metric.Int64Observer) error {
			if book := r.book.Load(); book != nil {
				o.Observe(int64(book.near))
			}
			return nil
		}),
		b.RegisterExporterAPIBaselineStateBytesCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(r.stateBytes.Load())
			return nil
		}),
		b.RegisterExporterAPIBaselineLastWriteCallback(func(_ context.Context, o metric.Int64Observer) error {
			for path, at := range r.written {
				if s := at.Load(); s != 0 {
					o.Observe(s, with("file.path", path))
				}
			}
			return nil
		}),
	)
}

func (r *report) close() { r.builder.Shutdown() }

func (r *report) items(ctx context.Context, c *counts) {
	for i, n := range c {
		if n > 0 {
			r.builder.ExporterAPIBaselineItems.Add(ctx, n, r.outcomes[i]...)
		}
	}
}

// unused reports items that come when learning has ended.
func (r *report) unused(ctx context.Context, n int) {
	r.builder.ExporterAPIBaselineItems.Add(ctx, int64(n), r.outcomes[unused]...)
}

// learned reports what there is in the rule book.
func (r *report) learned(result *baseline.Result) {
	figures := &bookFigures{byKind: make(map[string]int), near: len(result.Near)}
	for i := range result.Rules {
		figures.byKind[result.Rules[i].Rule.Kind]++
	}
	r.book.Store(figures)
}

func (r *report) wrote(ctx context.Context, took time.Duration) {
	r.builder.ExporterAPIBaselineWriteDuration.Record(ctx, took.Seconds())
}

// file reports a file that was written, or could not be.
func (r *report) file(ctx context.Context, path string, now time.Time, err error) {
	if err != nil {
		r.builder.ExporterAPIBaselineWriteErrors.Add(ctx, 1, with("file.path", path))
		return
	}
	r.written[path].Store(now.Unix())
}

func (r *report) window(ctx context.Context, outcome string, n int) {
	r.builder.ExporterAPIBaselineWindows.Add(ctx, int64(n), with("outcome", outcome))
}

func (r *report) rows(ctx context.Context, n int) {
	if n > 0 {
		r.builder.ExporterAPIBaselineFeatureRows.Add(ctx, int64(n))
	}
}

func (r *report) saveError(ctx context.Context) { r.builder.ExporterAPIBaselineSaveErrors.Add(ctx, 1) }

func (r *report) panicked(ctx context.Context) { r.builder.ExporterAPIBaselinePanics.Add(ctx, 1) }

func with(key, value string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
}
