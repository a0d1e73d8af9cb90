package calltree

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnyOrderInAnyBatchesTellsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(true).Draw(t, "nodes")
		want := oracle(nodes)
		a := assembler(t, nil)
		got := make(told)
		now := int64(0)
		order := rapid.Permutation(nodes).Draw(t, "order")
		for i, n := range order {
			require.Equal(t, Added, n.addTo(a, now))
			if i > 0 && rapid.IntRange(0, 5).Draw(t, "again") == 0 { // a retry before the verdict
				require.Equal(t, Duplicate, order[rapid.IntRange(0, i).Draw(t, "which")].addTo(a, now))
			}
			// All is in before the first call is due.
			now += rapid.Int64Range(-second/100, second/20).Draw(t, "pause")
			a.Settled(now, got.hear(t))
		}
		require.Empty(t, got)
		for range 22 {
			now += second / 2
			a.Settled(now, got.hear(t))
		}
		for _, n := range order { // a retry after the verdict, in part or as a whole
			if outcome := n.addTo(a, now); n.kind == call && !n.silent {
				require.Equal(t, Late, outcome)
			}
		}
		now += 100 * second
		a.Settled(now, got.hear(t))
		a.Flush(got.hear(t))
		require.Equal(t, want, got)
		require.Zero(t, a.Stats().Spans)
		require.Zero(t, a.Stats().Bytes)
	})
}

func TestFlushTellsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(true).Draw(t, "nodes")
		a, got := assembler(t, nil), make(told)
		for _, n := range rapid.Permutation(nodes).Draw(t, "order") {
			n.addTo(a, 0)
		}
		a.Flush(got.hear(t))
		require.Equal(t, oracle(nodes), got)
	})
}

func TestTheHigherKindWinsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(false).Draw(t, "nodes")
		for _, n := range slices.Clone(nodes) {
			if n.kind > other && rapid.IntRange(0, 3).Draw(t, "forge") == 0 {
				n.kind, n.parent = n.kind-1, 77
				nodes = append(nodes, n)
			}
		}
		a, got := assembler(t, nil), make(told)
		for _, n := range rapid.Permutation(nodes).Draw(t, "order") {
			n.addTo(a, 0)
		}
		a.Flush(got.hear(t))
		require.Equal(t, oracle(nodes), got)
	})
}

// parse undoes line.
func parse(line string) (lists [2][]string, open [2]bool) {
	for i, part := range strings.SplitN(line, " | ", 2) {
		part, open[i] = strings.CutSuffix(part, "+")
		lists[i] = strings.Fields(part)
	}
	return lists, open
}

// asked tells whether the client span of a call is there, and no other answer to it.
func asked(there map[string]node, c node) bool {
	asking, is := there[node{trace: c.trace, id: c.parent}.name()]
	return c.kind == call && is && asking.kind == client && !answered(there, asking)
}

func byName(nodes []node) map[string]node {
	m := make(map[string]node)
	for _, n := range nodes {
		m[n.name()] = n
	}
	return m
}

// With spans dropped, at any times and with verdicts in between, a list holds
// only what belongs there, and where a broken chain keeps something out that
// did arrive, it is open. So it is where a call did not arrive, but its client span did.
func TestWhatIsMissingNeverMakesAListWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(false).Draw(t, "nodes")
		whole, all := oracle(nodes), byName(nodes)
		kept := make(map[string]node)
		a, got := assembler(t, nil), make(told)
		now := int64(0)
		for _, n := range rapid.Permutation(nodes).Draw(t, "order") {
			if rapid.IntRange(0, 4).Draw(t, "drop") == 0 {
				continue
			}
			kept[n.name()] = n
			require.Equal(t, Added, n.addTo(a, now))
		}
		a.Flush(got.hear(t))
		for name, is := range got {
			lists, open := parse(is)
			complete, _ := parse(whole[name])
			for i := range lists {
				require.Subset(t, complete[i], lists[i], name)
				for _, missing := range complete[i] {
					_, arrived := kept[missing]
					if !slices.Contains(lists[i], missing) && (arrived || asked(kept, all[missing])) {
						require.True(t, open[i], "%s lacks %s: %s", name, missing, is)
					}
				}
			}
		}
	})
}

// A call of which only its client span arrives leaves no gap in a trace, and is
// missed all the same.
func TestACallThatIsDroppedOpensTheListWhereItsClientSpanIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(false).Draw(t, "nodes")
		var kept []node
		dropped := make(map[string][]node) // by the name of the call above
		for _, n := range nodes {
			path, _ := climb(byName(nodes), n)
			owner := slices.IndexFunc(path, func(above node) bool { return above.kind == call })
			last := !slices.ContainsFunc(nodes, func(below node) bool { return below.trace == n.trace && below.parent == n.id })
			if n.kind == call && last && owner >= 0 && path[0].kind == client && rapid.Bool().Draw(t, "drop") {
				dropped[path[owner].name()] = append(dropped[path[owner].name()], n)
				continue
			}
			kept = append(kept, n)
		}
		a, got := assembler(t, nil), make(told)
		for _, n := range rapid.Permutation(kept).Draw(t, "order") {
			require.Equal(t, Added, n.addTo(a, 0))
		}
		a.Flush(func(s *Settled[string, string]) {
			got.hear(t)(s)
			missed := slices.ContainsFunc(dropped[s.Call], func(n node) bool { return asked(byName(kept), n) })
			require.True(t, s.CallsOpen || !missed, s.Call)
			require.False(t, s.CallsLost, s.Call)
		})
	})
}

// However spans are late, lost, repeated and forged over a long time, and however
// tight the caps, no call is handed over twice, no list holds what is not the
// call's, a list that lacks something that was sent, or whose client span was, is
// open, and the caps hold.
func TestALongAndRoughTimeLeavesOnlyTrueVerdicts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(false).Draw(t, "nodes")
		whole, all := oracle(nodes), byName(nodes)
		nodes = slices.DeleteFunc(nodes, func(n node) bool { // lost for good
			return n.kind == call && rapid.IntRange(0, 9).Draw(t, "lost") == 0
		})
		there := byName(nodes)
		a := assembler(t, func(s *Settings) {
			s.MaxSpansPerTrace = rapid.IntRange(1, 70).Draw(t, "spans")
			s.MaxTraces = rapid.IntRange(1, 3).Draw(t, "traces")
		})
		got := make(told)
		sent, told := make(map[string]int64), make(map[string]int64)
		now := int64(0)
		hear := func(s *Settled[string, string]) {
			got.hear(t)(s)
			told[s.Call] = now
		}
		order := rapid.Permutation(nodes).Draw(t, "order")
		pace := rapid.SampledFrom([]int64{second / 20, second / 2, 3 * second, 20 * second}).Draw(t, "pace")
		for _, n := range order {
			n.addTo(a, now)
			sent[n.name()] = now
			a.Settled(now, hear)
			audit(t, a)
			now += 1 + rapid.Int64Range(0, pace).Draw(t, "pause")
		}
		a.Flush(hear)
		judge := slices.DeleteFunc(slices.Clone(nodes), func(n node) bool { return n.kind != call || n.silent })
		require.Equal(t, len(judge), len(got)+int(a.Stats().EvictedCalls), "a call is neither handed over nor counted")
		for name, is := range got {
			lists, open := parse(is)
			complete, _ := parse(whole[name])
			for i := range lists {
				require.Subset(t, complete[i], lists[i], name)
				for _, missing := range complete[i] {
					seen := missing
					if asked(there, all[missing]) {
						seen = node{trace: all[missing].trace, id: all[missing].parent}.name()
					}
					at, arrived := sent[seen]
					intime := arrived && at < told[name] && sent[name]-at <= int64(a.settings.MaxWait)
					if intime && !slices.Contains(lists[i], missing) {
						require.True(t, open[i], "%s lacks %s: %s", name, missing, is)
					}
				}
			}
		}
	})
}
