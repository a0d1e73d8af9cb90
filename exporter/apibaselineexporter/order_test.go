package apibaselineexporter

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

const (
	orderSettle = int64(10 * time.Second)
	orderWall   = int64(1000 * time.Hour) // no event is later
)

func newTestOrder(traces int, bytes int64) *order {
	return newOrder(orderSettings{settle: orderSettle, traces: traces, bytes: bytes}, new(callCounts))
}

// settledNode is a node of a call of a trace that began then, with its call handed to the order.
func (o *order) take(trace, span int, start, now int64, children ...*node) *node {
	call := (&invariant.Call{TraceID: traceID(trace), SpanID: spanID(span), Start: start, End: start, Service: "s"}).Keep()
	n := &node{call: call}
	o.settled(&settledCall{
		Span: calltree.Span{TraceID: call.TraceID, SpanID: call.SpanID, Start: start}, Call: n, Calls: children,
	}, now, orderWall, false)
	return n
}

// all are the traces whose turn it is by then.
func (o *order) all(now int64) (texts []string) {
	for t := o.next(now); t != nil; t = o.next(now) {
		texts = append(texts, strings.TrimPrefix(shown(t), "s "))
	}
	return texts
}

func TestATraceWaitsForTheRestOfIt(t *testing.T) {
	o := newTestOrder(10, 1<<20)
	child := o.take(1, 2, 20, 0)
	assert.Empty(t, o.all(orderSettle-1))
	o.take(1, 1, 10, orderSettle-1, child)
	assert.Equal(t, []string{"1*>2 2"}, o.all(orderSettle))
	o.take(1, 3, 30, orderSettle)
	assert.Equal(t, []string{"3*"}, o.all(3*orderSettle), "what comes after that is learned as well")
	traces, bytes := o.waits()
	assert.Zero(t, traces)
	assert.Zero(t, bytes)
}

func TestTracesComeByTheirStart(t *testing.T) {
	o := newTestOrder(10, 1<<20)
	o.take(1, 1, 300, 0)
	o.take(2, 2, 100, 5)
	o.take(3, 3, 400, 3)
	o.take(2, 4, 50, 9) // it began earlier than it seemed
	assert.Empty(t, o.all(orderSettle), "the first one waits for the second")
	assert.Equal(t, []string{"4* 2*", "1*", "3*"}, o.all(orderSettle+5))
}

func TestParentsComeBeforeTheirChildren(t *testing.T) {
	o := newTestOrder(10, 1<<20)
	grandchild := o.take(1, 1, 7, 0)
	child := o.take(1, 2, 7, 0, grandchild)
	o.take(1, 4, 7, 0, child)
	o.take(1, 3, 7, 0)
	early := o.take(1, 6, 6, 0) // its clock is behind
	o.take(1, 5, 7, 0, early)
	assert.Equal(t, []string{"6 3* 4*>2 5*>6 2>1 1"}, o.all(orderSettle))
}

// Whoever writes the spans decides who is above whom.
func TestACircleEnds(t *testing.T) {
	o := newTestOrder(10, 1<<20)
	one := o.take(1, 1, 7, 0)
	two := o.take(1, 2, 7, 0, one)
	two.above = one
	assert.Equal(t, []string{"1 2>1"}, o.all(orderSettle))
}

func TestWhatComesTooLateIsLeftOutAndCounted(t *testing.T) {
	o := newTestOrder(1000, 1<<20)
	o.take(1, 1, 500, 0)
	assert.Len(t, o.all(orderSettle), 1)
	o.take(2, 1, 499, orderSettle)
	o.take(2, 2, 600, orderSettle)
	o.take(3, 3, 500, orderSettle)
	assert.Equal(t, []string{"3*"}, o.all(2*orderSettle))
	assert.Equal(t, int64(2), o.counts[lateCall].Load())
}

// A clock that was wrong, or a recording that is played, makes time begin anew.
func TestTimeGoesBackWhenAllIsLate(t *testing.T) {
	o := newTestOrder(1000, 1<<20)
	o.take(1, 1, 1_000_000, 0)
	assert.Len(t, o.all(orderSettle), 1)
	for i := range 150 {
		o.take(2+i, 1, int64(i+1), orderSettle)
	}
	learned := o.all(2 * orderSettle)
	assert.Len(t, learned, 150-newTime+1)
	assert.Equal(t, int64(newTime-1), o.counts[lateCall].Load())
}

func TestWhatClaimsToBeFromTheFutureIsLeftOut(t *testing.T) {
	o := newTestOrder(10, 1<<20)
	o.take(1, 1, orderWall+ahead+1, 0)
	o.take(2, 2, orderWall+ahead, 0)
	o.record((&invariant.Call{Start: 1, End: orderWall + ahead + 1}).Keep(), 0, orderWall) // it has not ended yet
	assert.Equal(t, []string{"2*"}, o.all(orderSettle))
	assert.Equal(t, int64(2), o.counts[futureCall].Load())
}

// Who goes on sending traces that began a little earlier than others cannot hold those up.
func TestNobodyIsHeldUpForLong(t *testing.T) {
	o := newTestOrder(1000, 1<<20)
	o.take(1, 1, 1_000_000, 0)
	got := []string{}
	for i := range 8 {
		now := int64(i) * orderSettle / 4
		o.take(100+i, 100+i, int64(1000-i), now)
		got = append(got, o.all(now)...)
	}
	assert.Empty(t, got)
	assert.Equal(t, "1*", o.all(2 * orderSettle)[0])
}

func TestBothBoundsHoldAndAreCounted(t *testing.T) {
	o := newTestOrder(3, 1<<20)
	for i := range 5 {
		o.take(i+1, 1, 100, 0)
	}
	o.take(1, 2, 101, 0) // of a trace that is there
	traces, one := o.waits()
	assert.Equal(t, int64(3), traces)
	assert.Equal(t, int64(2), o.counts[droppedCall].Load())
	assert.Len(t, o.all(orderSettle), 3)

	o = newTestOrder(1000, one)
	for i := range 100 {
		o.take(i+1, 1, 100, 0)
		_, bytes := o.waits()
		require.LessOrEqual(t, bytes, one)
	}
	assert.Greater(t, o.counts[droppedCall].Load(), int64(90))
}

func TestRecordsOfALogComeAsTheyCame(t *testing.T) {
	o := newTestOrder(100, 1<<20)
	for i := range 9 {
		call := (&invariant.Call{Start: 7, Service: fmt.Sprint("s", i)}).Keep()
		o.record(call, int64(i), orderWall)
	}
	assert.Equal(t, []string{"s0 0*", "s1 0*", "s2 0*", "s3 0*", "s4 0*", "s5 0*", "s6 0*", "s7 0*", "s8 0*"}, o.all(2*orderSettle))
}

// TestEachCallIsHandedOverOnce: whatever comes when, every call is handed over or counted.
func TestEachCallIsHandedOverOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := newTestOrder(rapid.IntRange(1, 20).Draw(rt, "traces"), rapid.Int64Range(1000, 50_000).Draw(rt, "bytes"))
		var learned []*replay.Trace
		now, sent := int64(0), int64(0)
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			if rapid.Bool().Draw(rt, "passes") {
				now += rapid.Int64Range(0, orderSettle).Draw(rt, "time")
			}
			if rapid.IntRange(0, 2).Draw(rt, "learns") == 0 {
				for tr := o.next(now); tr != nil; tr = o.next(now) {
					learned = append(learned, tr)
				}
				continue
			}
			o.take(rapid.IntRange(1, 12).Draw(rt, "trace"), rapid.IntRange(1, 9).Draw(rt, "span"), rapid.Int64Range(1, 100).Draw(rt, "start"), now)
			sent++
		}
		for tr := o.any(); tr != nil; tr = o.any() {
			learned = append(learned, tr)
		}
		counted := o.counts[droppedCall].Load() + o.counts[lateCall].Load()
		for _, tr := range learned {
			counted += int64(len(tr.Calls))
			assert.True(rt, slices.IsSortedFunc(tr.Calls, func(a, b replay.Observation) int { return int(a.Call.Start - b.Call.Start) }))
		}
		assert.Equal(rt, sent, counted)
		traces, bytes := o.waits()
		assert.Zero(rt, traces)
		assert.Zero(rt, bytes)
		assert.Zero(rt, o.arrivals.Len())
		assert.Empty(rt, o.tracing)
	})
}
