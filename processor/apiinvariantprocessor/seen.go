package apiinvariantprocessor

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// seenCalls remembers the calls that were judged as they arrived, so that a batch
// that a sender repeats is not judged again. It has fixed memory: in each bucket
// the oldest makes room. Safe for concurrent use.
type seenCalls struct {
	seed    maphash.Seed // which nobody knows, so that nobody can choose ids that collide
	buckets []seenBucket
	locks   [seenLocks]sync.Mutex
}

const (
	seenSize  = 1 << 18 // calls, in 2.3 MiB
	seenWays  = 7       // with its cursor, a bucket is one cache line
	seenLocks = 64
)

type seenBucket struct {
	cursor       uint64
	fingerprints [seenWays]uint64
}

func newSeenCalls() *seenCalls {
	return &seenCalls{seed: maphash.MakeSeed(), buckets: make([]seenBucket, seenSize/seenWays)}
}

// isNew tells whether the call was not seen lately, and remembers it. A call
// without ids is always new.
func (s *seenCalls) isNew(trace pcommon.TraceID, span pcommon.SpanID) bool {
	if trace.IsEmpty() || span.IsEmpty() {
		return true
	}
	var ids [24]byte
	copy(ids[:], trace[:])
	copy(ids[16:], span[:])
	fingerprint := max(maphash.Bytes(s.seed, ids[:]), 1) // zero marks an empty place
	at, _ := bits.Mul64(fingerprint, uint64(len(s.buckets)))
	lock := &s.locks[at%seenLocks]
	lock.Lock()
	defer lock.Unlock()
	b := &s.buckets[at]
	for _, f := range b.fingerprints {
		if f == fingerprint {
			return false
		}
	}
	b.fingerprints[b.cursor%seenWays] = fingerprint
	b.cursor++
	return true
}
