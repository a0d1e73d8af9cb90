// Package recent remembers which groups of spans were seen a short while ago, so
// that a batch that a sender retries is not counted twice.
package recent

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

const groups = 7 << 12 // in 256 KiB

// Set holds the fingerprints of the last 25 000 groups or so in 256 KiB; in each
// bucket the oldest makes room. The zero value is empty. Safe for concurrent use.
type Set struct {
	begin  sync.Once
	secret uint64 // which nobody knows, so that nobody can choose ids that collide
	seen   *Shared
}

// Seen tells whether the very same spans were added lately, as a group, and adds
// them. Senders repeat a request as it was, so the spans of one scope are looked
// up at once. A group with a span that has no id is always new.
func (s *Set) Seen(spans ptrace.SpanSlice) bool {
	s.begin.Do(func() { s.secret, s.seen = rand.Uint64(), NewShared(groups) })
	fingerprint := fingerprintOf(s.secret, spans)
	return fingerprint != 0 && !s.seen.Add(fingerprint)
}

// fingerprintOf mixes the ids of the spans in their order; 0 stands for none.
func fingerprintOf(secret uint64, spans ptrace.SpanSlice) uint64 {
	const odd = 0x9e3779b97f4a7c15
	if spans.Len() == 0 {
		return 0
	}
	h := secret
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
