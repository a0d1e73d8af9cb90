package apitrafficprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadata"
	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadatatest"
)

func TestBatchesPassUntouched(t *testing.T) {
	b := newBench(t, defaults())
	td := b.calls("shop", 50, "192.0.2.1", "192.0.2.2")
	want := ptrace.NewTraces()
	td.CopyTo(want)
	b.send(td)
	require.Len(t, b.sink.AllTraces(), 1, "at once")
	assert.NoError(t, ptracetest.CompareTraces(want, b.sink.AllTraces()[0]))
	assert.False(t, b.Capabilities().MutatesData)
	b.stop()
}

func TestTheNextConsumersErrorComesBack(t *testing.T) {
	refuse := errors.New("refused")
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), defaults(), consumertest.NewErr(refuse))
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	assert.ErrorIs(t, p.ConsumeTraces(context.Background(), ptrace.NewTraces()), refuse)
	require.NoError(t, p.Shutdown(context.Background()))
}

func TestAFloodIsFoundNamedAndEnds(t *testing.T) {
	b := newBench(t, defaults())
	b.minutes(30, 40, "192.0.2.1", "192.0.2.2")
	b.minutes(2, 4000, "203.0.113.9")
	b.minutes(5, 40, "192.0.2.1", "192.0.2.2")
	b.stop()
	require.Equal(t, []string{"begun total_calls ", "ended total_calls "}, b.told())
	span := b.anomalies()[0]
	assert.Equal(t, ptrace.SpanKindInternal, span.Kind())
	assert.True(t, span.ParentSpanID().IsEmpty())
	assert.Equal(t, "shop gets a flood of calls: 4000 in this window, about 40 before; 4000 come from 203.0.113.9, 4000 go to GET /orders/{id}", span.Status().Message())
	assert.Equal(t, noon.Add(30*time.Minute), span.StartTimestamp().AsTime())
	assert.Equal(t, noon.Add(31*time.Minute), span.EndTimestamp().AsTime())
	assert.Equal(t, 2, span.Links().Len())
}

func TestACollapseIsFound(t *testing.T) {
	for name, after := range map[string]int{"falls silent": 0, "is failing under load": 100} {
		b := newBench(t, defaults())
		b.minutes(30, 2000, "192.0.2.1", "192.0.2.2")
		for range 4 {
			if after > 0 {
				b.send(b.calls("shop", after, "192.0.2.1"))
			}
			b.send(b.calls("other", 5, "192.0.2.1"))
			b.next()
			b.tracker.Tick(b.now().UnixNano())
		}
		b.stop()
		require.NotEmpty(t, b.anomalies(), name)
		assert.Equal(t, "begun dos_factor ", b.told()[0])
		assert.Len(t, b.anomalies(), 1)
	}
}

func TestAnAlarmRightBeforeTheShutdownIsDelivered(t *testing.T) {
	b := newBench(t, defaults())
	b.minutes(30, 40, "192.0.2.1")
	b.send(b.calls("shop", 5000, "203.0.113.9"))
	b.stop()
	assert.Equal(t, []string{"begun total_calls "}, b.told())
}

func TestARetriedBatchCountsOnce(t *testing.T) {
	b := newBench(t, defaults())
	b.minutes(30, 40, "192.0.2.1")
	flood := b.calls("shop", 60, "203.0.113.9")
	for range 20 {
		again := ptrace.NewTraces()
		flood.CopyTo(again)
		b.send(again)
	}
	b.next()
	b.minutes(3, 40, "192.0.2.1")
	b.stop()
	assert.Empty(t, b.told(), "sixty calls are no flood, however often they are sent")
}

func TestOurOutputFedBackYieldsNothing(t *testing.T) {
	b := newBench(t, defaults())
	b.minutes(30, 40, "192.0.2.1")
	b.minutes(1, 4000, "203.0.113.9")
	b.minutes(3, 40, "192.0.2.1")
	b.stop()
	require.NotEmpty(t, b.anomalies())

	cfg := defaults()
	cfg.LowRate.Rule, cfg.LowRate.MinRequests = "paper", 1
	telemetry := componenttest.NewTelemetry()
	again := startBench(t, cfg, componenttest.NewNopHost(), settingsOf(telemetry.NewTelemetrySettings()))
	for _, td := range b.sink.AllTraces() {
		if td.ResourceSpans().At(0).ScopeSpans().At(0).Scope().Name() == metadata.ScopeName {
			again.send(td)
		}
	}
	anomalies := len(again.anomalies())
	require.Equal(t, len(b.anomalies()), anomalies)
	again.stop()
	assert.Len(t, again.anomalies(), anomalies)
	metadatatest.AssertEqualProcessorAPITrafficItems(t, telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("outcome", "own")), Value: int64(anomalies)},
	}, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
	require.NoError(t, telemetry.Shutdown(context.Background()))
}

// TestSiblingsAreNotJudged: a client that only ever calls with a parent span,
// from a private address, is a sibling service.
func TestSiblingsAreNotJudged(t *testing.T) {
	cfg := defaults()
	cfg.LowRate.Rule = "paper" // every client with 15 calls
	siblings := func(b *bench, service string, n int, client string) {
		td := b.calls(service, n, client)
		for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			span.SetParentSpanID(pcommon.SpanID{9})
		}
		b.send(td)
	}
	b := newBench(t, cfg)
	for range 5 {
		b.send(b.calls("gateway", 30, "198.51.100.7"))
		siblings(b, "gateway", 30, "10.0.0.12")
		siblings(b, "orders", 30, "10.0.0.13")
		siblings(b, "gateway", 30, "198.51.100.8") // brings a traceparent of its own
		b.next()
	}
	b.stop()
	told := b.told()
	assert.ElementsMatch(t, []string{"begun low_rate 198.51.100.7", "begun low_rate 198.51.100.8"}, told)
}

func TestEntryServicesAndInternalClients(t *testing.T) {
	cfg := defaults()
	cfg.LowRate.Rule = "paper"
	cfg.EntryServices = []string{"gateway"}
	cfg.InternalClients = []string{"198.51.100.0/24"}
	cfg.Ignore.Routes = []string{"/orders/{id}"}
	b := newBench(t, cfg)
	call := func(service, client, route string) {
		td := b.calls(service, 20, client)
		for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			span.Attributes().PutStr("http.route", route)
		}
		b.send(td)
	}
	call("gateway", "203.0.113.1", "/a")
	call("gateway", "198.51.100.1", "/a")          // internal
	call("gateway", "203.0.113.2", "/orders/{id}") // ignored
	call("orders", "203.0.113.3", "/a")            // no entry
	b.stop()
	assert.Equal(t, []string{"begun low_rate 203.0.113.1"}, b.told())
}

func TestItemsAreCountedByWhatBecameOfThem(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	b := startBench(t, defaults(), componenttest.NewNopHost(), settingsOf(telemetry.NewTelemetrySettings()))
	b.to(10)
	td := b.calls("shop", 6, "192.0.2.1")
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(1).SetKind(ptrace.SpanKindInternal)
	spans.At(2).SetKind(ptrace.SpanKindClient)
	spans.At(2).Attributes().PutStr("db.system.name", "postgresql")
	spans.At(3).SetKind(ptrace.SpanKindProducer)
	spans.At(4).SetStartTimestamp(pcommon.NewTimestampFromTime(noon)) // ten minutes late
	spans.At(5).SetStartTimestamp(pcommon.NewTimestampFromTime(noon.Add(time.Hour)))
	again := ptrace.NewTraces()
	td.CopyTo(again)
	b.send(td)
	b.send(again)
	count := func(outcome string, n int64) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(attribute.String("outcome", outcome)), Value: n}
	}
	metadatatest.AssertEqualProcessorAPITrafficItems(t, telemetry, []metricdata.DataPoint[int64]{
		count("counted", 2), count("other", 2), count("statement", 1), count("late", 1), count("future", 1), count("duplicate", 6),
	}, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
	b.stop()
	require.NoError(t, telemetry.Shutdown(context.Background()))
}

func TestAPanicDegradesToPassingThrough(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	b := startBench(t, defaults(), componenttest.NewNopHost(), settingsOf(telemetry.NewTelemetrySettings()))
	reader := b.reader
	b.reader = nil
	b.send(b.calls("shop", 3, "192.0.2.1"))
	assert.Equal(t, 3, b.sink.SpanCount())
	b.reader = reader
	b.send(b.calls("shop", 3, "192.0.2.1"))
	assert.Equal(t, 6, b.sink.SpanCount())
	metadatatest.AssertEqualProcessorAPITrafficPanics(t, telemetry, []metricdata.DataPoint[int64]{{Value: 1}},
		metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
	b.stop()
	require.NoError(t, telemetry.Shutdown(context.Background()))
}

func TestASecondInstanceIsRefusedWithAHint(t *testing.T) {
	host := componenttest.NewNopHost()
	b := startBench(t, defaults(), host, processortest.NewNopSettings(metadata.Type))
	set := processortest.NewNopSettings(metadata.Type)
	set.ID = b.id
	second, err := NewFactory().CreateTraces(context.Background(), set, defaults(), consumertest.NewNop())
	require.NoError(t, err)
	assert.ErrorContains(t, second.Start(context.Background(), host), "name the second one, such as api_traffic/b")
	require.NoError(t, second.Shutdown(context.Background()))
	b.stop()
}

// accessLog is a batch of raw lines as file_log delivers them.
func accessLog(minute, n int, client string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "site")
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	for i := range n {
		at := noon.Add(time.Duration(minute)*time.Minute + time.Duration(i)*time.Minute/time.Duration(n))
		records.AppendEmpty().Body().SetStr(fmt.Sprintf(`%s - - [%s] "GET /page/%d HTTP/1.1" 200 512 "-" "Mozilla/5.0"`, client, at.Format("02/Jan/2006:15:04:05 -0700"), i%5))
	}
	return ld
}

func TestRawAccessLogLines(t *testing.T) {
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(context.Background(), processortest.NewNopSettings(metadata.Type), defaults(), sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	for minute := range 40 {
		n := 10
		if minute == 35 {
			n = 900
		}
		ld := accessLog(minute, n, "192.0.2.1")
		ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty().Body().SetStr("something else entirely")
		require.NoError(t, p.ConsumeLogs(context.Background(), ld))
	}
	require.NoError(t, p.Shutdown(context.Background()))
	var bodies []string
	for _, ld := range sink.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				if strings.HasPrefix(sl.Scope().Name(), "github.com/spanwarden/") {
					for _, r := range sl.LogRecords().All() {
						bodies = append(bodies, r.EventName()+": "+r.Body().Str())
					}
				}
			}
		}
	}
	require.Len(t, bodies, 2)
	assert.Equal(t, "spanwarden.anomaly: site gets a flood of calls: 900 in this window, about 10 before; 900 come from 192.0.2.1, 900 go to GET /page/{id}", bodies[0])
}

// slowConsumer takes its time with anomalies.
type slowConsumer struct{ consumertest.TracesSink }

func (s *slowConsumer) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if td.SpanCount() > 0 && td.ResourceSpans().At(0).ScopeSpans().At(0).Scope().Name() == metadata.ScopeName {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
		}
	}
	return s.TracesSink.ConsumeTraces(ctx, td)
}

func TestShutdownKeepsToTheContextsTime(t *testing.T) {
	sink := new(slowConsumer)
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), defaults(), consumer.Traces(sink))
	require.NoError(t, err)
	b := &bench{tracesProcessor: p.(*tracesProcessor), t: t, sink: &sink.TracesSink}
	b.now = func() time.Time { return noon.Add(time.Duration(b.clock.Load()+1) * time.Minute) }
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	b.minutes(30, 40, "192.0.2.1")
	b.send(b.calls("shop", 5000, "203.0.113.9"))
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	require.NoError(t, p.Shutdown(ctx))
	assert.Less(t, time.Since(start), 10*time.Second)
}
