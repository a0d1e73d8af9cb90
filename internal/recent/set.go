// Package recent remembers which spans were seen a short while ago, so that a
// batch that a sender retries is not counted twice.
package recent

import (
	"encoding/binary"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	ways       = 7 // ids in a bucket, which with its cursor is one cache line
	bucketBits = 16
)

// Set holds the last 400 000 ids or so in 4 MiB; in each bucket the oldest makes
// room. Safe for concurrent use; goroutines that add at the same moment may lose
// an id, so that its repetition is counted.
type Set struct {
	buckets [1 << bucketBits]bucket
}

type bucket struct {
	cursor atomic.Uint64
	ids    [ways]atomic.Uint64
}

// Seen tells whether the span was added lately, and adds it.
func (s *Set) Seen(trace pcommon.TraceID, span pcommon.SpanID) bool {
	id := binary.LittleEndian.Uint64(span[:]) ^ binary.LittleEndian.Uint64(trace[8:])*0x9e3779b97f4a7c15
	if id == 0 {
		return false // no ids, as in access logs
	}
	b := &s.buckets[(id*0xff51afd7ed558ccd)>>(64-bucketBits)]
	for i := range b.ids {
		if b.ids[i].Load() == id {
			return true
		}
	}
	cursor := b.cursor.Load()
	b.ids[cursor%ways].Store(id)
	b.cursor.Store(cursor + 1)
	return false
}
