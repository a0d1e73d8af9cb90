package recent

import (
	"math/bits"
	"sync"
)

// Memory holds the fingerprints of the last so and so many things; in each bucket
// the oldest makes room. Its size is fixed: 64 bytes for seven. Fingerprints are
// 64-bit hashes; make them under a secret where somebody else chooses what is
// hashed. Not safe for concurrent use.
type Memory struct {
	buckets []bucket
}

const ways = 7 // fingerprints in a bucket, which with its cursor is one cache line

type bucket struct {
	cursor       uint64
	fingerprints [ways]uint64
}

// NewMemory returns one with room for size fingerprints, of which there is at least one.
func NewMemory(size int) Memory {
	return Memory{buckets: make([]bucket, (max(size, 1)+ways-1)/ways)}
}

func (m Memory) at(fingerprint uint64) uint64 {
	at, _ := bits.Mul64(fingerprint, uint64(len(m.buckets)))
	return at
}

// Has tells whether the fingerprint was added lately.
func (m Memory) Has(fingerprint uint64) bool {
	fingerprint = max(fingerprint, 1) // zero marks an empty place
	for _, f := range m.buckets[m.at(fingerprint)].fingerprints {
		if f == fingerprint {
			return true
		}
	}
	return false
}

// Add adds the fingerprint, and tells whether it was not there.
func (m Memory) Add(fingerprint uint64) bool {
	if m.Has(fingerprint) {
		return false
	}
	fingerprint = max(fingerprint, 1)
	b := &m.buckets[m.at(fingerprint)]
	b.fingerprints[b.cursor%ways] = fingerprint
	b.cursor++
	return true
}

// Shared is a Memory that is safe for concurrent use: of many who add a
// fingerprint at once, one finds it new.
type Shared struct {
	memory Memory
	locks  [stripes]sync.Mutex
}

const stripes = 64

// NewShared returns one with room for size fingerprints, of which there is at least one.
func NewShared(size int) *Shared { return &Shared{memory: NewMemory(size)} }

// Add adds the fingerprint, and tells whether it was not there.
func (s *Shared) Add(fingerprint uint64) bool {
	lock := &s.locks[s.memory.at(max(fingerprint, 1))%stripes]
	lock.Lock()
	defer lock.Unlock()
	return s.memory.Add(fingerprint)
}
