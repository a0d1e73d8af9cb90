package calltree

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"
)

func traceID(n uint64) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[:], n+1)
	return id
}

func nobody(*Settled[string, string]) {}

// Whatever is sent, what is kept stays within the caps.
func TestMemoryIsBoundedUnderFloods(t *testing.T) {
	const million, some = 1_000_000, 100_000
	settings := DefaultSettings()
	settings.MaxTraces, settings.MaxSpansPerTrace, settings.MaxBytes = 20_000, 5_000, 16<<20
	for _, test := range []struct {
		name  string
		spans uint64
		span  func(i uint64) Span
	}{
		{"one trace of a million spans", million, func(i uint64) Span {
			return Span{TraceID: traceID(0), SpanID: spanID(i + 1), Parent: spanID(i)}
		}},
		{"a million traces of one span", million, func(i uint64) Span {
			return Span{TraceID: traceID(i), SpanID: spanID(1), Parent: spanID(2)}
		}},
		{"a hundred giants", some, func(i uint64) Span {
			return Span{TraceID: traceID(i % 100), SpanID: spanID(i + 1), Parent: spanID(i * 7 % 1000)}
		}},
		{"circles", some, func(i uint64) Span {
			return Span{TraceID: traceID(i / 1000), SpanID: spanID(i + 1), Parent: spanID((i + 1) ^ 1)}
		}},
		{"one circle through all", some, func(i uint64) Span {
			return Span{TraceID: traceID(i / 4000), SpanID: spanID(i%4000 + 1), Parent: spanID((i+1)%4000 + 1)}
		}},
		{"their own parents", some, func(i uint64) Span {
			return Span{TraceID: traceID(i / 1000), SpanID: spanID(i + 1), Parent: spanID(i + 1)}
		}},
		{"no ids", some, func(uint64) Span { return Span{} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := New[string, string](settings)
			require.NoError(t, err)
			settled, outcomes := 0, [4]int{}
			calls := 0
			for i := range test.spans {
				now := int64(i) * 100_000 // 10 000 a second
				span := test.span(i)
				var outcome Outcome
				switch i % 8 {
				case 0:
					outcome = a.AddCall(span, "c", true, 500, now)
					if outcome == Added || outcome == Refused {
						calls++
					}
				case 1, 2, 3:
					outcome = a.AddStatement(span, "s", int(i%1000), now)
				case 4, 5:
					outcome = a.AddClient(span, now)
				default:
					outcome = a.AddOther(span, now)
				}
				outcomes[outcome]++
				if i%5000 == 0 {
					a.Settled(now, func(*Settled[string, string]) { settled++ })
					s := a.Stats()
					require.LessOrEqual(t, s.Bytes, settings.MaxBytes)
					require.LessOrEqual(t, s.Traces, int64(settings.MaxTraces))
					require.LessOrEqual(t, s.Spans, s.Traces*int64(settings.MaxSpansPerTrace))
				}
				if i%(test.spans/4) == 0 {
					audit(t, a)
				}
			}
			audit(t, a)
			a.Flush(func(*Settled[string, string]) { settled++ })
			s := a.Stats()
			assert.Equal(t, calls, settled+int(s.EvictedCalls), "every call is handed over or counted")
			assert.GreaterOrEqual(t, s.RefusedSpans, int64(outcomes[Refused]))
			assert.Zero(t, s.Traces+s.Spans+s.Bytes)
		})
	}
}

func TestWhatACallRefersToCounts(t *testing.T) {
	a := assembler(t, func(s *Settings) { s.MaxBytes, s.MaxTraces = 1<<20, 1 })
	for _, bytes := range []int{math.MaxInt, 1 << 19, 1<<18 + 1} {
		assert.Equal(t, Refused, a.AddCall(server(1, 0).span(), "", true, bytes, 0))
		assert.Zero(t, a.Stats().Traces)
	}
	assert.Equal(t, Added, a.AddCall(server(1, 0).span(), "", true, math.MinInt, 0))
	assert.Equal(t, Added, a.AddStatement(query(2, 1).span(), "", 200<<10, 0))
	assert.Equal(t, Refused, a.AddStatement(query(3, 1).span(), "", 200<<10, 0))
	assert.Greater(t, a.Stats().Bytes, int64(200<<10))
	audit(t, a)
}

func TestTheTraceWithTheOldestArrivalIsEvicted(t *testing.T) {
	a, got := assembler(t, func(s *Settings) { s.MaxTraces = 3 }), make(told)
	in := func(trace byte, now int64, n node) {
		n.trace = trace
		add(t, a, now*second, n)
	}
	in(1, 0, server(1, 0))
	in(2, 1, server(1, 0))
	in(3, 2, server(1, 0))
	in(1, 3, query(2, 1))
	in(4, 4, server(1, 0)) // in the place of 2
	in(2, 5, gap()[0])     // which comes in the place of 3
	in(2, 5, server(1, 0))
	in(2, 5, server(3, 1))
	assert.Equal(t, int64(2), a.Stats().EvictedCalls)
	audit(t, a)
	a.Flush(got.hear(t))
	assert.Equal(t, told{"1.1": "1.2 | +", "4.1": "+ | +", "2.1": "2.2+ | 2.3+", "2.3": "+ | +"}, got)
}

func TestWhatMadeRoomLeavesTheListsOpenForAWhile(t *testing.T) {
	a, got := assembler(t, func(s *Settings) { s.MaxSpansPerTrace = 10 }), make(told)
	for i := range byte(10) {
		add(t, a, 0, link(100+i, 0))
	}
	add(t, a, 0, server(1, 0), server(3, 1))
	for now := range int64(70) { // kept alive
		a.Settled(now*second, got.hear(t))
		n := node{trace: 1, id: byte(20 + now/5), kind: call, silent: true}
		n.addTo(a, now*second)
	}
	require.Contains(t, got, "1.1")
	assert.Equal(t, "+ | 1.3+", got["1.1"])
	later := []node{server(200, 0), query(201, 200), server(202, 200)}
	add(t, a, 70*second, later...)
	a.Settled(80*second, got.hear(t))
	assert.Equal(t, "1.201 | 1.202", got["1.200"])
}

func TestAGiantsMemoryIsLetGo(t *testing.T) {
	a := assembler(t, func(s *Settings) { s.MaxTraces = 10 })
	for i := range uint64(10_000) {
		a.AddStatement(Span{TraceID: traceID(1), SpanID: spanID(i + 1), Parent: spanID(20_000)}, "", 0, 0)
	}
	a.AddCall(Span{TraceID: traceID(1), SpanID: spanID(20_000)}, "", true, 0, 0)
	before := a.Stats().Bytes
	statements := 0
	a.Settled(10*second, func(s *Settled[string, string]) { statements += len(s.Statements) })
	assert.Equal(t, 10_000-10_000/dropAtOnce, statements, "all but those that made room for the call")
	for i := range int64(200) {
		a.Settled(10*second+i*second/2, nobody)
	}
	assert.Less(t, a.Stats().Bytes, before/100)
}

func cleanAll(a *named) {
	for _, sh := range a.shards {
		for _, trace := range sh.traces {
			sh.clean(trace, sh.clock.latest)
			sh.account(trace)
		}
	}
}

func TestWhatCleaningLetGoLeavesTheListsOpen(t *testing.T) {
	for _, test := range []struct {
		name    string
		earlier node
		age     int64 // s
		kept    int64
		want    string
	}{
		{"a call that waits for its own", server(10, 1), 9, 1, "1.2 | 1.3 1.10"},
		{"a judged call", server(10, 1), 11, 0, "1.2 | 1.3+"},
		{"a judged call of the same caller as a later one", server(10, 99), 11, 0, "1.2 | 1.3"},
		{"a statement", query(10, 1), 59, 1, "1.2 1.10 | 1.3"},
		{"an old statement", query(10, 1), 130, 0, "1.2+ | 1.3+"},
		{"an old link", link(10, 1), 130, 0, "1.2+ | 1.3+"},
		{"an old link that ends there", link(10, 0), 130, 0, "1.2 | 1.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, got := assembler(t, nil), make(told)
			add(t, a, 0, test.earlier)
			for now := range test.age + 1 {
				add(t, a, now*second, link(byte(100+now), 0)) // keeps the trace
				a.Settled(now*second, nobody)
				if now > 0 && (now%65 == 0 || now == test.age) {
					cleanAll(a)
				}
			}
			audit(t, a)
			kept := int64(0)
			for _, sh := range a.shards {
				for _, trace := range sh.traces {
					if trace.find(10) != none {
						kept++
					}
				}
			}
			assert.Equal(t, test.kept, kept)
			parent := byte(0)
			if test.earlier.parent == 99 {
				parent = 99
			}
			add(t, a, test.age*second, gap(server(1, parent))...)
			a.Settled((test.age+10)*second, got.hear(t))
			assert.Equal(t, test.want, got["1.1"])
		})
	}
}

// Cleaning, whenever it happens, keeps what the calls to come need, or leaves
// their lists open.
func TestCleaningKeepsWhatCallsNeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(true).Draw(t, "nodes")
		a := assembler(t, nil)
		cleaned := assembler(t, nil)
		want, got := make(told), make(told)
		now := int64(0)
		for _, n := range rapid.Permutation(nodes).Draw(t, "order") {
			n.addTo(a, now)
			n.addTo(cleaned, now)
			now += rapid.Int64Range(0, second/2).Draw(t, "pause")
			a.Settled(now, want.hear(t))
			cleaned.Settled(now, got.hear(t))
			if rapid.IntRange(0, 3).Draw(t, "clean") == 0 {
				cleanAll(cleaned)
				audit(t, cleaned)
			}
		}
		a.Flush(want.hear(t))
		cleaned.Flush(got.hear(t))
		require.Len(t, got, len(want))
		for name := range want {
			wantLists, wantOpen := parse(want[name])
			gotLists, gotOpen := parse(got[name])
			for i := range wantLists {
				if !gotOpen[i] {
					require.Equal(t, wantLists[i], gotLists[i], name)
				}
				require.Subset(t, wantLists[i], gotLists[i], name)
				require.False(t, wantOpen[i] && !gotOpen[i], "%s was open: %s, %s", name, want[name], got[name])
			}
		}
	})
}

func TestManyMayAddWhileOneSettles(t *testing.T) {
	settings := DefaultSettings()
	settings.Settle = 20 * time.Millisecond
	settings.MaxTraces, settings.MaxSpansPerTrace, settings.MaxBytes = 5_000, 50, 4<<20
	a, err := New[string, string](settings)
	require.NoError(t, err)
	var clock atomic.Int64
	var adders, settler sync.WaitGroup
	done := make(chan struct{})
	handed := make(map[Span]int)
	hear := func(s *Settled[string, string]) { handed[Span{TraceID: s.Span.TraceID, SpanID: s.Span.SpanID}]++ }
	settler.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				a.Settled(clock.Add(1e6), hear)
			}
		}
	})
	var sent atomic.Int64
	for g := range uint64(4) {
		adders.Go(func() {
			r := rand.New(rand.NewPCG(g, 1))
			for i := range uint64(20_000) {
				span := Span{TraceID: traceID(i / 10), SpanID: spanID(1 + r.Uint64N(40)), Parent: spanID(r.Uint64N(40))}
				now := clock.Load()
				switch r.IntN(3) {
				case 0:
					if outcome := a.AddCall(span, "c", true, 10, now); outcome == Added || outcome == Refused {
						sent.Add(1)
					}
				case 1:
					a.AddStatement(span, "s", 10, now)
				default:
					a.AddOther(span, now)
				}
				if i%1000 == 0 {
					a.Stats()
				}
			}
		})
	}
	adders.Wait()
	close(done)
	settler.Wait()
	a.Flush(hear)
	for span, times := range handed {
		require.Equal(t, 1, times, span)
	}
	assert.Equal(t, sent.Load(), int64(len(handed))+a.Stats().EvictedCalls)
}
