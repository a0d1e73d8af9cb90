package timeline_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/timeline"
)

// call is one of a trace. It shows the row of its name, and breaks a rule if it is bad.
type call struct {
	invariant.Call
	name string
	bad  bool
}

func newCall(trace byte, name string, start, end int64) *call {
	return &call{Call: invariant.Call{TraceID: pcommon.TraceID{trace}, SpanID: pcommon.SpanID{name[0]}, Start: start, End: end, Session: "ann"}, name: name}
}

func bad(c *call) *call {
	c.bad = true
	return c
}

// bench is a line whose calls ask for the rows of all calls, and show one of their own.
type bench struct {
	*timeline.Line[*call]
	store   *reference.Store
	rows    reference.Collection
	shows   reference.Field
	all     []string // names that are asked for
	told    []string // "name sees a b"
	stopped error
}

func newBench(t require.TestingT, names ...string) *bench {
	settings := reference.DefaultSettings()
	store, err := reference.New(settings)
	require.NoError(t, err)
	b := &bench{store: store, rows: store.Collection("rows"), all: names}
	b.shows, _ = store.Field(b.rows, "shows")
	b.Line = timeline.New(store, timeline.Work[*call]{
		Call:   func(c *call) *invariant.Call { return &c.Call },
		Before: func(a, b *call) bool { return a.name < b.name },
		Judge:  b.judge,
		Feed: func(c *call, into *reference.Transaction) {
			into.Put(b.rows, c.name, c.End, []reference.Entry{{Field: b.shows, Value: reference.Value{Kind: reference.Text, Text: c.name}}}, c.Caller())
		},
	})
	return b
}

func (b *bench) judge(c *call, known *reference.Transaction) (bool, error) {
	sees := []string{c.name, "sees"}
	for _, name := range b.all {
		if row, _ := known.Row(b.rows, name, c.Start); name != c.name {
			if _, ok := row.Get(b.shows); ok {
				sees = append(sees, name)
			}
		}
	}
	b.told = append(b.told, strings.Join(sees, " "))
	return c.bad, b.stopped
}

func (b *bench) add(calls ...*call) {
	for _, c := range calls {
		b.Add(c, 100)
	}
}

func TestCallsSeeWhatTracesShowedThatHadEnded(t *testing.T) {
	for name, l := range map[string]struct {
		calls []*call
		want  []string
	}{
		"one after the other":        {[]*call{newCall(1, "a", 10, 20), newCall(2, "b", 20, 30)}, []string{"a sees", "b sees a"}},
		"whatever is added first":    {[]*call{newCall(2, "b", 20, 30), newCall(1, "a", 10, 20)}, []string{"a sees", "b sees a"}},
		"at the same time":           {[]*call{newCall(1, "a", 10, 21), newCall(2, "b", 20, 30)}, []string{"a sees", "b sees"}},
		"within a trace":             {[]*call{newCall(1, "a", 10, 20), newCall(1, "b", 20, 30)}, []string{"a sees", "b sees a"}},
		"a trace that goes on":       {[]*call{newCall(1, "a", 10, 20), newCall(1, "b", 40, 50), newCall(2, "c", 30, 60)}, []string{"a sees", "c sees", "b sees a"}},
		"a trace that breaks a rule": {[]*call{newCall(1, "a", 10, 20), bad(newCall(1, "b", 21, 22)), newCall(2, "c", 30, 60)}, []string{"a sees", "b sees a", "c sees"}},
		"behind a call that does":    {[]*call{bad(newCall(1, "a", 10, 20)), newCall(1, "b", 21, 22), newCall(1, "c", 30, 60)}, []string{"a sees", "b sees", "c sees"}},
		"by start, then by trace":    {[]*call{newCall(2, "b", 10, 10), newCall(1, "a", 10, 10)}, []string{"a sees", "b sees a"}},
		"one trace, one start":       {[]*call{newCall(1, "b", 10, 10), newCall(1, "a", 10, 10)}, []string{"a sees", "b sees a"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "a", "b", "c")
			b.add(l.calls...)
			require.NoError(t, b.Rest())
			assert.Equal(t, l.want, b.told)
			assert.Zero(t, b.Stats().Traces+b.Stats().Calls)
			assert.Zero(t, b.Stats().Bytes)
		})
	}
}

func TestUntilStopsBeforeCallsOfThatTime(t *testing.T) {
	b := newBench(t, "a", "b", "c")
	b.add(newCall(1, "a", 10, 20), newCall(2, "b", 20, 30), newCall(3, "c", 21, 30))
	_, begun := b.At()
	assert.False(t, begun)
	require.NoError(t, b.Until(20))
	assert.Equal(t, []string{"a sees"}, b.told)
	assert.Equal(t, timeline.Stats{Traces: 2, Calls: 2, Bytes: 200}, b.Stats(), "the first has ended")
	require.NoError(t, b.Until(21))
	at, begun := b.At()
	assert.True(t, begun)
	assert.Equal(t, int64(20), at)
	assert.Equal(t, timeline.Stats{Traces: 2, Calls: 1, Bytes: 200}, b.Stats(), "what was judged counts until its trace ends")
	require.NoError(t, b.Step())
	assert.Equal(t, []string{"a sees", "b sees a", "c sees a"}, b.told)
}

// What comes too late has its turn at once, sees what there was at its time, and is seen by those that come later still.
func TestALateCallSeesWhatThereWas(t *testing.T) {
	b := newBench(t, "a", "b", "c", "d")
	b.add(newCall(1, "a", 10, 20), newCall(2, "b", 30, 40))
	require.NoError(t, b.Until(100))
	b.add(newCall(3, "c", 25, 28))
	require.NoError(t, b.Until(100))
	b.add(newCall(4, "d", 110, 120))
	require.NoError(t, b.Rest())
	assert.Equal(t, []string{"a sees", "b sees a", "c sees a", "d sees a b c"}, b.told)
	assert.Equal(t, int64(1), b.Stats().Late)
}

func TestATraceGoesOnWhileItHasNotEnded(t *testing.T) {
	b := newBench(t, "a", "b", "c", "d")
	b.add(newCall(1, "a", 10, 50))
	require.NoError(t, b.Until(40))
	b.add(newCall(1, "b", 45, 90))    // its end is another one now
	b.add(newCall(1, "c", 30, 35))    // before that
	b.add(bad(newCall(2, "d", 5, 6))) // before all, and of another trace
	require.NoError(t, b.Until(60))
	assert.Equal(t, 1, b.Stats().Traces, "until 90")
	require.NoError(t, b.Rest())
	assert.Equal(t, []string{"a sees", "d sees", "c sees", "b sees c"}, b.told, "a ends at 50")
	assert.Equal(t, timeline.Stats{Late: 1, Quarantined: 1}, b.Stats())
	assert.Equal(t, 3, b.store.Stats().Rows)
}

func TestWithoutAStoreCallsAreJudgedInTheirOrder(t *testing.T) {
	var told []string
	l := timeline.New(nil, timeline.Work[*call]{
		Call: func(c *call) *invariant.Call { return &c.Call },
		Judge: func(c *call, known *reference.Transaction) (bool, error) {
			assert.Nil(t, known)
			told = append(told, c.name)
			return false, nil
		},
		Feed: func(*call, *reference.Transaction) { assert.Fail(t, "there is no store") },
	})
	l.Add(newCall(2, "b", 10, 20), 0)
	l.Add(newCall(1, "d", 5, 30), 0)
	l.Add(newCall(2, "a", 10, 20), 0)
	require.NoError(t, l.Rest())
	assert.Equal(t, []string{"d", "b", "a"}, told, "of one trace and start the one that was added first")
	require.NoError(t, l.Step(), "nothing is left")
}

func TestAnErrorEndsIt(t *testing.T) {
	b := newBench(t, "a")
	b.stopped = errors.New("enough")
	b.add(newCall(1, "a", 10, 20), newCall(2, "b", 20, 20))
	assert.ErrorIs(t, b.Until(30), b.stopped)
	assert.ErrorIs(t, b.Rest(), b.stopped)
	assert.NoError(t, b.Rest(), "all calls are gone")
}

// However calls are added, as long as each is there before its time, the same comes of it.
func TestHowCallsAreAddedChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var calls []*call
		var names []string
		for i := range rapid.IntRange(1, 14).Draw(t, "calls") {
			start := int64(rapid.IntRange(0, 30).Draw(t, "start"))
			c := newCall(byte(rapid.IntRange(1, 6).Draw(t, "trace")), fmt.Sprintf("%c", 'a'+i), start, start+int64(rapid.IntRange(0, 12).Draw(t, "length")))
			c.bad = rapid.IntRange(0, 5).Draw(t, "bad") == 0
			calls, names = append(calls, c), append(names, c.name)
		}
		whole := newBench(t, names...)
		whole.add(calls...)
		require.NoError(t, whole.Rest())

		byStart := slices.Clone(calls)
		slices.SortFunc(byStart, func(a, b *call) int { return cmp.Compare(a.Start, b.Start) })
		parts := newBench(t, names...)
		parts.add(rapid.Permutation(calls).Draw(t, "shuffled")...)
		for _, c := range byStart {
			require.NoError(t, parts.Until(c.Start+int64(rapid.IntRange(0, 1).Draw(t, "with it"))))
		}
		require.NoError(t, parts.Rest())
		assert.Equal(t, whole.told, parts.told)
		assert.Equal(t, whole.Stats(), parts.Stats())
	})
}

// Traces are used again, and so is their memory.
func BenchmarkCalls(b *testing.B) {
	calls := make([]*call, 4096)
	for i := range calls {
		start := int64(i) * 1000
		calls[i] = newCall(0, "a", start, start+int64(i%7)*10_000)
		calls[i].TraceID = pcommon.TraceID{byte(i / 3), byte(i / 768)}
	}
	l := timeline.New(nil, timeline.Work[*call]{
		Call:  func(c *call) *invariant.Call { return &c.Call },
		Judge: func(*call, *reference.Transaction) (bool, error) { return false, nil },
	})
	i := 0
	for b.Loop() {
		c := calls[i%len(calls)]
		if i%len(calls) == 0 {
			_ = l.Rest()
		}
		l.Add(c, 1)
		_ = l.Until(c.Start - 50_000)
		i++
	}
}
