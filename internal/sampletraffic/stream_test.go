package sampletraffic

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// each calls f with every span of the batch and the name of its service.
func each(t *testing.T, b *Batch, f func(service string, span ptrace.Span)) {
	t.Helper()
	for _, rs := range b.Traces.ResourceSpans().All() {
		name, ok := rs.Resource().Attributes().Get("service.name")
		require.True(t, ok)
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				f(name.Str(), span)
			}
		}
	}
}

func TestTrafficIsThatOfAShop(t *testing.T) {
	kinds, services, clients, routes := map[ptrace.SpanKind]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	var spans, calls, entries, attributes, statements, oldServers, routeless int
	stream := NewStream(Settings{Seed: 1}, 40, NewClock(noon))
	for range 40 {
		b := stream.Next()
		spans += b.Spans
		calls += b.Calls
		each(t, b, func(service string, span ptrace.Span) {
			m := span.Attributes()
			kinds[span.Kind()]++
			services[service]++
			attributes += m.Len()
			assert.GreaterOrEqual(t, m.Len(), 6)
			if _, ok := m.Get("db.system"); ok {
				statements++
			} else if _, ok := m.Get("db.system.name"); ok {
				statements++
			}
			if span.Kind() != ptrace.SpanKindServer {
				return
			}
			assert.GreaterOrEqual(t, m.Len(), 12)
			if _, ok := m.Get("http.method"); ok {
				oldServers++
			}
			if route, ok := m.Get("http.route"); ok {
				routes[service+route.Str()]++
			} else {
				routeless++
			}
			if client, ok := m.Get("client.address"); ok && service == Gateway {
				clients[client.Str()]++
				entries++
			}
		})
	}
	share := func(n int) float64 { return float64(n) / float64(spans) }
	assert.Equal(t, calls, kinds[ptrace.SpanKindServer])
	assert.InDelta(t, 0.27, share(calls), 0.05)
	assert.InDelta(t, 0.24, float64(entries)/float64(calls), 0.04)
	assert.InDelta(t, 0.21, share(kinds[ptrace.SpanKindInternal]), 0.05)
	assert.InDelta(t, 0.31, share(statements), 0.05)
	assert.InDelta(t, 11, float64(attributes)/float64(spans), 1.5)
	assert.Greater(t, oldServers, calls/10)
	assert.InDelta(t, 0.35, float64(routeless)/float64(calls), 0.07)
	assert.ElementsMatch(t, Services(), keys(services))
	assert.Greater(t, len(routes), 30)
	assert.GreaterOrEqual(t, Routes(), 40)

	busiest := 0
	for _, n := range clients {
		busiest = max(busiest, n)
	}
	assert.Greater(t, len(clients), 600, "many clients")
	assert.Greater(t, busiest, 10*entries/len(clients), "some of them busy")
}

func keys(m map[string]int) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	return list
}

func TestIdsAreNewWheneverABatchComesAgain(t *testing.T) {
	seen := map[pcommon.SpanID]bool{}
	traces := map[pcommon.TraceID]bool{}
	stream := NewStream(Settings{Seed: 2}, 3, NewClock(noon))
	total := 0
	for range 30 {
		b := stream.Next()
		total += b.Spans
		fresh := map[pcommon.TraceID]bool{}
		each(t, b, func(_ string, span ptrace.Span) {
			seen[span.SpanID()] = true
			fresh[span.TraceID()] = true
			assert.False(t, traces[span.TraceID()], "a trace of an earlier batch")
		})
		for id := range fresh {
			traces[id] = true
		}
	}
	assert.Len(t, seen, total)
}

func TestParentsStayParents(t *testing.T) {
	stream := NewStream(Settings{Seed: 3}, 1, NewClock(noon))
	for range 3 {
		b := stream.Next()
		traceOf, roots, outside := map[pcommon.SpanID]pcommon.TraceID{}, 0, 0
		each(t, b, func(_ string, span ptrace.Span) { traceOf[span.SpanID()] = span.TraceID() })
		each(t, b, func(service string, span ptrace.Span) {
			trace, inside := traceOf[span.ParentSpanID()]
			switch {
			case inside:
				assert.Equal(t, span.TraceID(), trace)
			case span.ParentSpanID().IsEmpty():
				roots++
				assert.Equal(t, Gateway, service)
			default: // called by a browser that is traced
				outside++
				assert.Equal(t, Gateway, service)
			}
		})
		assert.Greater(t, roots, outside)
		assert.Positive(t, outside)
	}
}

func TestTimePassesAtTheRate(t *testing.T) {
	clock := NewClock(noon)
	stream := NewStream(Settings{Seed: 4, Rate: 2000}, 4, clock)
	spans := 0
	for range 100 {
		from := clock.Now()
		b := stream.Next()
		spans += b.Spans
		earliest, latest := int64(math.MaxInt64), int64(0)
		each(t, b, func(_ string, span ptrace.Span) {
			start := span.StartTimestamp().AsTime()
			earliest, latest = min(earliest, start.UnixNano()), max(latest, start.UnixNano())
			assert.GreaterOrEqual(t, span.EndTimestamp(), span.StartTimestamp())
			assert.False(t, start.Before(from.Add(-2*time.Second)))
			assert.True(t, start.Before(from.Add(b.Length+time.Second)))
		})
		assert.Greater(t, time.Duration(latest-earliest), b.Length*3/4)
	}
	assert.InDelta(t, float64(spans)/2000, clock.Now().Sub(noon).Seconds(), 0.1)
}

func TestKeepChoosesSpans(t *testing.T) {
	servers := New(Settings{Seed: 5, Batch: 300, Keep: func(service string, kind ptrace.SpanKind) bool {
		return service == Orders && kind == ptrace.SpanKindServer
	}})
	b := servers.Batch()
	assert.Equal(t, b.Spans, b.Calls)
	assert.GreaterOrEqual(t, b.Spans, 300)
	assert.Equal(t, b.Spans, b.Traces.SpanCount())
	each(t, b, func(service string, span ptrace.Span) {
		assert.Equal(t, Orders, service)
		assert.Equal(t, ptrace.SpanKindServer, span.Kind())
	})
	assert.Greater(t, b.Length, 100*time.Millisecond, "time passes with the spans left out")
}

func TestSameSettingsSameTraffic(t *testing.T) {
	marshal := func() []byte {
		stream := NewStream(Settings{Seed: 6}, 2, NewClock(noon))
		stream.Next()
		wire, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(stream.Next().Traces)
		require.NoError(t, err)
		return wire
	}
	first, second := marshal(), marshal()
	assert.Equal(t, first, second)
}

func BenchmarkNext(b *testing.B) {
	stream := NewStream(Settings{Seed: 7}, 64, NewClock(noon))
	spans := 0
	b.ReportAllocs()
	for b.Loop() {
		spans += stream.Next().Spans
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
}
