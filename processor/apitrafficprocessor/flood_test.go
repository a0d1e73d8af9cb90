package apitrafficprocessor

import (
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// memoryCap is what the processor may take with the default limits.
const memoryCap = 256 << 20

// heap is the memory in use, after all garbage is gone.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
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
// window; the alarm names the overflow; nothing else is lost.
func TestAFloodFromAMillionAddresses(t *testing.T) {
	const (
		million = 1_000_000
		batch   = 5_000
		floods  = 3 // each from addresses of its own
	)
	if raceDetector {
		t.Skip("skipped under the race detector, which needs many times the memory and the time; run it with go test ./processor/apitrafficprocessor")
	}
	telemetry := componenttest.NewTelemetry()
	b := startBench(t, defaults(), componenttest.NewNopHost(), settingsOf(telemetry.NewTelemetrySettings()))
	sent := 0
	send := func(service string, n int, clients ...string) {
		b.send(b.calls(service, n, clients...))
		sent += n
	}
	for range 30 {
		send("shop", 40, "192.0.2.1", "192.0.2.2")
		send("other", 7, "192.0.2.3")
		b.minute++
	}
	arrived := b.sink.SpanCount()
	b.sink.Reset()
	base, peak := heap(), int64(0)
	for flood := range floods {
		for i := 0; i < million; i += batch {
			send("shop", batch, addresses(flood*million+i, batch)...)
			arrived += countUsers(b)
		}
		send("other", 7, "192.0.2.3")
		peak = max(peak, heap()-base)
		t.Logf("flood %d from %d addresses: %d MiB above the start", flood+1, million, (heap()-base)>>20)
		b.minute++
	}
	for range 3 {
		send("shop", 40, "192.0.2.1")
		send("other", 7, "192.0.2.3")
		b.minute++
	}
	b.stop()
	arrived += countUsers(b)

	assert.LessOrEqual(t, peak, int64(memoryCap))
	assert.Equal(t, sent, arrived, "every span arrives")
	require.NotEmpty(t, b.kept)
	first := b.kept[0]
	assert.True(t, strings.HasPrefix(first, "shop gets a flood of calls: 1000000 in this window, about 40 before; 900002 come from (clients beyond max_clients), about "), first)

	counted, err := telemetry.GetMetric("otelcol_processor_api_traffic_items")
	require.NoError(t, err)
	for _, p := range counted.Data.(metricdata.Sum[int64]).DataPoints {
		outcome, _ := p.Attributes.Value(attribute.Key("outcome"))
		assert.Equal(t, "counted", outcome.AsString())
		assert.EqualValues(t, sent, p.Value, "nothing is lost from the windows")
	}
	require.NoError(t, telemetry.Shutdown(t.Context()))
}

// TestManyActiveClients: 100 000 clients that stay.
func TestManyActiveClients(t *testing.T) {
	const clients, batch = 100_000, 5_000
	if raceDetector || testing.Short() {
		t.Skip("skipped under the race detector and -short; run it with go test ./processor/apitrafficprocessor")
	}
	b := newBench(t, defaults())
	base := heap()
	for range 12 {
		for i := 0; i < clients; i += batch {
			b.send(b.calls("shop", 4*batch, addresses(i, batch)...))
			countUsers(b)
		}
		b.minute++
	}
	used := heap() - base
	t.Logf("%d clients with 4 calls a minute for 12 minutes: %d MiB", clients, used>>20)
	assert.LessOrEqual(t, used, int64(memoryCap))
	b.stop()
}

// countUsers empties the sink and returns how many of the users' spans it held.
func countUsers(b *bench) int {
	ours := b.anomalies()
	for _, span := range ours {
		b.kept = append(b.kept, span.Status().Message())
	}
	n := b.sink.SpanCount() - len(ours)
	b.sink.Reset()
	return n
}
