package apiinvariantprocessor

import (
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/recent"
)

// seenCalls remembers the calls that were judged as they arrived, so that a batch
// that a sender repeats is not judged again. It has fixed memory, and is safe for
// concurrent use.
type seenCalls struct {
	seed  maphash.Seed // which nobody knows, so that nobody can choose ids that collide
	calls *recent.Shared
}

const seenSize = 1 << 18 // calls, in 2.3 MiB

func newSeenCalls() *seenCalls {
	return &seenCalls{seed: maphash.MakeSeed(), calls: recent.NewShared(seenSize)}
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
	return s.calls.Add(maphash.Bytes(s.seed, ids[:]))
}
