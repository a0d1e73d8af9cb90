package telemetry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
)

func TestTimesAreTheBanks(t *testing.T) {
	const factor = 3600
	b := newBench(t)
	clock := banktime.New(time.Now().Add(time.Second), factor)
	service := b.service("account", Options{Clock: clock})
	before := clock.Now()
	server := serve(t, service.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, inner := service.provider.Tracer("test").Start(r.Context(), "inner")
		time.Sleep(2 * time.Millisecond)
		inner.RecordError(errors.New("an event"))
		time.Sleep(time.Millisecond)
		inner.End()
	})))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	send(t, server.Client(), request)
	server.Close()
	after := clock.Now()

	arrived := b.spans()
	outer, inner := arrived.only(t, "GET"), arrived.only(t, "inner")
	require.Equal(t, 1, inner.Events().Len())
	moments := []time.Time{
		before, outer.StartTimestamp().AsTime(), inner.StartTimestamp().AsTime(), inner.Events().At(0).Timestamp().AsTime(),
		inner.EndTimestamp().AsTime(), outer.EndTimestamp().AsTime(), after,
	}
	for i := range moments[1:] {
		assert.False(t, moments[i+1].Before(moments[i]), "%d: %v", i, moments)
	}
	assert.GreaterOrEqual(t, moments[4].Sub(moments[2]), 3*time.Millisecond*factor)
	assert.Less(t, moments[4].Sub(moments[2]), time.Second*factor)
	assert.True(t, after.Before(time.Now().Add(time.Hour)))
}

// TestTheEndIsNeverBeforeTheStart draws spans as the SDK makes them, at any distance from the clock's end.
func TestTheEndIsNeverBeforeTheStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := banktime.New(time.Now(), rapid.Float64Range(1, 1e5).Draw(t, "factor"))
		start := time.Now().Add(time.Duration(rapid.Int64Range(-1e15, 1e12).Draw(t, "start")))
		end := start.Add(time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "length")))
		s := newExporter(nil, clock, All).span(tracetest.SpanStub{StartTime: start, EndTime: end}.Snapshot())
		if s.EndTime().UnixNano() < s.StartTime().UnixNano() {
			t.Fatalf("%v to %v is %v to %v by the bank's clock", start, end, s.StartTime(), s.EndTime())
		}
	})
}

// sink is an exporter that keeps copies of what it gets, and fails for requests in which a span is called "bad".
type sink struct {
	mu       sync.Mutex
	requests []tracetest.SpanStubs
	stopped  bool
}

func (s *sink) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range spans {
		if span.Name() == "bad" {
			return errors.New("no such span wanted")
		}
	}
	s.requests = append(s.requests, tracetest.SpanStubsFromReadOnlySpans(spans))
	return nil
}

func (s *sink) Shutdown(context.Context) error {
	s.stopped = true
	return nil
}

func TestRequestsAreOfASizeThatReceiversTake(t *testing.T) {
	next := new(sink)
	e := newExporter(next, nil, All)
	var spans []sdktrace.ReadOnlySpan
	long := func(size int) sdktrace.ReadOnlySpan {
		return tracetest.SpanStub{Attributes: []attribute.KeyValue{attribute.String("q", strings.Repeat("x", size))}}.Snapshot()
	}
	for range 300 {
		spans = append(spans, long(64<<10))
	}
	spans = append(spans, long(3<<20))
	require.NoError(t, e.ExportSpans(t.Context(), spans))
	total := 0
	for _, request := range next.requests {
		size := 0
		for _, span := range request {
			size += len(span.Attributes[0].Value.AsString())
		}
		assert.NotEmpty(t, request)
		assert.True(t, size <= maxRequest || len(request) == 1, "%d bytes of %d spans", size, len(request))
		total += len(request)
	}
	assert.Equal(t, 301, total)
	assert.Len(t, next.requests, 11)
}

func TestLargeSpansReachTheReceiver(t *testing.T) {
	b := newBench(t)
	service := b.service("account", Options{})
	long := trace.WithAttributes(attribute.String("q", strings.Repeat("x", 64<<10)))
	for range 200 {
		_, span := service.provider.Tracer("test").Start(t.Context(), "large", long)
		span.End()
	}
	assert.Len(t, b.spans(), 200)
	assert.Greater(t, b.requests, 5)
}

func TestLossesAreTold(t *testing.T) {
	next := new(sink)
	service, err := New(t.Context(), "account", Options{Exporter: next})
	require.NoError(t, err)
	tracer := service.provider.Tracer("test")
	_, span := tracer.Start(t.Context(), "good")
	span.End()
	require.NoError(t, service.provider.ForceFlush(t.Context()))
	_, span = tracer.Start(t.Context(), "bad")
	span.End()
	err = service.Shutdown(t.Context())
	assert.ErrorContains(t, err, "1 spans were lost")
	assert.ErrorContains(t, err, "no such span wanted")
	assert.True(t, next.stopped)
	assert.Len(t, next.requests, 1)
}

func TestStatusAndEventsAreFit(t *testing.T) {
	next := new(sink)
	e := newExporter(next, nil, None)
	stub := tracetest.SpanStub{
		Status:     sdktrace.Status{Code: codes.Error, Description: "near \xff"},
		Events:     []sdktrace.Event{{Name: "exception", Attributes: []attribute.KeyValue{attribute.String("exception.message", "\xff")}}},
		Attributes: []attribute.KeyValue{attribute.Int("http.request.body.size", 1), attribute.Int("n", 2)},
	}
	require.NoError(t, e.ExportSpans(t.Context(), tracetest.SpanStubs{stub}.Snapshots()))
	got := next.requests[0][0]
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "near \uFFFD"}, got.Status)
	assert.Equal(t, "\uFFFD", got.Events[0].Attributes[0].Value.AsString())
	assert.Equal(t, []attribute.KeyValue{attribute.Int("n", 2)}, got.Attributes)
	assert.Equal(t, "\xff", stub.Events[0].Attributes[0].Value.AsString(), "what the SDK holds is left alone")
}

// gate is an exporter that takes nothing until it is opened.
type gate struct {
	sink
	open chan struct{}
}

func (g *gate) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	<-g.open
	return g.sink.ExportSpans(ctx, spans)
}

// TestAFullQueue makes more spans than the queue holds while none is sent: those who are to wait do, and lose none; the
// others go on, and lose what there is no room for.
func TestAFullQueue(t *testing.T) {
	const workers, each = 4, (queueSize + 2000) / 4
	for _, blocking := range []bool{false, true} {
		next := &gate{open: make(chan struct{})}
		service, err := New(t.Context(), "account", Options{Exporter: next, Blocking: blocking})
		require.NoError(t, err)
		tracer := service.provider.Tracer("test")
		var ended atomic.Int64
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for range each {
					_, span := tracer.Start(t.Context(), "one")
					span.End()
					ended.Add(1)
				}
			})
		}
		if blocking {
			assert.Eventually(t, func() bool { return ended.Load() >= queueSize }, 10*time.Second, time.Millisecond)
			time.Sleep(10 * time.Millisecond) // for those who would not wait
			assert.Less(t, ended.Load(), int64(workers*each), "they wait until there is room")
		} else {
			group.Wait()
		}
		close(next.open)
		group.Wait()
		require.NoError(t, service.Shutdown(t.Context()))
		arrived := 0
		for _, request := range next.requests {
			arrived += len(request)
		}
		if blocking {
			assert.Equal(t, workers*each, arrived)
		} else {
			assert.Less(t, arrived, workers*each)
			assert.GreaterOrEqual(t, arrived, queueSize)
		}
	}
}

func TestSpansAreSentSoon(t *testing.T) {
	for _, asked := range []time.Duration{0, time.Millisecond, time.Hour} {
		assert.LessOrEqual(t, delay(asked), maxDelay)
		assert.Positive(t, delay(asked))
	}
	b := newBench(t)
	service := b.service("account", Options{BatchDelay: time.Hour})
	_, span := service.provider.Tracer("test").Start(t.Context(), "one")
	span.End()
	assert.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.arrived) == 1
	}, 5*time.Second, 5*time.Millisecond)
}

func TestNewNeedsAReceiver(t *testing.T) {
	_, err := New(t.Context(), "account", Options{})
	assert.ErrorContains(t, err, "host:port")
}

func TestShutdownTellsWhenNobodyListens(t *testing.T) {
	service, err := New(t.Context(), "account", Options{Endpoint: "127.0.0.1:1"})
	require.NoError(t, err)
	_, span := service.provider.Tracer("test").Start(t.Context(), "one")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = service.Shutdown(ctx)
	assert.ErrorContains(t, err, "send the last spans")
	assert.ErrorContains(t, err, "1 spans were lost")
}

// However late the service is shut down, nothing of it stays behind: the package's tests look for goroutines.
func TestShutdownAfterTheTimeIsOver(t *testing.T) {
	service, err := New(t.Context(), "account", Options{Endpoint: "127.0.0.1:1"})
	require.NoError(t, err)
	_, span := service.provider.Tracer("test").Start(t.Context(), "one")
	span.End()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, service.Shutdown(ctx), context.Canceled)
}

func TestTransportKeepsItsConnections(t *testing.T) {
	b := newBench(t)
	service := b.service("gateway", Options{})
	peers := make(map[string]bool)
	server := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { peers[r.RemoteAddr] = true }))
	for range 5 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
		require.NoError(t, err)
		response, err := service.Transport().RoundTrip(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	assert.Len(t, peers, 1)
	assert.Len(t, b.spans().named("HTTP GET"), 5)
}
