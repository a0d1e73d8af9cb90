package session

import (
	"fmt"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/internal/heapsize"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// visitors are n clients with IPv6 addresses and a few calls each.
func visitors(n int) []traffic.Vector {
	clients := make([]traffic.Vector, n)
	for c := range clients {
		clients[c] = vector(fmt.Sprintf("2001:db8:%x:%x::1", c/256, c%256), int64(1+c%9))
		clients[c].Endpoints = 1 << (c % 64)
	}
	return clients
}

// followed is a book that has followed the clients for so many windows.
func followed(clients []traffic.Vector, windows int) *Book {
	b := New(timeout, time.Minute, len(clients))
	var sessions []Session
	for i := range windows {
		sessions = b.Add("shop", at(i), dated(at(i), clients), sessions[:0])
	}
	return b
}

func TestRecordIs40Bytes(t *testing.T) { assert.EqualValues(t, 40, unsafe.Sizeof(record{})) }

func TestSizeOfTheSessionsOfManyClients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	const mib = 1 << 20
	clients := visitors(many)
	before := heapsize.InUse()
	b := followed(clients, 5)
	memory := heapsize.InUse() - before
	t.Logf("%d open sessions: %.1f MiB of memory", many, float64(memory)/mib)
	assert.Less(t, memory, uint64(16*mib/100_000*many))
	assert.Equal(t, many, b.Clients())
	runtime.KeepAlive(b)
	runtime.KeepAlive(clients)
}

func TestAddingKnownClientsAllocatesNothing(t *testing.T) {
	clients := visitors(1000)
	b := followed(clients, 32)
	sessions := make([]Session, 0, len(clients))
	i := 32
	assert.Zero(t, testing.AllocsPerRun(50, func() {
		b.Add("shop", at(i), dated(at(i), clients), sessions)
		i++
	}))
}

func BenchmarkAdd(b *testing.B) {
	clients := visitors(many)
	sessions := make([]Session, 0, many)
	b.Run("known", func(b *testing.B) {
		book := followed(clients, 32)
		b.ReportAllocs()
		for i := 32; b.Loop(); i++ {
			book.Add("shop", at(i), dated(at(i), clients), sessions)
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
			book.Add("shop", at(i), dated(at(i), fresh), sessions)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/client")
	})
}
