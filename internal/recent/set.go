// Package recent remembers which groups of spans were seen a short while ago, so
// that a batch that a sender retries is not counted twice.
package recent

import (
	"encoding/binary"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	ways       = 7 // fingerprints in a bucket, which with its cursor is one cache line
	bucketBits = 12
)

// Set holds the fingerprints of the last 25 000 groups or so in 256 KiB; in each
// bucket the oldest makes room. Safe for concurrent use; goroutines that add at
// the same moment may lose one, so that its repetition is counted.
type Set struct {
	buckets [1 << bucketBits]bucket
}

type bucket struct {
	cursor       atomic.Uint64
	fingerprints [ways]atomic.Uint64
}

// Seen tells whether the very same spans were added lately, as a group, and adds
// them. Senders repeat a request as it was, so the spans of one scope are looked
// up at once. A group with a span that has no id is always new.
func (s *Set) Seen(spans ptrace.SpanSlice) bool {
	fingerprint := fingerprintOf(spans)
	if fingerprint == 0 {
		return false
	}
	b := &s.buckets[fingerprint>>(64-bucketBits)]
	for i := range b.fingerprints {
		if b.fingerprints[i].Load() == fingerprint {
			return true
		}
	}
	cursor := b.cursor.Load()
	b.fingerprints[cursor%ways].Store(fingerprint)
	b.cursor.Store(cursor + 1)
	return false
}

// fingerprintOf mixes the ids of the spans in their order; 0 stands for none.
func fingerprintOf(spans ptrace.SpanSlice) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(0)
	for i := range spans.Len() {
		span := spans.At(i)
		id, trace := span.SpanID(), span.TraceID()
		word := binary.LittleEndian.Uint64(id[:])
		if word == 0 {
			return 0
		}
		h = (h ^ word) * odd
		h = (h ^ h>>29 ^ binary.LittleEndian.Uint64(trace[8:])) * odd
	}
	return h * odd
}
