package apitrafficprocessor

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadata"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// bench is a running traces processor whose wall clock is that of its spans.
type bench struct {
	*tracesProcessor
	t        *testing.T
	sink     *consumertest.TracesSink
	minute   int
	clock    atomic.Int64 // the minute again, for the processor's goroutines
	lastSpan uint64
}

func defaults() *Config { return createDefaultConfig().(*Config) }

func settingsOf(telemetry component.TelemetrySettings) processor.Settings {
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry
	return set
}

func startBench(t *testing.T, cfg *Config, host component.Host, set processor.Settings) *bench {
	t.Helper()
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(context.Background(), set, cfg, sink)
	require.NoError(t, err)
	b := &bench{tracesProcessor: p.(*tracesProcessor), t: t, sink: sink}
	b.now = func() time.Time { return noon.Add(time.Duration(b.clock.Load()+1) * time.Minute) }
	require.NoError(t, p.Start(context.Background(), host))
	return b
}

func newBench(t *testing.T, cfg *Config) *bench {
	return startBench(t, cfg, componenttest.NewNopHost(), processortest.NewNopSettings(metadata.Type))
}

// next goes on to the next minute.
func (b *bench) next() { b.to(b.minute + 1) }

// to goes to a minute.
func (b *bench) to(minute int) {
	b.minute = minute
	b.clock.Store(int64(minute))
}

// calls is a batch of n server spans in the current minute, from the clients in turn.
func (b *bench) calls(service string, n int, clients ...string) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		b.lastSpan++
		span := spans.AppendEmpty()
		var id pcommon.SpanID
		binary.BigEndian.PutUint64(id[:], b.lastSpan)
		span.SetSpanID(id)
		span.SetTraceID(pcommon.TraceID{1, 2, 3, byte(b.lastSpan), byte(b.lastSpan >> 8)})
		span.SetKind(ptrace.SpanKindServer)
		at := noon.Add(time.Duration(b.minute)*time.Minute + time.Duration(i)*time.Minute/time.Duration(n))
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(3 * time.Millisecond)))
		a := span.Attributes()
		a.PutStr("http.request.method", "GET")
		a.PutStr("http.route", "/orders/{id}")
		a.PutStr("url.path", fmt.Sprintf("/orders/%d", i%5))
		a.PutStr("client.address", clients[i%len(clients)])
		a.PutInt("http.response.status_code", 200)
		a.PutInt("http.response.body.size", 500)
	}
	return td
}

// send passes a batch through the processor.
func (b *bench) send(td ptrace.Traces) {
	b.t.Helper()
	require.NoError(b.t, b.ConsumeTraces(context.Background(), td))
}

// minutes sends n calls in each of the next so many minutes.
func (b *bench) minutes(count, n int, clients ...string) {
	b.t.Helper()
	for range count {
		b.send(b.calls("shop", n, clients...))
		b.next()
	}
}

func (b *bench) stop() {
	b.t.Helper()
	require.NoError(b.t, b.Shutdown(context.Background()))
}

// anomalies are the spans of ours that have arrived.
func (b *bench) anomalies() (spans []ptrace.Span) {
	for _, td := range b.sink.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				if anomaly.Ours(ss.Scope().Name()) {
					for _, span := range ss.Spans().All() {
						spans = append(spans, span)
					}
				}
			}
		}
	}
	return spans
}

// told are the anomalies as "state detector client".
func (b *bench) told() (told []string) {
	for _, span := range b.anomalies() {
		text := func(key string) string {
			if v, ok := span.Attributes().Get(key); ok {
				return v.AsString()
			}
			return ""
		}
		told = append(told, text("anomaly.state")+" "+text("anomaly.detector")+" "+text("client.address"))
	}
	return told
}
