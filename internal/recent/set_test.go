package recent

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// group is n spans with random ids.
func group(r *rand.Rand, n int) ptrace.SpanSlice {
	spans := ptrace.NewSpanSlice()
	for range n {
		var trace pcommon.TraceID
		var id pcommon.SpanID
		binary.LittleEndian.PutUint64(trace[:], r.Uint64())
		binary.LittleEndian.PutUint64(trace[8:], r.Uint64())
		binary.LittleEndian.PutUint64(id[:], r.Uint64())
		span := spans.AppendEmpty()
		span.SetTraceID(trace)
		span.SetSpanID(id)
	}
	return spans
}

func TestSeenRemembersWhatASenderMayRetry(t *testing.T) {
	const lately = 5_000
	s := new(Set)
	r := rand.New(rand.NewPCG(1, 2))
	for range lately {
		assert.False(t, s.Seen(group(r, 3)))
	}
	r = rand.New(rand.NewPCG(1, 2))
	forgotten := 0
	for range lately {
		if !s.Seen(group(r, 3)) {
			forgotten++
		}
	}
	assert.Less(t, forgotten, lately/100, "forgotten of the last %d", lately)
}

func TestSeenForgetsTheOldest(t *testing.T) {
	s := new(Set)
	r := rand.New(rand.NewPCG(3, 4))
	first := group(r, 2)
	assert.False(t, s.Seen(first))
	for range 200_000 {
		s.Seen(group(r, 1))
	}
	assert.False(t, s.Seen(first))
}

func TestOnlyTheSameGroupIsSeen(t *testing.T) {
	s := new(Set)
	spans := group(rand.New(rand.NewPCG(5, 6)), 4)
	assert.False(t, s.Seen(spans))
	fewer := ptrace.NewSpanSlice()
	spans.CopyTo(fewer)
	fewer.RemoveIf(func(span ptrace.Span) bool { return span.SpanID() == spans.At(3).SpanID() })
	assert.False(t, s.Seen(fewer))
	assert.True(t, s.Seen(spans))
	assert.True(t, s.Seen(fewer))
}

func TestSpansWithoutIDsAreAlwaysNew(t *testing.T) {
	s := new(Set)
	spans := group(rand.New(rand.NewPCG(7, 8)), 2)
	spans.AppendEmpty()
	for range 3 {
		assert.False(t, s.Seen(spans))
		assert.False(t, s.Seen(ptrace.NewSpanSlice()))
	}
}

func BenchmarkSeen(b *testing.B) {
	s := new(Set)
	r := rand.New(rand.NewPCG(9, 10))
	var groups []ptrace.SpanSlice
	for range 1000 {
		groups = append(groups, group(r, 50))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		spans := groups[i%len(groups)]
		spans.At(0).SetSpanID(pcommon.SpanID{byte(i), byte(i >> 8), byte(i >> 16), 1})
		s.Seen(spans)
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50, "ns/span")
}
