package apiinvariantprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

// point is a data point with attributes in pairs.
func point(n int64, attributes ...string) metricdata.DataPoint[int64] {
	var all []attribute.KeyValue
	for i := 0; i < len(attributes); i += 2 {
		all = append(all, attribute.String(attributes[i], attributes[i+1]))
	}
	return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(all...), Value: n}
}

var valuesOnly = []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}

func newTelemetry(t *testing.T) *componenttest.Telemetry {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	return telemetry
}

// requireNoPanics makes sure that nothing was passed over silently.
func requireNoPanics(t *testing.T, telemetry *componenttest.Telemetry) {
	t.Helper()
	_, err := telemetry.GetMetric("otelcol_processor_api_invariant_panics")
	require.ErrorContains(t, err, "not found")
}

func TestItemsAreCountedByWhatBecameOfThem(t *testing.T) {
	telemetry := newTelemetry(t)
	cfg := withRules(ownID, ownOrder)
	cfg.Ignore.Routes = []string{"/health"}
	b := startBench(t, cfg, settingsOf(telemetry.NewTelemetrySettings()))
	td := newTrace(1).
		call("orders", 1, 0, "GET /orders/{id}", "/orders/42", nil).
		internal("orders", 2, 1).
		statement("orders", 3, 2, ownedSQL).
		call("orders", 4, 0, "GET /health", "/health", nil).
		call("orders", 5, 0, "GET /other", "/other", nil).td
	nameless := order(2, "")
	for _, rs := range nameless.ResourceSpans().All() {
		rs.ScopeSpans().At(0).Spans().At(0).SetSpanID(pcommon.SpanID{})
	}
	b.send(copyOf(td), copyOf(td), nameless)
	b.stop()
	metadatatest.AssertEqualProcessorAPIInvariantItems(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "outcome", "judged"), point(1, "outcome", "other"), point(1, "outcome", "statement"),
		point(1, "outcome", "ignored"), point(1, "outcome", "unmatched"),
		point(5, "outcome", "duplicate"), point(2, "outcome", "refused"),
	}, valuesOnly...)
}

func TestWhatRulesSayIsCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	cfg := withRules(ownID, ownOrder, `never | GET /never | true`, `paid | GET /orders/{id} | call.status == 402 | has(req.body.card)`)
	cfg.Limits.MaxPerRuleAndCaller = 1
	b := startBench(t, cfg, settingsOf(telemetry.NewTelemetrySettings()))
	b.send(order(1, "?user=7", ownedSQL), order(2, "?user=8", anysSQL), order(3, "?user=8"), order(4, ""))
	b.flush(t.Context())

	metadatatest.AssertEqualProcessorAPIInvariantEvaluations(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "rule", "own-id", "outcome", "held"), point(2, "rule", "own-id", "outcome", "violated"), point(1, "rule", "own-id", "outcome", "not_applicable"),
		point(1, "rule", "own-order", "outcome", "held"), point(1, "rule", "own-order", "outcome", "violated"), point(2, "rule", "own-order", "outcome", "not_applicable"),
		point(0, "rule", "never", "outcome", "violated"),
		point(0, "rule", "paid", "outcome", "violated"), point(4, "rule", "paid", "outcome", "not_applicable"),
	}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantNotApplicable(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "rule", "own-id", "reason", "missing"), point(2, "rule", "own-order", "reason", "unobserved"), point(4, "rule", "paid", "reason", "when"),
	}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantViolations(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "rule", "own-id", "outcome", "emitted"), point(1, "rule", "own-id", "outcome", "suppressed"), point(1, "rule", "own-order", "outcome", "emitted"),
	}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantRules(t, telemetry, []metricdata.DataPoint[int64]{point(4)}, valuesOnly...)
	b.stop()
}

func TestWhatWaitsIsCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, withRules(ownOrder), settingsOf(telemetry.NewTelemetrySettings()))
	b.send(order(1, "", ownedSQL), order(2, "", ownedSQL, auditSQL))
	metadatatest.AssertEqualProcessorAPIInvariantWaitingTraces(t, telemetry, []metricdata.DataPoint[int64]{point(2)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantWaitingSpans(t, telemetry, []metricdata.DataPoint[int64]{point(7)}, valuesOnly...)
	b.stop()
}

func TestAPanicCostsOneSpanAndIsCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, withRules(ownID, ownOrder), settingsOf(telemetry.NewTelemetrySettings()))
	calls := b.settings.calls
	b.settings.calls = nil
	td := order(1, "?user=8", anysSQL)
	b.send(copyOf(td))
	assert.Equal(t, 3, b.sink.SpanCount())
	b.settings.calls = calls
	b.send(td)
	metadatatest.AssertEqualProcessorAPIInvariantPanics(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	b.stop()
	assert.Equal(t, []string{"own-id of 1", "own-order of 1"}, b.told())
}

func TestAPanicOfAVerdictCostsOneCall(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, withRules(ownID, ownOrder), settingsOf(telemetry.NewTelemetrySettings()))
	g := b.rules.current.Load()
	whole := g.tallies
	g.tallies = nil
	b.send(order(1, "?user=8", anysSQL)) // each verdict on it panics: the tally is missing
	g.tallies = whole
	b.send(order(2, "?user=8", anysSQL))
	b.stop()
	assert.Equal(t, []string{"own-id of 1", "own-order of 1"}, b.told())
	metadatatest.AssertEqualProcessorAPIInvariantPanics(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
}

// TestAPanicLeavesNothingOfItsCallBehind: the statements of calls on which the judge stumbled are nobody else's.
func TestAPanicLeavesNothingOfItsCallBehind(t *testing.T) {
	b := newBench(t, withRules(ownOrder))
	before := b.rules.current.Load()
	b.change(ownOrder)
	after := b.rules.current.Load()
	for i := range 10 {
		b.rules.current.Store(before)
		b.send(order(byte(2*i+1), "", auditSQL, anysSQL))
		b.rules.current.Store(after)
		b.send(order(byte(2*i+2), "", ownedSQL))
	}
	before.tallies = nil
	b.stop()
	assert.Empty(t, b.told())
	assert.Equal(t, int64(10), b.rules.tallies["own-order"].held.Load())
}

func TestOurOutputFedBackYieldsNothing(t *testing.T) {
	b := newBench(t, withRules(ownID, ownOrder))
	b.send(order(1, "?user=8", anysSQL))
	b.stop()
	require.Len(t, b.violations(), 2)

	telemetry := newTelemetry(t)
	again := startBench(t, withRules(`any | * | false`, `all | * | db.all(s, false)`), settingsOf(telemetry.NewTelemetrySettings()))
	for _, td := range b.arrived(true) {
		td = copyOf(td)
		serve(td)
		again.send(td)
	}
	again.stop()
	assert.Len(t, again.violations(), 2, "those that were sent")
	metadatatest.AssertEqualProcessorAPIInvariantItems(t, telemetry, []metricdata.DataPoint[int64]{point(2, "outcome", "own")}, valuesOnly...)
}

// slow is a consumer that takes our spans when it is let.
type slow struct {
	consumertest.TracesSink
	let chan struct{}
}

func (s *slow) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if anomaly.Ours(td.ResourceSpans().At(0).ScopeSpans().At(0).Scope().Name()) {
		<-s.let
	}
	return s.TracesSink.ConsumeTraces(ctx, td)
}

func TestWhoIsSlowToReceiveViolationsHoldsUpNothing(t *testing.T) {
	telemetry := newTelemetry(t)
	cfg := withRules(ownID)
	cfg.QueueSize, cfg.Limits.MaxPerRuleAndCaller = 2, 100
	sink := &slow{let: make(chan struct{})}
	p, err := NewFactory().CreateTraces(t.Context(), settingsOf(telemetry.NewTelemetrySettings()), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	const calls = 200
	for i := range calls {
		require.NoError(t, p.ConsumeTraces(t.Context(), order(byte(i+1), "?user=8")))
	}
	lost := counter(t, telemetry, "otelcol_processor_api_invariant_violations_lost", "reason", "queue_full")
	assert.Positive(t, lost)
	close(sink.let)
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Equal(t, calls*2+100-int(lost), sink.SpanCount(), "100 are held back")
}

// serve makes server spans of all spans, which rules would be about.
func serve(td ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		for _, span := range rs.ScopeSpans().At(0).Spans().All() {
			span.SetKind(ptrace.SpanKindServer)
		}
	}
}
