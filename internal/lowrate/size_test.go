package lowrate

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// visitors are n clients with IPv6 addresses and a few calls each, some failed.
func visitors(n int) []traffic.Vector {
	clients := make([]traffic.Vector, n)
	for c := range clients {
		calls := int64(1 + c%9)
		clients[c] = vector(fmt.Sprintf("2001:db8:%x:%x::1", c/256, c%256), calls, int64(c%5/4), resources(c, int(calls)))
		clients[c].DistinctEndpoints = 1 + int64(c%3)
	}
	return clients
}

// followed is a detector that has followed the clients for so many windows. It
// leaves out the rules, which would take most of the time.
func followed(clients []traffic.Vector, windows int) *Detector {
	d := New(DefaultSettings(), time.Minute, len(clients))
	for i := range windows {
		number := d.number(noon.Add(time.Duration(i) * time.Minute))
		s := d.open("shop", number)
		for c := range clients {
			d.trail(s, &clients[c], number).add(number, stepOf(&clients[c], number), d.period)
		}
	}
	return d
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestSizeOfTheTrailsOfManyClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	const mib = 1 << 20
	limit := func(hundredThousand int) int { return hundredThousand * mib / 100_000 * many }
	clients := visitors(many)
	before := heap()
	d := followed(clients, 32)
	memory := heap() - before

	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	allocated := m.TotalAlloc
	state, err := d.Save()
	require.NoError(t, err)
	runtime.ReadMemStats(&m)
	allocated = m.TotalAlloc - allocated
	t.Logf("%d clients in 30 windows: %.1f MiB of memory, %.1f MiB of state, %.1f MiB allocated to save it",
		many, float64(memory)/mib, float64(len(state))/mib, float64(allocated)/mib)
	assert.Less(t, memory, uint64(limit(60)))
	assert.Less(t, len(state), limit(15))
	assert.Less(t, allocated, uint64(limit(20)))

	before = heap()
	after := again(t, d)
	t.Logf("restored: %.1f MiB of memory", float64(heap()-before)/mib)
	assert.Less(t, heap()-before, uint64(limit(65)), "with names of its own")
	assert.Equal(t, many, after.clients)
	runtime.KeepAlive(d)
	runtime.KeepAlive(clients)
}

func TestJudgingKnownClientsAllocatesNothing(t *testing.T) {
	clients := visitors(1000)
	for i := range clients {
		clients[i].NumFailed, clients[i].DistinctEndpoints = 0, 2 // nothing to report
	}
	d := followed(clients, 32)
	w := &detect.Window{Window: &traffic.Window{Service: "shop"}, Clients: clients}
	i := 32
	assert.Zero(t, testing.AllocsPerRun(50, func() {
		w.Start = noon.Add(time.Duration(i) * time.Minute)
		d.Judge(w, func(anomaly.Event) { t.Error("a report") })
		i++
	}))
}

func BenchmarkJudge(b *testing.B) {
	clients := visitors(many)
	for i := range clients {
		clients[i].NumFailed, clients[i].DistinctEndpoints = 0, 2
	}
	b.Run("known", func(b *testing.B) {
		d := followed(clients, 32)
		b.ReportAllocs()
		for i := 32; b.Loop(); i++ {
			minute(d, i, clients...)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/client")
	})
	b.Run("flood", func(b *testing.B) { // as many new ones again, each window
		d := followed(clients, 2)
		fresh := make([]traffic.Vector, many)
		copy(fresh, clients)
		b.ReportAllocs()
		for i := 2; b.Loop(); i++ {
			b.StopTimer()
			for c := range fresh {
				fresh[c].Client = fmt.Sprintf("2001:db8:%x:%x:%x::1", i, c/256, c%256)
			}
			b.StartTimer()
			minute(d, i, fresh...)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/client")
	})
}

func BenchmarkSave(b *testing.B) {
	d := followed(visitors(many), 32)
	b.ReportAllocs()
	for b.Loop() {
		state, err := d.Save()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(state)))
	}
}

func BenchmarkRestore(b *testing.B) {
	d := followed(visitors(many), 32)
	state, err := d.Save()
	require.NoError(b, err)
	b.SetBytes(int64(len(state)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Restore(state); err != nil {
			b.Fatal(err)
		}
	}
}
