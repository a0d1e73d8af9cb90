package apiinvariantprocessor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

func TestRowsThatMadeRoomAreNotMissed(t *testing.T) {
	telemetry := newTelemetry(t)
	cfg := shopConfig(t)
	cfg.References.MaxRows = 3
	stage, o := paid(t, cfg, settingsOf(telemetry.NewTelemetrySettings()), func(s *shop) {
		first := s.order(1, 2, 3)
		for range 4 {
			s.order(1, 2, 3)
		}
		s.pay(1, first, 200)
		s.pay(1, len(s.orders)+999, 200)
	})
	assert.Equal(t, [3]int{1, 0, 1}, o.of("paid-once"))
	assert.Equal(t, 3, stage.chronicle.store.Stats().Rows)
	assert.GreaterOrEqual(t, stage.chronicle.publish.Load().store.Evicted, int64(2))
}

// flood is many sessions, each with an order.
func flood(sessions int, length time.Duration) *shop {
	s := newShop(1)
	for user := range sessions {
		s.traces++
		s.trace(user, length, "POST", "/orders", "/orders", 201, `{"product": 2, "price": 3}`, fmt.Sprintf(`{"id": %d, "status": "open"}`, 1000+user))
		s.at += 5 * time.Millisecond
	}
	return s
}

// together puts all that a shop does into one trace.
func together(s *shop) *shop {
	for i := range s.spans {
		span := &s.spans[i]
		trace, id := span.TraceID(), span.SpanID()
		copy(id[:], trace[12:])
		span.SetSpanID(id)
		span.SetTraceID(traceID(1))
	}
	return s
}

func TestAFloodOfSessionsStaysWithinBounds(t *testing.T) {
	for name, l := range map[string]struct {
		limit func(*Config)
		flood *shop
		least int64 // calls that have no time to wait
	}{
		"traces":             {func(c *Config) { c.Limits.MaxReorderCalls = 200 }, flood(3000, time.Second/2), 2000},
		"traces that go on":  {func(c *Config) { c.Limits.MaxReorderCalls = 2500 }, flood(3000, 40*time.Second), 0},
		"calls of one trace": {func(c *Config) { c.Limits.MaxReorderCalls = 200 }, together(flood(3000, time.Second/2)), 2000},
		"bytes":              {func(c *Config) { c.Limits.MaxReorderBytes = leastOrder }, flood(3000, time.Second/2), 2000},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := shopConfig(t)
			cfg.References.MaxBytes, cfg.References.MaxRows = 1<<20, 1000
			l.limit(cfg)
			stage := newStage(t, cfg, nopSettings())
			most := 0
			stage.settledOnce = func() {
				stats, known := stage.chronicle.line.Stats(), stage.chronicle.store.Stats()
				most = max(most, stats.Traces)
				assert.LessOrEqual(t, stats.Calls, cfg.Limits.MaxReorderCalls)
				assert.LessOrEqual(t, stats.Traces, cfg.Limits.MaxReorderCalls)
				assert.LessOrEqual(t, stats.Bytes, cfg.Limits.MaxReorderBytes)
				assert.LessOrEqual(t, known.Bytes, cfg.References.MaxBytes)
				assert.LessOrEqual(t, known.Rows, cfg.References.MaxRows)
			}
			stage.play(l.flood.arriving(func(*shopSpan) time.Duration { return 0 }))
			stage.to(stage.at + 3*cfg.Settle)
			o := stage.stop()
			assert.Positive(t, most)
			assert.GreaterOrEqual(t, stage.chronicle.figures.hurried, l.least)
			assert.Equal(t, [3]int{0, 0, 3000}, o.of("price-as-shown"), "nobody is accused")
			assert.Empty(t, o.violations)
		})
	}
}

// Who has no time to wait is not judged by what may still come, but shows what it shows.
func TestWhoIsHurriedIsNotJudged(t *testing.T) {
	cfg := shopConfig(t)
	cfg.Limits.MaxReorderCalls = 1
	stage, o := paid(t, cfg, nopSettings(), func(s *shop) {
		s.look(1)
		s.pay(1, s.order(1, 2, 1), 200)
		s.at += time.Minute
		s.order(1, 2, 1)
		s.pay(1, 1000, 200)
	})
	assert.Equal(t, [3]int{0, 0, 2}, o.of("price-as-shown"), "payments come behind")
	assert.Equal(t, [3]int{1, 1, 0}, o.of("paid-once"), "nothing comes behind")
	assert.Equal(t, int64(2), stage.chronicle.figures.hurried)
}

func TestAClockThatRunsAheadMakesNobodyLate(t *testing.T) {
	telemetry := newTelemetry(t)
	stage, o := paid(t, shopConfig(t), settingsOf(telemetry.NewTelemetrySettings()), func(s *shop) {
		s.day(50)
		for _, ahead := range []time.Duration{50 * time.Second, time.Hour} {
			at := s.at
			s.at += ahead
			order := s.order(1, 2, s.prices[2])
			for i := range 3 { // they come when they should, whatever their clock says
				s.spans[len(s.spans)-1-i].end -= ahead
			}
			s.at = at + 10*time.Second
			s.pay(2, order, 200)
			s.day(50)
		}
	})
	figures := stage.chronicle.publish.Load()
	assert.Zero(t, figures.line.Late)
	assert.Equal(t, int64(2), figures.future, "by a minute and more: at the gateway and behind it")
	assert.Contains(t, o.violations, traceID(104).String()+"/"+spanID(2).String()+" paid-by-owner", "what it showed is not in the future")
}

// A retried batch is neither judged nor taken down again, and cannot shed what is known against it.
func TestARepeatedBatchChangesNothing(t *testing.T) {
	cfg := shopConfig(t)
	cfg.Limits.MaxTraces = 1 // what comes first is given up
	s := newShop(1)
	order := s.order(1, 2, 3)
	stage := newStage(t, cfg, nopSettings())
	stage.soon(s)
	stage.to(stage.at + 3*cfg.Settle)
	s.at = stage.at
	defectivePayment(s, order)
	again := s.arriving(func(*shopSpan) time.Duration { return 0 })
	stage.soon(s)
	other := newShop(1)
	other.at, other.traces = s.at, 50
	other.look(7)
	stage.soon(other)
	stage.play(again)
	stage.to(stage.at + 3*cfg.Settle)
	s.at = stage.at
	s.pay(1, order, 200)
	stage.soon(s)
	o := stage.stop()
	assert.Equal(t, [3]int{2, 0, 0}, o.of("paid-once"), "the first payment is still not believed")
	assert.Equal(t, 1, o.of("no-failure")[1])
}

// Many send at once while calls settle and have their turn.
func TestSendersAtOnceAndTheirTurns(t *testing.T) {
	cfg := shopConfig(t)
	cfg.Settle = leastSettle
	telemetry := newTelemetry(t)
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(t.Context(), settingsOf(telemetry.NewTelemetrySettings()), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	var senders sync.WaitGroup
	for i := range 4 {
		senders.Go(func() {
			s := newShop(uint64(i))
			s.traces = 1000 * i
			s.day(150)
			for _, a := range s.arriving(func(*shopSpan) time.Duration { return 0 }) {
				assert.NoError(t, p.ConsumeTraces(context.Background(), batchOf(a)))
			}
		})
	}
	for range 20 {
		var metrics metricdata.ResourceMetrics
		require.NoError(t, telemetry.Reader.Collect(t.Context(), &metrics))
		time.Sleep(time.Millisecond)
	}
	senders.Wait()
	require.NoError(t, p.Shutdown(t.Context()))
	requireNoPanics(t, telemetry)
	assert.Positive(t, p.(*tracesProcessor).chronicle.store.Stats().Rows)
	assert.Positive(t, p.(*tracesProcessor).rules.tallies["paid-once"].violated.Load()+p.(*tracesProcessor).rules.tallies["paid-once"].held.Load())
}

func TestWhatIsKnownIsCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	s := newShop(1)
	s.look(1)
	order := s.order(1, 2, s.prices[2])
	s.pay(1, order, 200)
	s.pay(1, order, 200)
	s.pay(1, 7, 200)
	stage := newStage(t, shopConfig(t), settingsOf(telemetry.NewTelemetrySettings()))
	stage.soon(s)
	stage.to(stage.at + 3*stage.config.Settle)
	late := newShop(1)
	late.traces = 90
	late.look(3)
	stage.soon(late)
	stage.settled(stage.in, stage.clock()+int64(stage.config.Settle))

	known := stage.chronicle.store.Stats()
	require.Equal(t, 10+2+2, known.Rows, "products, two orders, and the last look of two sessions")
	metadatatest.AssertEqualProcessorAPIInvariantReferenceRows(t, telemetry, []metricdata.DataPoint[int64]{point(int64(known.Rows))}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantReferenceBytes(t, telemetry, []metricdata.DataPoint[int64]{point(known.Bytes)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantReferenceEvictedRows(t, telemetry, []metricdata.DataPoint[int64]{point(0)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantQuarantinedTraces(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantLateTraces(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantHurriedCalls(t, telemetry, []metricdata.DataPoint[int64]{point(0)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantFutureCalls(t, telemetry, []metricdata.DataPoint[int64]{point(0)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantReorderTraces(t, telemetry, []metricdata.DataPoint[int64]{point(0)}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantReorderBytes(t, telemetry, []metricdata.DataPoint[int64]{point(0)}, valuesOnly...)
	// Two rules look at the order of three payments, and a violation is explained.
	metadatatest.AssertEqualProcessorAPIInvariantReferenceLookups(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "collection", "products", "answer", "hit"), point(0, "collection", "products", "answer", "miss"),
		point(5, "collection", "orders", "answer", "hit"), point(2, "collection", "orders", "answer", "miss"),
		point(3, "collection", "earlier GET /products", "answer", "hit"), point(0, "collection", "earlier GET /products", "answer", "miss"),
	}, valuesOnly...)
	stage.stop()
}
