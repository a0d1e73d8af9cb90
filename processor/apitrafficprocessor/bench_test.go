package apitrafficprocessor

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/spanmetricsconnector"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/collectorbench/cputime"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/sampletraffic"
	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadatatest"
)

const (
	// benchBatches are prepared for each mix; with them come some thousand
	// clients.
	benchBatches = 256
	// warmUp is how much event time passes before anything is measured: windows
	// have been closed, and their memory is used again.
	warmUp = 4 * time.Minute
)

// mixes of spans that are measured apart.
var mixes = []struct {
	name string
	keep func(service string, kind ptrace.SpanKind) bool
}{
	{"traces", nil},
	{"servers", func(_ string, kind ptrace.SpanKind) bool { return kind == ptrace.SpanKindServer }},
	{"others", func(_ string, kind ptrace.SpanKind) bool { return kind != ptrace.SpanKindServer }},
	{"one_service", func(service string, _ ptrace.SpanKind) bool { return service == sampletraffic.Orders }},
	{"one_service_servers", func(service string, kind ptrace.SpanKind) bool {
		return service == sampletraffic.Gateway && kind == ptrace.SpanKindServer
	}},
}

// competitors are what the same spans are given to. Each makes a consumer, and
// says in the end how it went.
var competitors = []struct {
	name  string
	start func(b *testing.B, clock *sampletraffic.Clock) consumer.Traces
}{
	{"noop", func(*testing.B, *sampletraffic.Clock) consumer.Traces { return passThrough{consumertest.NewNop()} }},
	{"api_traffic", startAPITraffic},
	{"span_metrics", startSpanMetrics},
}

// passThrough is a processor that does nothing.
type passThrough struct{ next consumer.Traces }

func (p passThrough) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (p passThrough) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	return p.next.ConsumeTraces(ctx, td)
}

func startAPITraffic(b *testing.B, clock *sampletraffic.Clock) consumer.Traces {
	telemetry := componenttest.NewTelemetry()
	p := newTracesProcessor(b, telemetry, consumertest.NewNop())
	p.now = clock.Now
	require.NoError(b, p.Start(b.Context(), componenttest.NewNopHost()))
	b.Cleanup(func() {
		require.NoError(b, p.Shutdown(context.Background()))
		requireAllCounted(b, telemetry)
	})
	return p
}

func startSpanMetrics(b *testing.B, _ *sampletraffic.Clock) consumer.Traces {
	factory := spanmetricsconnector.NewFactory()
	settings := connectortest.NewNopSettings(factory.Type())
	settings.TelemetrySettings = componenttest.NewTelemetry().NewTelemetrySettings()
	c, err := factory.CreateTracesToMetrics(b.Context(), settings, factory.CreateDefaultConfig(), consumertest.NewNop())
	require.NoError(b, err)
	require.NoError(b, c.Start(b.Context(), componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, c.Shutdown(context.Background())) })
	return c
}

// requireAllCounted makes sure that the benchmark measured what it meant to: no
// call was passed over, and every window was judged.
func requireAllCounted(b *testing.B, telemetry *componenttest.Telemetry) {
	b.Helper()
	items := "otelcol_processor_api_traffic_items"
	for _, outcome := range []string{outcomeNames[duplicate], outcomeNames[future], outcomeNames[ignoredCall]} {
		require.Zero(b, counter(b, telemetry, items, "outcome", outcome), outcome)
	}
	taken := counter(b, telemetry, items, "outcome", outcomeNames[counted]) + counter(b, telemetry, items, "outcome", outcomeNames[statement])
	require.Positive(b, taken)
	// A goroutine that the machine stopped for long is late in the end.
	require.LessOrEqual(b, counter(b, telemetry, items, "outcome", outcomeNames[late]), taken/1000)
	windows := "otelcol_processor_api_traffic_windows"
	require.Zero(b, counter(b, telemetry, windows, "outcome", dropped))
	require.Positive(b, counter(b, telemetry, windows, "outcome", judgedWindow))
	require.Zero(b, counter(b, telemetry, "otelcol_processor_api_traffic_panics", "", ""))
}

// BenchmarkSpans gives the same batches to each of the competitors. ns/span is
// CPU time of the goroutine that hands them over; judging, on a goroutine of its
// own, is BenchmarkJudge.
func BenchmarkSpans(b *testing.B) {
	for _, mix := range mixes {
		b.Run(mix.name, func(b *testing.B) {
			clock := sampletraffic.NewClock(time.Now())
			stream := sampletraffic.NewStream(sampletraffic.Settings{Seed: 1, Keep: mix.keep}, benchBatches, clock)
			for _, c := range competitors {
				b.Run(c.name, func(b *testing.B) {
					consume := c.start(b, clock)
					for began := clock.Now(); clock.Now().Before(began.Add(warmUp)); {
						require.NoError(b, consume.ConsumeTraces(b.Context(), stream.Next().Traces))
					}
					measure(b, stream, consume)
				})
			}
		})
	}
}

// measure reports the cost of a span. Its new ids and times, and fetching it
// from memory to where a receiver leaves it, the cache, are not included.
func measure(b *testing.B, stream *sampletraffic.Stream, consume consumer.Traces) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var spent time.Duration
	spans := 0
	before := allocations()
	b.ReportAllocs()
	for b.Loop() {
		batch := stream.Next()
		touch(batch.Traces)
		began := cputime.Thread()
		if err := consume.ConsumeTraces(b.Context(), batch.Traces); err != nil {
			b.Fatal(err)
		}
		spent += cputime.Thread() - began
		spans += batch.Spans
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(spans), "ns/span")
	b.ReportMetric(float64(allocations()-before)/float64(spans), "allocs/span")
	b.ReportMetric(0, "ns/op") // of a batch and its preparation: nobody's figure
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// touched keeps the compiler from leaving touch out.
var touched atomic.Int64

// touch reads all of the batch.
func touch(td ptrace.Traces) {
	bytes := 0
	for _, rs := range td.ResourceSpans().All() {
		bytes += touchAttributes(rs.Resource().Attributes())
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				bytes += len(span.Name()) + touchAttributes(span.Attributes())
			}
		}
	}
	touched.Store(int64(bytes))
}

func touchAttributes(m pcommon.Map) (bytes int) {
	for k, v := range m.All() {
		bytes += int(k[0])
		if v.Type() == pcommon.ValueTypeStr && v.Str() != "" {
			bytes += int(v.Str()[0])
		}
	}
	return bytes
}

// BenchmarkContention hands over from as many goroutines as there are cores, all
// spans of one service in the worst case. wall-ns/span is the time that a
// goroutine waits for a span to be taken, locks included.
func BenchmarkContention(b *testing.B) {
	for _, mix := range mixes {
		if mix.name == "servers" || mix.name == "others" {
			continue // they show nothing new
		}
		b.Run(mix.name, func(b *testing.B) {
			for _, c := range competitors {
				b.Run(c.name, func(b *testing.B) { contend(b, c.start, mix.keep) })
			}
		})
	}
}

func contend(b *testing.B, start func(*testing.B, *sampletraffic.Clock) consumer.Traces, keep func(string, ptrace.SpanKind) bool) {
	clock := sampletraffic.NewClock(time.Now())
	consume := start(b, clock)
	streams := make(chan *sampletraffic.Stream, runtime.GOMAXPROCS(0))
	for seed := range cap(streams) {
		// Time passes slowly, so that a goroutine that is stopped for a moment does not come too late.
		settings := sampletraffic.Settings{Seed: uint64(seed), Keep: keep, Rate: 100_000}
		streams <- sampletraffic.NewStream(settings, benchBatches/cap(streams), clock)
	}
	var spent, waited, spans atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		stream := <-streams
		for pb.Next() {
			batch := stream.Next()
			touch(batch.Traces)
			wall, cpu := time.Now(), cputime.Thread()
			if err := consume.ConsumeTraces(b.Context(), batch.Traces); err != nil {
				b.Error(err)
			}
			spent.Add(int64(cputime.Thread() - cpu))
			waited.Add(int64(time.Since(wall)))
			spans.Add(int64(batch.Spans))
		}
	})
	b.ReportMetric(float64(spent.Load())/float64(spans.Load()), "ns/span")
	b.ReportMetric(float64(waited.Load())/float64(spans.Load()), "wall-ns/span")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkJudge is what judging a minute of the whole shop costs, for each of
// the calls in it.
func BenchmarkJudge(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clock := sampletraffic.NewClock(time.Now())
	p := newTracesProcessor(b, componenttest.NewTelemetry(), consumertest.NewNop())
	p.now = clock.Now
	p.outbox = outbox.New(p.config.QueueSize, p.send, p.lost)
	defer p.outbox.Close(context.Background())
	stream := sampletraffic.NewStream(sampletraffic.Settings{Seed: 1}, benchBatches, clock)

	var spent time.Duration
	calls, vectors, rounds := int64(0), 0, 0
	judge := func() {
		window := <-p.tracker.Closed()
		began := cputime.Thread()
		p.judge.window(b.Context(), window)
		spent += cputime.Thread() - began
		window.Release()
		for _, v := range p.judge.vectors[1:] {
			calls += v.TotalCalls
		}
		vectors += len(p.judge.vectors)
	}
	minute := func() {
		for began := clock.Now(); clock.Now().Before(began.Add(time.Minute)); {
			p.readTraces(b.Context(), stream.Next().Traces)
			for len(p.tracker.Closed()) > 0 {
				judge()
			}
		}
	}
	for range 4 {
		minute()
	}
	spent, calls, vectors = 0, 0, 0
	b.ReportAllocs()
	for b.Loop() {
		minute()
		rounds++
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(calls), "ns/call")
	b.ReportMetric(float64(spent.Nanoseconds())/float64(vectors), "ns/vector")
	b.ReportMetric(float64(calls)/float64(rounds), "calls/minute")
	b.ReportMetric(0, "ns/op")
}

// TestSteadyTrafficAllocatesNothing: with windows open and clients known, a span
// costs no allocation. Closing a window does; BenchmarkSpans has both.
func TestSteadyTrafficAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	clock := sampletraffic.NewClock(time.Now())
	p := newTracesProcessor(t, componenttest.NewTelemetry(), consumertest.NewNop())
	p.now = clock.Now
	settings := sampletraffic.Settings{Seed: 1, Rate: 10_000_000} // all within seconds
	stream := sampletraffic.NewStream(settings, 40, clock)
	spans := 0
	consume := func() {
		batch := stream.Next()
		spans += batch.Spans
		require.NoError(t, p.ConsumeTraces(t.Context(), batch.Traces))
	}
	for range 2 * 40 {
		consume()
	}
	spans = 0
	allocations := testing.AllocsPerRun(200, consume)
	// The log of request times still grows now and then.
	require.LessOrEqual(t, allocations, 1.0, "in a batch of %d spans", spans/200)
}

func newTracesProcessor(tb testing.TB, telemetry *componenttest.Telemetry, next consumer.Traces) *tracesProcessor {
	tb.Helper()
	p, err := NewFactory().CreateTraces(tb.Context(), metadatatest.NewSettings(telemetry), createDefaultConfig(), next)
	require.NoError(tb, err)
	own, ok := p.(*tracesProcessor)
	require.True(tb, ok)
	return own
}

var _ component.Component = passThrough{}

func (p passThrough) Start(context.Context, component.Host) error { return nil }
func (p passThrough) Shutdown(context.Context) error              { return nil }
