package calltree

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFullTraceTakesWhatIsOfMoreWorth(t *testing.T) {
	a, got := assembler(t, func(s *Settings) { s.MaxSpansPerTrace = 100 }), make(told)
	add(t, a, 0, query(1, 100))
	for i := range byte(98) {
		add(t, a, 0, link(2+i, 99))
	}
	add(t, a, 0, query(250, 251))
	add(t, a, 0, query(249, 100), link(248, 100))
	assert.Equal(t, int64(6), a.Stats().RefusedSpans, "six links made room at once")
	for i := range byte(96) {
		add(t, a, (1+int64(i)/50)*second, server(100+i, 0))
		audit(t, a)
	}
	assert.Equal(t, int64(98), a.Stats().RefusedSpans, "all links but that of call 100")
	assert.Equal(t, Refused, server(200, 0).addTo(a, 2*second), "calls that are not judged yet and their statements do not")
	assert.Equal(t, Refused, query(220, 101).addTo(a, 2*second))
	assert.Equal(t, int64(1), a.Stats().EvictedCalls)
	a.Settled(11*second, got.hear(t))
	assert.Len(t, got, 50)
	for i := range byte(50) { // the judged calls went by themselves
		add(t, a, 11*second, link(2+i, 201))
	}
	add(t, a, 11*second, server(201, 0))
	assert.Equal(t, int64(100), a.Stats().RefusedSpans)
	a.Settled(12*second, got.hear(t))
	assert.Len(t, got, 96)
	for name, is := range got {
		want := "+ | +"
		if name == "1.100" {
			want = "1.1 1.249+ | +"
		}
		assert.Equal(t, want, is, name)
	}
	audit(t, a)
}

// A caller who chooses the trace id fills the trace before his call, and goes on
// while what is beneath it comes in.
func TestAFloodHidesNoCallAndNoStatement(t *testing.T) {
	const most, flood = 1000, 5000
	for _, test := range []struct {
		name string
		add  func(a *named, i uint64) Outcome
	}{
		{"calls that are not judged", func(a *named, i uint64) Outcome {
			return a.AddCall(numbered(i, 0), "boundary", false, 8, 0)
		}},
		{"calls that are not judged, with statements", func(a *named, i uint64) Outcome {
			if i%2 == 0 {
				return a.AddCall(numbered(i, 0), "boundary", false, 8, 0)
			}
			return a.AddStatement(numbered(i, i-1), "theirs", 8, 0)
		}},
		{"child calls of the call", func(a *named, i uint64) Outcome {
			return a.AddCall(numbered(i, 1), "child", false, 8, 0)
		}},
		{"links beneath the call", func(a *named, i uint64) Outcome { return a.AddOther(numbered(i, 1), 0) }},
		{"client spans", func(a *named, i uint64) Outcome { return a.AddClient(numbered(i, i-1), 0) }},
		{"statements of another call", func(a *named, i uint64) Outcome {
			if i == 10_000 {
				return a.AddCall(numbered(i, 0), "other", true, 8, 0)
			}
			return a.AddStatement(numbered(i, 10_000), "theirs", 8, 0)
		}},
		{"statements of another call, each with a link", func(a *named, i uint64) Outcome {
			if i%2 == 0 {
				return a.AddOther(numbered(i, 9_999), 0)
			}
			return a.AddStatement(numbered(i, i-1), "theirs", 8, 0)
		}},
	} {
		for _, order := range [][3]int{{1, 2, 3}, {3, 2, 1}} {
			t.Run(fmt.Sprint(test.name, order), func(t *testing.T) {
				a := assembler(t, func(s *Settings) { s.MaxSpansPerTrace = most })
				next := uint64(10_000)
				fill := func(n int) {
					for range n {
						test.add(a, next)
						next++
					}
				}
				fill(flood)
				for _, part := range order {
					switch part {
					case 1:
						require.Equal(t, Added, a.AddCall(numbered(1, 0), "attack", true, 8, 0))
					case 2:
						require.Equal(t, Added, a.AddOther(numbered(2, 1), 0))
					case 3:
						require.Equal(t, Added, a.AddStatement(numbered(3, 2), "proof", 8, 0))
					}
					fill(most / 4)
				}
				fill(flood)
				audit(t, a)
				handed := false
				a.Flush(func(s *Settled[string, string]) {
					if s.Call == "attack" {
						handed = true
						assert.Contains(t, s.Statements, "proof")
						assert.True(t, s.StatementsLost && s.CallsLost)
					}
				})
				assert.True(t, handed)
				assert.Zero(t, a.Stats().EvictedCalls)
			})
		}
	}
}

// Who has much pushes out nothing that a call is judged by; who has little does.
func TestOnlyWhoIsWithinTheShareTakesFromTheSurplus(t *testing.T) {
	const most = 200
	a := assembler(t, func(s *Settings) { s.MaxSpansPerTrace = most })
	a.AddCall(numbered(1, 0), "much", true, 8, 0)
	a.AddCall(numbered(2, 0), "unjudged", false, 8, 0)
	for id := uint64(10); a.Stats().Spans < most; id++ {
		require.Equal(t, Added, a.AddStatement(numbered(id, 1), "s", 8, 0))
	}
	assert.Equal(t, Refused, a.AddStatement(numbered(1001, 2), "s", 8, 0), "nobody asks for it")
	// The call that is not judged makes room for one, and no more.
	assert.Equal(t, Added, a.AddStatement(numbered(1002, 1), "s", 8, 0))
	for id := range uint64(5) {
		assert.Equal(t, Refused, a.AddStatement(numbered(1010+id, 1), "s", 8, 0))
		assert.Equal(t, Refused, a.AddCall(numbered(1020+id, 1020), "unjudged", false, 8, 0))
	}
	assert.Equal(t, int64(12), a.Stats().RefusedSpans)
	assert.Equal(t, Added, a.AddCall(numbered(3, 0), "little", true, 8, 0))
	assert.Equal(t, Added, a.AddStatement(numbered(1030, 3), "s", 8, 0))
	audit(t, a)
	a.Flush(func(s *Settled[string, string]) { assert.NotEmpty(t, s.Statements, s.Call) })
}

func numbered(id, parent uint64) Span {
	return Span{TraceID: traceID(0), SpanID: spanID(id), Parent: spanID(parent), Start: int64(id)}
}

// The calls for which there is no room are counted; those before them keep what
// they are judged by.
func TestCallsBeyondWhatATraceHoldsAreCounted(t *testing.T) {
	const most, calls = 3000, 6000
	a := assembler(t, func(s *Settings) { s.MaxSpansPerTrace = most })
	for i := range uint64(calls) {
		id := 10 * (i + 1)
		a.AddStatement(numbered(id+2, id+1), "proof", 8, 0)
		a.AddOther(numbered(id+1, id), 0)
		a.AddCall(numbered(id, 0), "attack", true, 8, 0)
	}
	audit(t, a)
	handed, proven := 0, 0
	a.Flush(func(s *Settled[string, string]) {
		handed++
		proven += len(s.Statements)
	})
	assert.Equal(t, calls, handed+int(a.Stats().EvictedCalls))
	assert.GreaterOrEqual(t, proven, most/3-fairShare)
}

// What a flood costs a span that comes to a full trace.
func BenchmarkFullTrace(b *testing.B) {
	a, err := New[string, string](DefaultSettings())
	require.NoError(b, err)
	b.ReportAllocs()
	id := uint64(0)
	for b.Loop() {
		id++
		switch id % 4 {
		case 0:
			a.AddCall(numbered(id, 0), "boundary", false, 8, int64(id)*1000)
		case 1:
			a.AddStatement(numbered(id, id+1), "theirs", 8, int64(id)*1000)
		default:
			a.AddOther(numbered(id, id/4*4), int64(id)*1000)
		}
	}
}
