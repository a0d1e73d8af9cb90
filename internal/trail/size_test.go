package trail

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/heapsize"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// visitors are n clients with IPv6 addresses and a few calls each, some failed.
func visitors(n int) []traffic.Vector {
	clients := make([]traffic.Vector, n)
	for c := range clients {
		calls := int64(1 + c%9)
		clients[c] = vector(fmt.Sprintf("2001:db8:%x:%x::1", c/256, c%256), calls, int64(c%5/4))
		clients[c].DistinctEndpoints = 1 + int64(c%3)
		clients[c].Endpoints, clients[c].Resources = sketch(c, 1+c%3), sketch(c, int(calls))
	}
	return clients
}

// followed is a book that has followed the clients for so many windows.
func followed(clients []traffic.Vector, windows int) *Book {
	b := New(lookBack, time.Minute, len(clients))
	var pasts []Past
	for i := range windows {
		pasts = b.Add("shop", noon.Add(time.Duration(i)*time.Minute), clients, pasts[:0])
	}
	return b
}

func TestSizeOfTheTrailsOfManyClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	const mib = 1 << 20
	limit := func(hundredThousand int) int { return hundredThousand * mib / 100_000 * many }
	clients := visitors(many)
	before := heapsize.InUse()
	b := followed(clients, 32)
	memory := heapsize.InUse() - before

	var state []byte
	allocated := heapsize.Allocated(func() {
		var err error
		state, err = b.Save()
		require.NoError(t, err)
	})
	t.Logf("%d clients in 30 windows: %.1f MiB of memory, %.1f MiB of state, %.1f MiB allocated to save it",
		many, float64(memory)/mib, float64(len(state))/mib, float64(allocated)/mib)
	assert.Less(t, memory, uint64(limit(88)))
	assert.Less(t, len(state), limit(15))
	assert.Less(t, allocated, uint64(limit(20)))

	before = heapsize.InUse()
	after := again(t, b)
	t.Logf("restored: %.1f MiB of memory", float64(heapsize.InUse()-before)/mib)
	assert.Less(t, heapsize.InUse()-before, uint64(limit(90)), "with names of its own")
	assert.Equal(t, many, after.trails.Len())
	runtime.KeepAlive(b)
	runtime.KeepAlive(clients)
}

func TestAddingKnownClientsAllocatesNothing(t *testing.T) {
	clients := visitors(1000)
	b := followed(clients, 32)
	pasts := make([]Past, 0, len(clients))
	i := 32
	assert.Zero(t, testing.AllocsPerRun(50, func() {
		b.Add("shop", noon.Add(time.Duration(i)*time.Minute), clients, pasts)
		i++
	}))
}

func BenchmarkAdd(b *testing.B) {
	clients := visitors(many)
	pasts := make([]Past, 0, many)
	b.Run("known", func(b *testing.B) {
		book := followed(clients, 32)
		b.ReportAllocs()
		for i := 32; b.Loop(); i++ {
			book.Add("shop", noon.Add(time.Duration(i)*time.Minute), clients, pasts)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/client")
	})
	b.Run("flood", func(b *testing.B) { // as many new ones again, each window
		book := followed(clients, 2)
		fresh := make([]traffic.Vector, many)
		copy(fresh, clients)
		b.ReportAllocs()
		for i := 2; b.Loop(); i++ {
			b.StopTimer()
			for c := range fresh {
				fresh[c].Client = fmt.Sprintf("2001:db8:%x:%x:%x::1", i, c/256, c%256)
			}
			b.StartTimer()
			book.Add("shop", noon.Add(time.Duration(i)*time.Minute), fresh, pasts)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/client")
	})
}

func BenchmarkSave(b *testing.B) {
	book := followed(visitors(many), 32)
	b.ReportAllocs()
	for b.Loop() {
		state, err := book.Save()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(state)))
	}
}

func BenchmarkRestore(b *testing.B) {
	book := followed(visitors(many), 32)
	state, err := book.Save()
	require.NoError(b, err)
	b.SetBytes(int64(len(state)))
	b.ReportAllocs()
	for b.Loop() {
		if err := book.Restore(state); err != nil {
			b.Fatal(err)
		}
	}
}
