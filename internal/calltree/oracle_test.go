package calltree

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"
)

const second = int64(time.Second)

// node is a span in short. C and S of these tests are names.
type node struct {
	trace, id, parent byte
	kind              kind
	silent            bool // a call that is not to be judged
	start             int64
}

func (n node) name() string { return fmt.Sprintf("%d.%d", n.trace, n.id) }

func (n node) span() Span {
	return Span{TraceID: pcommon.TraceID{n.trace}, SpanID: spanID(uint64(n.id)), Parent: spanID(uint64(n.parent)), Start: n.start}
}

type named = Assembler[string, string]

func (n node) addTo(a *named, now int64) Outcome {
	switch n.kind {
	case call:
		return a.AddCall(n.span(), n.name(), !n.silent, len(n.name()), now)
	case statement:
		return a.AddStatement(n.span(), n.name(), len(n.name()), now)
	case client:
		return a.AddClient(n.span(), now)
	default:
		return a.AddOther(n.span(), now)
	}
}

func assembler(t require.TestingT, change func(*Settings)) *named {
	s := DefaultSettings()
	s.MaxTraces, s.Tombstones = 1000, 1<<16 // so many that none is overwritten by chance
	if change != nil {
		change(&s)
	}
	a, err := New[string, string](s)
	require.NoError(t, err)
	return a
}

// told is a hand-over in short: what is beneath the call, and a + where there may be more.
type told map[string]string

func (h told) hear(t require.TestingT) func(*Settled[string, string]) {
	return func(s *Settled[string, string]) {
		_, twice := h[s.Call]
		require.False(t, twice, "%s is handed over twice", s.Call)
		require.Equal(t, s.Call, fmt.Sprintf("%d.%d", s.Span.TraceID[0], number(s.Span.SpanID)))
		h[s.Call] = line(s.Statements, s.StatementsOpen, s.Calls, s.CallsOpen)
	}
}

func line(statements []string, statementsOpen bool, calls []string, callsOpen bool) string {
	plus := map[bool]string{true: "+"}
	return fmt.Sprintf("%s%s | %s%s", strings.Join(statements, " "), plus[statementsOpen], strings.Join(calls, " "), plus[callsOpen])
}

// oracle says what is to be told of spans, by the definitions and as simply as can be.
func oracle(nodes []node) told {
	all := make(map[string]node)
	for _, n := range nodes {
		if before, there := all[n.name()]; !there || n.kind > before.kind {
			all[n.name()] = n
		}
	}
	handed := make(told)
	for name, c := range all {
		if c.kind == call && !c.silent {
			handed[name] = expected(all, c)
		}
	}
	return handed
}

func expected(all map[string]node, c node) string {
	var statements, calls []node
	statementsOpen, callsOpen := false, false
	_, end := climb(all, c)
	for _, n := range all {
		if n.trace != c.trace {
			continue
		}
		path, missing := climb(all, n)
		owner := slices.IndexFunc(path, func(above node) bool { return above.kind == call })
		if owner >= 0 && path[owner].id == c.id && n.id != c.id {
			switch n.kind {
			case statement:
				statements = append(statements, n)
			case call:
				calls = append(calls, n)
			case client:
				callsOpen = callsOpen || !answered(all, n)
			}
		}
		switch top := append([]node{n}, path...)[len(path)]; {
		case missing == round:
			callsOpen = true
			statementsOpen = statementsOpen || slices.ContainsFunc(loop(all, n), func(n node) bool { return n.kind != call })
		case missing != 0 && missing != end:
			callsOpen = true
			statementsOpen = statementsOpen || top.kind != call
		}
	}
	return line(inOrder(statements), statementsOpen || len(statements) == 0, inOrder(calls), callsOpen || len(calls) == 0)
}

// answered tells whether a client span has a server span as its child.
func answered(all map[string]node, c node) bool {
	for _, n := range all {
		if n.trace == c.trace && n.kind == call && n.parent == c.id && n.id != c.id {
			return true
		}
	}
	return false
}

const round = -1

// climb returns what is above a node, and where that ends: 0 at the top of the
// trace, the id of a parent that is not there, or round in a circle.
func climb(all map[string]node, n node) (path []node, end int) {
	for range len(all) + 1 {
		if n.parent == 0 || n.parent == n.id {
			return path, 0
		}
		above, there := all[node{trace: n.trace, id: n.parent}.name()]
		if !there {
			return path, int(n.parent)
		}
		path = append(path, above)
		n = above
	}
	return path, round
}

// loop is the circle at the end of a climb.
func loop(all map[string]node, n node) []node {
	path, _ := climb(all, n)
	last := path[len(path)-1]
	path, _ = climb(all, last)
	return path
}

func inOrder(nodes []node) (names []string) {
	slices.SortFunc(nodes, func(a, b node) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.id, b.id))
	})
	for _, n := range nodes {
		names = append(names, n.name())
	}
	return names
}

// forest draws the spans of some traces. Parents are usually there and usually
// lead to the top; forged ones may be anything.
func forest(forged bool) *rapid.Generator[[]node] {
	return rapid.Custom(func(t *rapid.T) []node {
		var nodes []node
		for trace := range rapid.IntRange(1, 3).Draw(t, "traces") {
			for i := range rapid.IntRange(1, 60).Draw(t, "spans") {
				n := node{trace: byte(trace + 1), id: byte(i + 1), kind: kind(rapid.IntRange(int(other), int(call)).Draw(t, "kind"))}
				n.start = rapid.Int64Range(0, 5).Draw(t, "start")
				n.silent = rapid.IntRange(0, 9).Draw(t, "silent") == 0
				switch dice := rapid.IntRange(0, 19).Draw(t, "dice"); {
				case forged && dice == 0:
					n.parent = rapid.Byte().Draw(t, "forged")
				case forged && dice == 1:
					n.parent = byte(rapid.IntRange(1, 60).Draw(t, "below"))
				default:
					n.parent = byte(rapid.IntRange(max(0, i-6), i).Draw(t, "parent"))
				}
				nodes = append(nodes, n)
			}
		}
		return nodes
	})
}

func add(t *testing.T, a *named, now int64, nodes ...node) {
	t.Helper()
	for _, n := range nodes {
		require.Equal(t, Added, n.addTo(a, now), n.name())
	}
}
