package apiinvariantprocessor

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

// many is a batch of n spans of one trace, whose ids begin there.
func many(trace pcommon.TraceID, n, from int, describe func(id int, span ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "orders")
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	spans.EnsureCapacity(n)
	for id := from; id < from+n; id++ {
		span := spans.AppendEmpty()
		span.SetTraceID(trace)
		span.SetSpanID(spanID(id))
		describe(id, span)
	}
	return td
}

// beneathTheCall makes internal and client spans that belong to call 1.
func beneathTheCall(id int, span ptrace.Span) {
	span.SetParentSpanID(spanID(1))
	span.SetKind(ptrace.SpanKindInternal)
	if id%2 == 0 {
		span.SetKind(ptrace.SpanKindClient)
		span.Attributes().PutStr("db.system.name", "postgresql")
		span.Attributes().PutStr("db.query.text", fmt.Sprintf(`SELECT %d`, id))
	}
}

// health makes server spans of an API without rules.
func health(_ int, span ptrace.Span) {
	span.SetKind(ptrace.SpanKindServer)
	span.Attributes().PutStr("http.request.method", "GET")
	span.Attributes().PutStr("http.route", "/health")
}

// TestAFloodOfSpansInATraceHidesNoViolation: the trace is larger than any cap, and the call is judged all the same,
// at once and by what is beneath it.
func TestAFloodOfSpansInATraceHidesNoViolation(t *testing.T) {
	for name, flood := range map[string]func(int, ptrace.Span){"beneath the call": beneathTheCall, "calls without rules": health} {
		t.Run(name, func(t *testing.T) {
			telemetry := newTelemetry(t)
			cfg := withRules(ownID, ownOrder)
			cfg.Limits.MaxSpansPerTrace, cfg.Limits.MaxBytes = 1000, 4<<20
			b := startBench(t, cfg, settingsOf(telemetry.NewTelemetrySettings()))
			b.next = consumertest.NewNop() // our spans go past it into the sink
			rounds := 50
			if raceDetector {
				rounds = 10
			}
			trace := pcommon.TraceID{15: 1}
			for i := range rounds {
				if i == rounds/2 {
					b.send(order(1, "?user=8", anysSQL))
				}
				b.send(many(trace, 10_000, 1000+i*10_000, flood))
				require.LessOrEqual(t, b.tree.Stats().Bytes, cfg.Limits.MaxBytes)
				require.LessOrEqual(t, b.tree.Stats().Spans, int64(cfg.Limits.MaxSpansPerTrace))
			}
			b.stop()
			assert.Equal(t, []string{"own-id of 1", "own-order of 1"}, b.told())
			assert.Positive(t, b.tree.Stats().RefusedSpans)
			assert.Zero(t, b.tree.Stats().EvictedCalls)
			requireNoPanics(t, telemetry)
		})
	}
}

// TestACallThatHasNoRoomInItsTraceIsCounted: those before it stay judged.
func TestACallThatHasNoRoomInItsTraceIsCounted(t *testing.T) {
	cfg := withRules(ownOrder)
	cfg.Limits.MaxSpansPerTrace, cfg.Limits.MaxPerRuleAndCaller = 300, 1000
	b := newBench(t, cfg)
	const calls = 500
	for i := range calls {
		id := 10 * (i + 1)
		b.send(newTrace(1).call("orders", id, 0, "GET /orders/{id}", "/orders/42", nil).statement("orders", id+1, id, anysSQL).td)
	}
	b.stop()
	judged := len(b.violations())
	assert.GreaterOrEqual(t, judged, 140, "each takes two spans")
	assert.GreaterOrEqual(t, b.tree.Stats().EvictedCalls, int64(calls-300))
}

func TestBodiesAndTextsOfAnySizeAreBounded(t *testing.T) {
	const body, query, statement = `body | GET /orders/{id} | req.body.a == 1`, `query | GET /orders/{id} | req.query.user == "7"`,
		`sql | GET /orders/{id} | db.all(s, s.table == "orders")`
	long := `{"a": 2, "b": "` + strings.Repeat("x", 10<<20) + `"}`
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	wide := "{" + strings.Repeat(`"k":1,`, 9_000) + `"a":2}`
	var parameters strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&parameters, "p%d=%d&", i, i)
	}
	parameters.WriteString("user=8")
	bigSQL := "SELECT * FROM orders WHERE id IN (" + strings.Repeat("1,", 500_000) + "1)"

	for name, tt := range map[string]struct {
		attributes map[string]any
		rule       string
		reason     invariant.Reason
	}{
		"a body of 10 MiB":     {map[string]any{"http.request.body.content": long}, "body", invariant.Unknown},
		"a deep body":          {map[string]any{"http.request.body.content": deep[:60_000]}, "body", invariant.Unknown},
		"a wide body":          {map[string]any{"http.request.body.content": wide}, "body", invariant.Unknown},
		"a body that is cut":   {map[string]any{"http.request.body.content": `{"a": 2, "b`}, "body", invariant.Unknown},
		"100000 parameters":    {map[string]any{"url.query": parameters.String()}, "query", invariant.Unknown},
		"a statement of 1 MiB": {nil, "sql", invariant.None},
	} {
		t.Run(name, func(t *testing.T) {
			telemetry := newTelemetry(t)
			b := startBench(t, withRules(body, query, statement), settingsOf(telemetry.NewTelemetrySettings()))
			td := newTrace(1).call("orders", 1, 0, "GET /orders/{id}", "/orders/42", tt.attributes).statement("orders", 2, 1, bigSQL).td
			b.send(td)
			b.stop()
			requireNoPanics(t, telemetry)
			tally := b.rules.tallies[tt.rule]
			assert.Zero(t, tally.violated.Load(), "what is not known is no violation")
			if tt.reason != invariant.None {
				assert.Equal(t, int64(1), tally.notApplicable[tt.reason].Load())
			}
		})
	}
}

func TestTracesBeyondTheLimitAreGivenUpAndCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	cfg := withRules(ownOrder)
	cfg.Limits.MaxTraces = 100
	b := startBench(t, cfg, settingsOf(telemetry.NewTelemetrySettings()))
	template := order(1, "", anysSQL)
	const traces = 3000
	for i := range traces {
		td := copyOf(template)
		for _, rs := range td.ResourceSpans().All() {
			var id pcommon.TraceID
			binary.BigEndian.PutUint64(id[:], uint64(i+1))
			rs.ScopeSpans().At(0).Spans().At(0).SetTraceID(id)
		}
		require.NoError(t, b.ConsumeTraces(t.Context(), td))
	}
	assert.LessOrEqual(t, b.tree.Stats().Traces, int64(100))
	evicted := b.tree.Stats().EvictedCalls
	assert.GreaterOrEqual(t, evicted, int64(traces-100))
	metadatatest.AssertEqualProcessorAPIInvariantEvictedCalls(t, telemetry, []metricdata.DataPoint[int64]{point(evicted)}, valuesOnly...)
	b.stop()
}

func TestManySendersAtOnce(t *testing.T) {
	cfg := withRules(ownID, ownOrder)
	cfg.Limits.MaxPerRuleAndCaller = 1000
	b := newBench(t, cfg)
	var senders sync.WaitGroup
	for s := range 4 {
		senders.Go(func() {
			for i := range 50 {
				td := order(byte(s*50+i+1), "?user=8", anysSQL)
				assert.NoError(t, b.ConsumeTraces(t.Context(), copyOf(td)))
				assert.NoError(t, b.ConsumeTraces(t.Context(), td))
			}
		})
	}
	senders.Go(func() {
		for range 5 {
			b.change(ownID, ownOrder)
		}
	})
	senders.Wait()
	b.stop()
	assert.Len(t, b.violations(), 400)
}
