package calltree

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func server(id, parent byte) node { return node{trace: 1, id: id, parent: parent, kind: call} }
func query(id, parent byte) node  { return node{trace: 1, id: id, parent: parent, kind: statement} }
func link(id, parent byte) node   { return node{trace: 1, id: id, parent: parent} }
func asks(id, parent byte) node   { return node{trace: 1, id: id, parent: parent, kind: client} }

func TestACallIsHandedOverWithWhatIsBeneathIt(t *testing.T) {
	for _, test := range []struct {
		name  string
		nodes []node
		want  told
	}{
		{"alone", []node{server(1, 0)}, told{"1.1": "+ | +"}},
		{"a statement", []node{server(1, 0), query(2, 1)}, told{"1.1": "1.2 | +"}},
		{
			"a call through a client",
			[]node{server(1, 0), link(2, 1), server(3, 2), query(4, 3), query(5, 1)},
			told{"1.1": "1.5 | 1.3", "1.3": "1.4 | +"},
		},
		{
			"a grandchild is the child's",
			[]node{server(1, 0), server(2, 1), server(3, 2)},
			told{"1.1": "+ | 1.2", "1.2": "+ | 1.3", "1.3": "+ | +"},
		},
		{"a statement below a statement", []node{server(1, 0), query(2, 1), query(3, 2)}, told{"1.1": "1.2 1.3 | +"}},
		{"a silent call", []node{server(1, 0), {trace: 1, id: 2, parent: 1, kind: call, silent: true}, query(3, 2)}, told{"1.1": "+ | 1.2"}},
		{
			"by start, then id", []node{
				server(1, 0),
				{trace: 1, id: 9, parent: 1, kind: statement, start: 5},
				{trace: 1, id: 8, parent: 1, kind: statement, start: 5},
				{trace: 1, id: 3, parent: 1, kind: statement, start: 7},
			}, told{"1.1": "1.8 1.9 1.3 | +"},
		},
		{"another trace", []node{server(1, 0), {trace: 2, id: 5, parent: 1, kind: statement}}, told{"1.1": "+ | +"}},
		{"its own parent", []node{server(1, 1), query(2, 1), link(3, 3)}, told{"1.1": "1.2 | +"}},
		{"its own parent is no gap", []node{server(1, 0), query(2, 1), server(3, 1), link(4, 4)}, told{"1.1": "1.2 | 1.3", "1.3": "+ | +"}},
		// Client spans. Here 1 has made an answered call besides.
		{"answered", calls(server(5, 4)), told{"1.1": "+ | 1.3 1.5", "1.3": "+ | +", "1.5": "+ | +"}},
		{"unanswered", calls(), told{"1.1": "+ | 1.3+", "1.3": "+ | +"}},
		{"answered twice", calls(server(5, 4), server(6, 4)), told{"1.1": "+ | 1.3 1.5 1.6", "1.3": "+ | +", "1.5": "+ | +", "1.6": "+ | +"}},
		{"answered by a silent call", calls(node{trace: 1, id: 5, parent: 4, kind: call, silent: true}), told{"1.1": "+ | 1.3 1.5", "1.3": "+ | +"}},
		{"a link between the client and the answer", calls(link(6, 4), server(5, 6)), told{"1.1": "+ | 1.3 1.5+", "1.3": "+ | +", "1.5": "+ | +"}},
		{"a statement is no answer", calls(query(5, 4)), told{"1.1": "1.5 | 1.3+", "1.3": "+ | +"}},
		{"the same id in another trace is no answer", calls(node{trace: 2, id: 5, parent: 4, kind: call}), told{"1.1": "+ | 1.3+", "1.3": "+ | +", "2.5": "+ | +"}},
		{"the child's, not the parent's", calls(server(5, 4), asks(6, 3)), told{"1.1": "+ | 1.3 1.5", "1.3": "+ | +", "1.5": "+ | +"}},
		{"below a link", []node{server(1, 0), link(2, 1), asks(3, 2), server(4, 2)}, told{"1.1": "+ | 1.4+", "1.4": "+ | +"}},
		{"under no call", calls(server(5, 4), asks(7, 0)), told{"1.1": "+ | 1.3 1.5", "1.3": "+ | +", "1.5": "+ | +"}},
		{"of its own parent", calls(server(5, 4), asks(7, 7)), told{"1.1": "+ | 1.3 1.5", "1.3": "+ | +", "1.5": "+ | +"}},
		{"a circle of a client and its answer", calls(server(5, 4), asks(7, 8), server(8, 7)), told{"1.1": "+ | 1.3 1.5+", "1.3": "+ | +", "1.5": "+ | +", "1.8": "+ | +"}},
		// Gaps. Here 1 has a statement and a child, which makes the rest visible.
		{"the caller is elsewhere", gap(server(1, 99)), told{"1.1": "1.2 | 1.3", "1.3": "+ | +"}},
		{"a client span is above, its caller elsewhere", gap(server(1, 50), link(50, 99)), told{"1.1": "1.2 | 1.3", "1.3": "+ | +"}},
		{"a link hangs in the air", gap(server(1, 0), link(50, 99)), told{"1.1": "1.2+ | 1.3+", "1.3": "+ | +"}},
		{"a statement hangs in the air", gap(server(1, 0), query(50, 99)), told{"1.1": "1.2+ | 1.3+", "1.3": "+ | +"}},
		{"a call hangs in the air", gap(server(1, 0), server(50, 99), query(51, 50)), told{"1.1": "1.2 | 1.3+", "1.3": "+ | +", "1.50": "1.51 | +"}},
		{"a second call of the same caller", gap(server(1, 99), server(50, 99), query(51, 50)), told{"1.1": "1.2 | 1.3", "1.3": "+ | +", "1.50": "1.51 | +"}},
		{"a second call of another caller", gap(server(1, 99), server(50, 98), query(51, 50)), told{"1.1": "1.2 | 1.3+", "1.3": "+ | +", "1.50": "1.51 | +"}},
		{"two calls in the air of one caller", gap(server(1, 0), server(50, 99), server(51, 99)), told{"1.1": "1.2 | 1.3+", "1.3": "+ | +", "1.50": "+ | +", "1.51": "+ | +"}},
		{"a circle of links", gap(server(1, 0), link(50, 51), link(51, 50)), told{"1.1": "1.2+ | 1.3+", "1.3": "+ | +"}},
		{"a circle of calls", gap(server(1, 0), server(50, 51), server(51, 50), query(52, 50)), told{"1.1": "1.2 | 1.3+", "1.3": "+ | +", "1.50": "1.52 | 1.51+", "1.51": "+ | 1.50+"}},
		{"a circle through a call", []node{server(1, 2), link(2, 3), query(3, 1)}, told{"1.1": "1.3+ | +"}},
		{"below a circle", []node{server(1, 50), query(2, 1), server(3, 1), link(50, 51), link(51, 50)}, told{"1.1": "1.2+ | 1.3+", "1.3": "+ | +"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for i := range test.nodes { // whichever comes first
				a, got := assembler(t, nil), make(told)
				add(t, a, 0, test.nodes[i:]...)
				add(t, a, 0, test.nodes[:i]...)
				a.Settled(10*second-1, got.hear(t))
				require.Empty(t, got)
				a.Settled(10*second, got.hear(t))
				require.Equal(t, test.want, got)
				a.Settled(70*second, got.hear(t))
				require.Equal(t, test.want, got)
				require.Zero(t, a.Stats().Traces)
			}
			require.Equal(t, test.want, oracle(test.nodes))
		})
	}
}

// A list of which nothing was seen is open; one of which something is known to be missing was lost as well.
func TestWhatIsLostIsMoreThanOpen(t *testing.T) {
	for _, test := range []struct {
		name  string
		nodes []node
		want  string // of call 1: statements open, lost, calls open, lost
	}{
		{"nothing was seen", []node{server(1, 0)}, "true false true false"},
		{"all was seen", []node{server(1, 0), query(2, 1), server(3, 1)}, "false false false false"},
		{"a link is missing", []node{server(1, 0), query(2, 9), server(3, 1)}, "true true true true"},
		{"a link above a call is missing", []node{server(1, 0), query(2, 1), server(3, 9)}, "false false true true"},
		{"an answer is missing", append(calls(), query(9, 1)), "false false true false"},
		{"all answers are missing", []node{server(1, 0), query(2, 1), asks(3, 1)}, "false false true false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, got := assembler(t, nil), ""
			add(t, a, 0, test.nodes...)
			a.Flush(func(s *Settled[string, string]) {
				if number(s.Span.SpanID) == 1 {
					got = fmt.Sprint(s.StatementsOpen, s.StatementsLost, s.CallsOpen, s.CallsLost)
				}
			})
			assert.Equal(t, test.want, got)
		})
	}
}

// calls makes two calls out of call 1, of which 3 answers one; 4 is the client span of the other.
func calls(nodes ...node) []node {
	return append([]node{server(1, 0), asks(2, 1), server(3, 2), asks(4, 1)}, nodes...)
}

// gap adds a statement and a child call to call 1.
func gap(nodes ...node) []node { return append(nodes, query(2, 1), server(3, 1)) }

func TestACallIsHandedOverSettleAfterItsOwnArrival(t *testing.T) {
	a, got := assembler(t, nil), make(told)
	start := int64(1_700_000_000) * second
	for i := range byte(100) { // one a second, under one trace id
		now := start + int64(i)*second
		add(t, a, now, query(101+i, 1+i), server(1+i, 0))
		a.Settled(now, got.hear(t))
		require.Len(t, got, max(0, int(i)-9))
		audit(t, a)
	}
	for name, is := range got {
		assert.Contains(t, is, " | +")
		assert.NotContains(t, is, "+ | +", name)
	}
}

func TestACallerWhoNeverChangesTheTraceIDDoesNotGrowIt(t *testing.T) {
	a := assembler(t, nil)
	handed, open := 0, 0
	for i := range uint64(100_000) {
		now := int64(i) * second / 100
		id := func(k uint64) pcommon.SpanID { return spanID(i<<8 + k) }
		trace := pcommon.TraceID{1}
		a.AddStatement(Span{TraceID: trace, SpanID: id(1), Parent: id(2)}, "", 0, now)
		a.AddOther(Span{TraceID: trace, SpanID: id(2), Parent: id(3)}, now)
		a.AddCall(Span{TraceID: trace, SpanID: id(3), Parent: pcommon.SpanID{7}}, "", true, 0, now)
		if i%50 == 0 {
			a.Settled(now, func(s *Settled[string, string]) {
				handed++
				if s.StatementsOpen {
					open++
				}
				require.Len(t, s.Statements, 1)
			})
			require.LessOrEqual(t, a.Stats().Spans, int64(2*3*1000+200))
		}
	}
	assert.Equal(t, 100_000-1000-49, handed)
	assert.Zero(t, open)
	assert.Zero(t, a.Stats().RefusedSpans)
	assert.Equal(t, int64(1), a.Stats().Traces)
}

func TestALongRequestFindsItsStatements(t *testing.T) {
	for _, test := range []struct {
		name        string
		first, last int64 // arrival of the statements; the call arrives a minute after the last
		want        string
	}{
		{"within the wait", 0, 0, "1.2 1.3 | +"},
		{"each within the wait of the one before", 0, 50, "1.2 1.3 | +"},
		{"the first too early", 0, 61, "1.3+ | +"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, got := assembler(t, nil), make(told)
			for s := range int64(200) {
				if s == test.first {
					add(t, a, s*second, query(2, 1))
				}
				if s == test.last {
					add(t, a, s*second, query(3, 1))
				}
				if s == test.last+59 {
					add(t, a, s*second, server(1, 0))
				}
				a.Settled(s*second, got.hear(t))
			}
			assert.Equal(t, told{"1.1": test.want}, got)
		})
	}
}

func TestStatementsThatNoCallFollowsAreOrphans(t *testing.T) {
	a, got := assembler(t, nil), make(told)
	add(t, a, 0, query(2, 1), link(3, 1), node{trace: 2, id: 1, kind: statement})
	a.Settled(60*second-1, got.hear(t))
	assert.Equal(t, int64(2), a.Stats().Traces)
	a.Settled(60*second, got.hear(t))
	assert.Empty(t, got)
	assert.Equal(t, Stats{Orphans: 2, Bytes: a.Stats().Bytes}, a.Stats())
}

func TestTheLaterPartOfAForgottenTraceIsOpenIfItMayLackTheEarlier(t *testing.T) {
	later := gap(server(1, 0))
	for _, test := range []struct {
		name    string
		earlier []node
		want    string
	}{
		{"complete", []node{server(10, 0), query(11, 10)}, "1.2 | 1.3"},
		{"a call of unknown parent", []node{server(10, 99), query(11, 10)}, "1.2 | 1.3+"},
		{"a statement of unknown parent", []node{server(10, 0), query(11, 99)}, "1.2+ | 1.3+"},
		{"never a call", []node{query(11, 99)}, "1.2+ | 1.3+"},
		{"a circle", []node{link(11, 12), link(12, 11)}, "1.2+ | 1.3+"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, got := assembler(t, nil), make(told)
			add(t, a, 0, test.earlier...)
			a.Settled(60*second, got.hear(t))
			require.Zero(t, a.Stats().Traces)
			add(t, a, 61*second, later...)
			a.Settled(71*second, got.hear(t))
			assert.Equal(t, test.want, got["1.1"])
		})
	}
}

func TestATraceIsForgottenSettleAfterItsLastArrival(t *testing.T) {
	a, got := assembler(t, nil), make(told)
	add(t, a, 0, server(1, 0))
	add(t, a, 7*second, link(2, 1))
	a.Settled(10*second, got.hear(t))
	assert.Len(t, got, 1)
	a.Settled(17*second-1, got.hear(t))
	assert.Equal(t, int64(2), a.Stats().Spans)
	a.Settled(17*second, got.hear(t))
	assert.Zero(t, a.Stats().Spans)
}

func TestAJudgedCallIsNotHandedOverAgain(t *testing.T) {
	a, got := assembler(t, nil), make(told)
	add(t, a, 0, server(1, 0), query(2, 1))
	assert.Equal(t, Duplicate, server(1, 0).addTo(a, second))
	assert.Equal(t, Duplicate, query(2, 1).addTo(a, second))
	add(t, a, 5*second, link(3, 1))
	a.Settled(10*second, got.hear(t))
	assert.Equal(t, Late, server(1, 0).addTo(a, 11*second), "still there")
	a.Settled(16*second, got.hear(t))
	require.Zero(t, a.Stats().Traces)
	assert.Equal(t, Late, server(1, 0).addTo(a, 17*second), "forgotten")
	require.Zero(t, a.Stats().Traces)
	add(t, a, 17*second, query(2, 1))
	assert.Equal(t, Late, server(1, 0).addTo(a, 17*second), "after its statement")
	add(t, a, 17*second, server(9, 1))
	a.Settled(100*second, got.hear(t))
	assert.Equal(t, told{"1.1": "1.2 | +", "1.9": "+ | +"}, got)
	assert.Equal(t, int64(3), a.Stats().Late)
	assert.Equal(t, int64(2), a.Stats().Duplicates)
	assert.Zero(t, a.Stats().Orphans)
}

func TestSpansWithoutAnIDAreRefused(t *testing.T) {
	a := assembler(t, nil)
	for _, n := range []node{server(0, 1), query(0, 1), link(0, 1), asks(0, 1), {trace: 0, id: 1}} {
		assert.Equal(t, Refused, n.addTo(a, 0))
	}
	assert.Equal(t, Stats{RefusedSpans: 5, EvictedCalls: 1}, a.Stats())
}

func TestAForgedSpanDoesNotHideACall(t *testing.T) {
	forged := []node{link(1, 77), asks(1, 77), query(1, 77)}
	for _, f := range forged {
		a, got := assembler(t, nil), make(told)
		add(t, a, 0, f, query(2, 1), server(1, 0))
		assert.Equal(t, Duplicate, f.addTo(a, 0))
		audit(t, a)
		a.Flush(got.hear(t))
		assert.Equal(t, told{"1.1": "1.2 | +"}, got)
		assert.Equal(t, int64(2), a.Stats().Duplicates)
	}
}

func TestClocksMayStep(t *testing.T) {
	const day = 24 * 3600 * second
	for _, test := range []struct {
		name             string
		added, now, then int64 // the call is due then, and not now
	}{
		{"before 1970", -day, -day + 10*second - 1, -day + 10*second},
		{"a straggling goroutine", 100 * second, 95 * second, 110 * second},
		{"an hour back", day, day - 3600*second, day - 3600*second + 10*second},
		{"ages back", 1 << 62, 5, 5 + 10*second},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, got := assembler(t, func(s *Settings) { s.MaxTraces = 1 }), make(told)
			add(t, a, test.added, server(1, 0))
			a.Settled(test.now, got.hear(t))
			assert.Empty(t, got)
			a.Settled(test.then, got.hear(t))
			assert.Len(t, got, 1)
		})
	}
	for _, leap := range []int64{10 * second, 21 * second, 25 * second, day, 1000 * day, 1<<63 - 1} {
		a, got := assembler(t, nil), make(told)
		for i := range byte(100) {
			add(t, a, int64(i)*second/20, server(1+i, 0), node{trace: 2 + i, id: 1, kind: call})
		}
		a.Settled(leap, got.hear(t))
		if leap > 20*second {
			assert.Len(t, got, 200, time.Duration(leap))
		}
		audit(t, a)
	}
}

func TestCallsMayBeAddedWhileOneIsHandedOver(t *testing.T) {
	a := assembler(t, nil)
	add(t, a, 0, server(1, 0), query(2, 1))
	rounds := 0
	for now := int64(0); now < 100*second; now += second {
		a.Settled(now, func(*Settled[string, string]) {
			rounds++
			add(t, a, now, node{trace: 1, id: byte(2 + rounds), kind: call})
			assert.Positive(t, a.Stats().Traces)
		})
	}
	assert.Equal(t, 9, rounds)
}

func TestOutcomesHaveNames(t *testing.T) {
	assert.Equal(t, "added duplicate late refused unknown", fmt.Sprint(Added, " ", Duplicate, " ", Late, " ", Refused, " ", Outcome(9)))
}
