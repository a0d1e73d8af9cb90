package baseline

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/heapsize"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// weeks are traces of a shop that come again and again, each time later.
type weeks struct {
	traces []*replay.Trace
	length int64 // ns
	calls  int
	next   int
}

func newWeeks(t testing.TB, sessions int) *weeks {
	t.Helper()
	w := &weeks{traces: traces(t, newShop(1).open(sessions))}
	for _, trace := range w.traces {
		w.calls += len(trace.Calls)
	}
	first, last := w.traces[0], w.traces[len(w.traces)-1]
	w.length = last.End() - first.Start() + 1e9
	return w
}

// trace is the next one.
func (w *weeks) trace() *replay.Trace {
	i := w.next % len(w.traces)
	if w.next >= len(w.traces) { // it was learned before
		for j := range w.traces[i].Calls {
			c := w.traces[i].Calls[j].Call
			c.Start += w.length
			c.End += w.length
		}
	}
	w.next++
	return w.traces[i]
}

func BenchmarkLearn(b *testing.B) {
	for _, bench := range []struct {
		name      string
		stateless bool
	}{{"stateful", false}, {"stateless", true}} {
		b.Run(bench.name, func(b *testing.B) {
			s := DefaultSettings()
			s.Stateless = bench.stateless
			w := newWeeks(b, 2000)
			l, err := New(s)
			require.NoError(b, err)
			for range w.traces { // places and values are known
				l.Learn(w.trace())
			}
			b.ReportAllocs()
			calls := 0
			for b.Loop() {
				trace := w.trace()
				l.Learn(trace)
				calls += len(trace.Calls)
			}
			b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64(calls)/float64(b.N), "calls/op")
		})
	}
}

func BenchmarkResult(b *testing.B) {
	w := newWeeks(b, 2000)
	l := newLearner(b)
	for range w.traces {
		l.Learn(w.trace())
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Result()
	}
}

func BenchmarkSave(b *testing.B) {
	w := newWeeks(b, 2000)
	l := newLearner(b)
	for range w.traces {
		l.Learn(w.trace())
	}
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, l.Save(io.Discard))
	}
}

func BenchmarkProve(b *testing.B) {
	w := newWeeks(b, 2000)
	l := newLearner(b)
	for range w.traces {
		l.Learn(w.trace())
	}
	p, err := NewProver(l.Result().File)
	require.NoError(b, err)
	b.ReportAllocs()
	calls := 0
	for b.Loop() {
		trace := w.trace()
		p.Observe(trace)
		calls += len(trace.Calls)
	}
	b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
}

// A learner that has seen all that there is grows no more.
func TestMemoryIsFlatOverTenPasses(t *testing.T) {
	w := newWeeks(t, 300)
	s := DefaultSettings()
	s.References.MaxRows, s.References.MaxCallers = 5000, 5000
	l, err := New(s)
	require.NoError(t, err)
	pass := func() {
		for range w.traces {
			l.Learn(w.trace())
		}
	}
	for range 2 {
		pass()
	}
	before, size := heapsize.InUse(), savedSize(t, l)
	for range 10 {
		pass()
	}
	assert.Less(t, heapsize.InUse(), before+before/10+1<<20)
	assert.Less(t, savedSize(t, l), size+size/20+10_000)
	require.NotEmpty(t, l.Result().Rules)
}

func TestAProverForgetsTracesThatAreOver(t *testing.T) {
	w := newWeeks(t, 100)
	l := newLearner(t)
	for range w.traces {
		l.Learn(w.trace())
	}
	p, err := NewProver(l.Result().File)
	require.NoError(t, err)
	pass := func() {
		for range w.traces {
			trace := w.trace()
			for i := range trace.Calls { // a trace of its own each time
				trace.Calls[i].Call.TraceID[0] = byte(w.next / len(w.traces))
			}
			p.Observe(trace)
		}
	}
	for range 5 {
		pass()
	}
	before := heapsize.InUse()
	for range 60 {
		pass()
	}
	assert.Less(t, heapsize.InUse(), before+1<<20)
	require.NotEmpty(t, p.Proofs())
}
