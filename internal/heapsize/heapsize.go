// Package heapsize measures memory for tests that hold a bound. It serves tests
// alone: no other code may import it.
package heapsize

import "runtime"

// InUse is the memory in use after all garbage is gone, in bytes.
func InUse() uint64 {
	runtime.GC()
	runtime.GC() // the first one leaves what lies in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Allocated is how many bytes of memory something takes, all in all. The runtime's
// own goroutines count too: leave them some room.
func Allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
