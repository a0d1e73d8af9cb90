package apiinvariantprocessor

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadata"
)

// What became of an item.
const (
	judged    = iota // there are rules for it
	unmatched        // there are none
	statement
	other
	malformed
	ignoredCall
	duplicate
	late
	refused
	own
	outcomes
)

var outcomeNames = [outcomes]string{
	"judged", "unmatched", "statement", "other", "malformed", "ignored", "duplicate", "late", "refused", "own",
}

// report is the processor's own telemetry.
type report struct {
	builder   *metadata.TelemetryBuilder
	outcomes  [outcomes][]metric.AddOption
	chronicle atomic.Pointer[chronicle] // nil until there is one
}

// statistics are those of the calls that wait.
type statistics interface{ Stats() calltree.Stats }

func newReport(set component.TelemetrySettings, rules *rulebook, waiting statistics) (*report, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	r := &report{builder: builder}
	for i, name := range outcomeNames {
		r.outcomes[i] = []metric.AddOption{with("outcome", name)}
	}
	return r, errors.Join(r.observeRules(rules), r.observeWaiting(waiting), r.observeEarlier())
}

// observeRules reports what the rules said. What was never counted has no series,
// but for violations: a rate needs the 0 before the first one.
func (r *report) observeRules(rules *rulebook) error {
	count := func(o metric.Int64Observer, n int64, rule, key, value string) {
		if n > 0 || value == invariant.Violated.String() {
			o.Observe(n, metric.WithAttributeSet(attribute.NewSet(attribute.String("rule", rule), attribute.String(key, value))))
		}
	}
	evaluations := r.builder.RegisterProcessorAPIInvariantEvaluationsCallback(func(_ context.Context, o metric.Int64Observer) error {
		rules.each(func(rule string, t *tally) {
			for _, outcome := range []invariant.Outcome{invariant.Holds, invariant.Violated, invariant.NotApplicable} {
				count(o, t.outcome(outcome), rule, "outcome", outcome.String())
			}
		})
		return nil
	})
	notApplicable := r.builder.RegisterProcessorAPIInvariantNotApplicableCallback(func(_ context.Context, o metric.Int64Observer) error {
		rules.each(func(rule string, t *tally) {
			for _, reason := range invariant.Reasons() {
				count(o, t.notApplicable[reason].Load(), rule, "reason", reason.String())
			}
		})
		return nil
	})
	violations := r.builder.RegisterProcessorAPIInvariantViolationsCallback(func(_ context.Context, o metric.Int64Observer) error {
		rules.each(func(rule string, t *tally) {
			count(o, t.emitted.Load(), rule, "outcome", "emitted")
			count(o, t.suppressed.Load(), rule, "outcome", "suppressed")
		})
		return nil
	})
	loaded := r.builder.RegisterProcessorAPIInvariantRulesCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(len(rules.current.Load().book.Rules())))
		return nil
	})
	return errors.Join(evaluations, notApplicable, violations, loaded)
}

func (r *report) observeWaiting(waiting statistics) error {
	observe := func(value func(*calltree.Stats) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			stats := waiting.Stats()
			o.Observe(value(&stats))
			return nil
		}
	}
	b := r.builder
	return errors.Join(
		b.RegisterProcessorAPIInvariantWaitingTracesCallback(observe(func(s *calltree.Stats) int64 { return s.Traces })),
		b.RegisterProcessorAPIInvariantWaitingSpansCallback(observe(func(s *calltree.Stats) int64 { return s.Spans })),
		b.RegisterProcessorAPIInvariantWaitingBytesCallback(observe(func(s *calltree.Stats) int64 { return s.Bytes })),
		b.RegisterProcessorAPIInvariantEvictedCallsCallback(observe(func(s *calltree.Stats) int64 { return s.EvictedCalls })),
		b.RegisterProcessorAPIInvariantRefusedSpansCallback(observe(func(s *calltree.Stats) int64 { return s.RefusedSpans })),
	)
}

// observeEarlier reports what is known of earlier calls, as soon as some rule looks at them.
func (r *report) observeEarlier() error {
	observe := func(value func(*figures) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if c := r.chronicle.Load(); c != nil {
				o.Observe(value(c.publish.Load()))
			}
			return nil
		}
	}
	b := r.builder
	return errors.Join(
		b.RegisterProcessorAPIInvariantReferenceRowsCallback(observe(func(f *figures) int64 { return int64(f.store.Rows) })),
		b.RegisterProcessorAPIInvariantReferenceBytesCallback(observe(func(f *figures) int64 { return f.store.Bytes })),
		b.RegisterProcessorAPIInvariantReferenceEvictedRowsCallback(observe(func(f *figures) int64 { return f.store.Evicted })),
		b.RegisterProcessorAPIInvariantReferenceLookupsCallback(r.observeLookups),
		b.RegisterProcessorAPIInvariantReorderTracesCallback(observe(func(f *figures) int64 { return int64(f.line.Traces) })),
		b.RegisterProcessorAPIInvariantReorderBytesCallback(observe(func(f *figures) int64 { return f.line.Bytes })),
		b.RegisterProcessorAPIInvariantLateTracesCallback(observe(func(f *figures) int64 { return f.line.Late })),
		b.RegisterProcessorAPIInvariantHurriedCallsCallback(observe(func(f *figures) int64 { return f.hurried })),
		b.RegisterProcessorAPIInvariantFutureCallsCallback(observe(func(f *figures) int64 { return f.future })),
		b.RegisterProcessorAPIInvariantQuarantinedTracesCallback(observe(func(f *figures) int64 { return f.line.Quarantined })),
	)
}

// maxCollections is how many collections have series of their own.
const maxCollections = 200

// observeLookups reports the lookups in those collections that the rules look at.
func (r *report) observeLookups(_ context.Context, o metric.Int64Observer) error {
	c := r.chronicle.Load()
	if c == nil {
		return nil
	}
	f := c.publish.Load()
	series := 0
	for i := range f.store.Collections {
		of := &f.store.Collections[i]
		if !slices.ContainsFunc(f.collections, func(c invariant.Collection) bool { return c.Name == of.Name }) {
			continue
		}
		if series++; series > maxCollections {
			return nil
		}
		name := attribute.String("collection", of.Name)
		o.Observe(of.Hits, metric.WithAttributeSet(attribute.NewSet(name, attribute.String("answer", "hit"))))
		o.Observe(of.Misses, metric.WithAttributeSet(attribute.NewSet(name, attribute.String("answer", "miss"))))
	}
	return nil
}

func (r *report) close() { r.builder.Shutdown() }

func (r *report) items(ctx context.Context, c *counts) {
	for i, n := range c {
		if n > 0 {
			r.builder.ProcessorAPIInvariantItems.Add(ctx, n, r.outcomes[i]...)
		}
	}
}

func (r *report) evaluated(ctx context.Context, took time.Duration) {
	r.builder.ProcessorAPIInvariantEvaluationDuration.Record(ctx, took.Seconds())
}

func (r *report) lost(ctx context.Context, reason string, n int) {
	r.builder.ProcessorAPIInvariantViolationsLost.Add(ctx, int64(n), with("reason", reason))
}

func (r *report) reloaded(ctx context.Context, path, outcome string) {
	r.builder.ProcessorAPIInvariantRuleReloads.Add(ctx, 1, metric.WithAttributes(
		attribute.String("file.path", path), attribute.String("outcome", outcome)))
}

func (r *report) saveError(ctx context.Context) {
	r.builder.ProcessorAPIInvariantSaveErrors.Add(ctx, 1)
}

func (r *report) panicked(ctx context.Context) { r.builder.ProcessorAPIInvariantPanics.Add(ctx, 1) }

func with(key, value string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
}
