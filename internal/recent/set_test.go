package recent

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func ids(r *rand.Rand) (trace pcommon.TraceID, span pcommon.SpanID) {
	binary.LittleEndian.PutUint64(trace[:], r.Uint64())
	binary.LittleEndian.PutUint64(trace[8:], r.Uint64())
	binary.LittleEndian.PutUint64(span[:], r.Uint64())
	return trace, span
}

func TestSeenRemembersWhatASenderMayRetry(t *testing.T) {
	const lately = 100_000
	s := new(Set)
	r := rand.New(rand.NewPCG(1, 2))
	for range lately {
		assert.False(t, s.Seen(ids(r)))
	}
	r = rand.New(rand.NewPCG(1, 2))
	forgotten := 0
	for range lately {
		if !s.Seen(ids(r)) {
			forgotten++
		}
	}
	assert.Less(t, forgotten, lately/100, "forgotten of the last %d", lately)
}

func TestSeenForgetsTheOldest(t *testing.T) {
	s := new(Set)
	r := rand.New(rand.NewPCG(3, 4))
	trace, span := ids(r)
	assert.False(t, s.Seen(trace, span))
	for range 4_000_000 {
		s.Seen(ids(r))
	}
	assert.False(t, s.Seen(trace, span))
}

func TestSpansWithoutIDsAreAlwaysNew(t *testing.T) {
	s := new(Set)
	for range 3 {
		assert.False(t, s.Seen(pcommon.TraceID{}, pcommon.SpanID{}))
	}
}

func BenchmarkSeen(b *testing.B) {
	s := new(Set)
	r := rand.New(rand.NewPCG(5, 6))
	b.ReportAllocs()
	for b.Loop() {
		s.Seen(ids(r))
	}
}
