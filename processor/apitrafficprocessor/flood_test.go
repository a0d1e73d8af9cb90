package apitrafficprocessor

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/heapsize"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// memoryCap is what the processor may take with the default limits.
const memoryCap = 256 << 20

// scaled is n, or a part of it under the race detector, which is slow.
func scaled(n int) int {
	if raceDetector {
		return n / 20
	}
	return n
}

func heap() int64 { return int64(heapsize.InUse()) }

func mebibytes(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// probe is a detector that finds nothing: it looks at windows and, in those with
// many calls, at the heap while all that judging needs is there.
type probe struct {
	many  int64
	mu    sync.Mutex
	calls map[string]int64 // judged, by service
	peak  int64
}

func (p *probe) Judge(w *detect.Window, _ func(anomaly.Event)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[w.Service] += w.Total.TotalCalls
	if w.Total.TotalCalls >= p.many {
		p.peak = max(p.peak, heap())
	}
}

func (p *probe) Name() string          { return "probe" }
func (p *probe) Save() ([]byte, error) { return nil, nil }
func (p *probe) Restore([]byte) error  { return nil }

// judging returns the highest heap seen since it was last asked.
func (p *probe) judging() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	peak := p.peak
	p.peak = 0
	return peak
}

// siege is a bench with a probe, whose spans are let go as soon as they arrive.
type siege struct {
	bench
	probe probe
	sent  map[string]int64 // by service
	wall  atomic.Int64     // the clock on the wall: the end of the minute, ns

	overflow int64 // calls of clients beyond the cap, as the processor's own counter has it

	mu        sync.Mutex
	arrived   int64 // spans of users
	anomalies []ptrace.Span
}

func besiege(t *testing.T, telemetry *componenttest.Telemetry, cfg *Config, many int) *siege {
	t.Helper()
	s := &siege{sent: make(map[string]int64), probe: probe{many: int64(many), calls: make(map[string]int64)}}
	next, err := consumer.NewTraces(s.arrive)
	require.NoError(t, err)
	p, err := NewFactory().CreateTraces(t.Context(), settingsOf(telemetry.NewTelemetrySettings()), cfg, next)
	require.NoError(t, err)
	s.bench = bench{tracesProcessor: p.(*tracesProcessor), t: t}
	s.wall.Store(noon.Add(time.Minute).UnixNano())
	s.now = func() time.Time { return time.Unix(0, s.wall.Load()) }
	s.judge.detectors = append(s.judge.detectors, &s.probe)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	return s
}

func (s *siege) arrive(_ context.Context, td ptrace.Traces) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			if !anomaly.Ours(ss.Scope().Name()) {
				s.arrived += int64(ss.Spans().Len())
				continue
			}
			for _, span := range ss.Spans().All() {
				s.anomalies = append(s.anomalies, span)
			}
		}
	}
	return nil
}

// next lets a minute pass.
func (s *siege) next() {
	s.bench.next()
	s.wall.Add(int64(time.Minute))
}

func (s *siege) send(service string, td ptrace.Traces) {
	s.t.Helper()
	s.sent[service] += int64(td.SpanCount())
	s.bench.send(td)
}

// ordinary traffic of two services in one minute.
func (s *siege) ordinary() {
	s.t.Helper()
	s.send("shop", s.calls("shop", 40, "192.0.2.1", "192.0.2.2"))
	s.send("other", s.calls("other", 7, "192.0.2.3"))
}

// requireNothingLost: every span has arrived, and every call was judged in a
// window of its service.
func (s *siege) requireNothingLost(telemetry *componenttest.Telemetry) {
	s.t.Helper()
	total := int64(0)
	for service, sent := range s.sent {
		total += sent
		assert.Equal(s.t, sent, s.probe.calls[service], "calls of %s in judged windows", service)
	}
	assert.Equal(s.t, total, s.arrived, "spans that arrive")
	assert.Equal(s.t, total, counter(s.t, telemetry, "otelcol_processor_api_traffic_items", "", ""))
	assert.Equal(s.t, total, counter(s.t, telemetry, "otelcol_processor_api_traffic_items", "outcome", outcomeNames[counted]))
	assert.Zero(s.t, counter(s.t, telemetry, "otelcol_processor_api_traffic_windows", "outcome", dropped))
	s.overflow = counter(s.t, telemetry, "otelcol_processor_api_traffic_overflow_calls", "", "")
	require.NoError(s.t, telemetry.Shutdown(context.Background()))
}

// address is the i-th of many.
func address(i int) string {
	return netip.AddrFrom4([4]byte{byte(1 + i>>24), byte(i >> 16), byte(i >> 8), byte(i)}).String()
}

// addresses are n of them from the i-th on.
func addresses(i, n int) []string {
	out := make([]string, n)
	for k := range out {
		out[k] = address(i + k)
	}
	return out
}

// TestAFloodFromAMillionAddresses: memory stays within its cap, window after
// window; the alarm names the overflow; nothing is lost.
func TestAFloodFromAMillionAddresses(t *testing.T) {
	const (
		batch  = 5_000
		floods = 3 // each from addresses of its own
	)
	million, cfg := scaled(1_000_000), defaults()
	cfg.Limits.MaxClients = scaled(cfg.Limits.MaxClients)
	telemetry := componenttest.NewTelemetry()
	s := besiege(t, telemetry, cfg, million)
	for range 30 {
		s.ordinary()
		s.next()
	}
	base := heap()
	for flood := range floods {
		for i := 0; i < million; i += batch {
			s.send("shop", s.calls("shop", batch, addresses(flood*million+i, batch)...))
		}
		s.send("other", s.calls("other", 7, "192.0.2.3"))
		open := heap() - base
		s.next()
		s.ordinary() // lets the flood's window be judged
		var judged int64
		require.Eventually(t, func() bool { judged = s.probe.judging(); return judged > 0 }, time.Minute, time.Millisecond)
		judged -= base
		t.Logf("flood %d from %d addresses: %s above the start before judging, %s while judging", flood+1, million, mebibytes(open), mebibytes(judged))
		assert.LessOrEqual(t, open, int64(memoryCap))
		assert.LessOrEqual(t, judged, int64(memoryCap))
		if flood > 0 { // the second flood follows at once, the third after a quiet window
			s.next()
		}
	}
	for range 3 {
		s.next()
		s.ordinary()
	}
	s.stop()
	s.requireNothingLost(telemetry)

	// The three ordinary clients have places of their own, the flood has the rest.
	overflow := million - (cfg.Limits.MaxClients - 3)
	require.NotEmpty(t, s.anomalies)
	first := s.anomalies[0]
	message := fmt.Sprintf("shop gets a flood of calls: %d in this window, about 40 before; %d come from %s, about ", million, overflow, traffic.OverflowClient)
	assert.True(t, strings.HasPrefix(first.Status().Message(), message), first.Status().Message())
	clients, _ := first.Attributes().Get(anomaly.AttrClients)
	require.Positive(t, clients.Slice().Len())
	var about, calls int
	_, err := fmt.Sscanf(clients.Slice().At(0).Str(), traffic.OverflowClient+", about %d addresses (%d)", &about, &calls)
	require.NoError(t, err, clients.Slice().At(0).Str())
	assert.Equal(t, overflow, calls)
	assert.InEpsilon(t, overflow, about, 0.15)
	assert.GreaterOrEqual(t, s.overflow, int64(overflow))
}

// TestManyActiveClients: 100 000 clients over 40 windows, with 20 calls each to
// a dozen endpoints in the last ones.
func TestManyActiveClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	const batch, windows, busy = 5_000, 40, 3
	clients := scaled(100_000)
	telemetry := componenttest.NewTelemetry()
	s := besiege(t, telemetry, defaults(), clients)
	var crowd []ptrace.Traces
	for i := 0; i < clients; i += batch {
		crowd = append(crowd, s.calls("shop", batch, addresses(i, batch)...))
	}
	base := heap()
	for window := range windows {
		calls := 4
		if window >= windows-busy {
			calls = 20
		}
		for call := range calls {
			for _, td := range crowd {
				again(td, time.Duration(window)*time.Minute+time.Duration(call)*time.Minute/time.Duration(calls+1), call%12)
				s.send("shop", td)
			}
		}
		if window >= windows-busy {
			t.Logf("%d clients with %d calls each: %s before judging", clients, calls, mebibytes(heap()-base))
			assert.LessOrEqual(t, heap()-base, int64(memoryCap))
		}
		s.next()
	}
	s.stop()
	judged := s.probe.judging() - base
	t.Logf("%d clients over %d windows: %s while judging", clients, windows, mebibytes(judged))
	assert.LessOrEqual(t, judged, int64(memoryCap))
	s.requireNothingLost(telemetry)
}

// again makes new calls out of old ones: all at a time within a second, each
// client another one, to one of the endpoints.
func again(td ptrace.Traces, at time.Duration, endpoint int) {
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i, span := range spans.All() {
		start := noon.Add(at + time.Duration(i)*time.Second/time.Duration(spans.Len()))
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(3 * time.Millisecond)))
		id := span.SpanID()
		id[0]++
		if id[0] == 0 {
			id[7]++
		}
		span.SetSpanID(id)
		span.Attributes().PutStr("http.route", routes[endpoint])
	}
}

var routes = func() (list [12]string) {
	for i := range list {
		list[i] = fmt.Sprintf("/orders/{id}/part%d", i)
	}
	return list
}()
