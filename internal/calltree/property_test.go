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

// With spans dropped, at any times and with verdicts in between, a list holds
// only what belongs there, and where a broken chain keeps something out that
// did arrive, it is open.
func TestWhatIsMissingNeverMakesAListWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(false).Draw(t, "nodes")
		whole := oracle(nodes)
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
					if _, arrived := kept[missing]; arrived && !slices.Contains(lists[i], missing) {
						require.True(t, open[i], "%s lacks %s: %s", name, missing, is)
					}
				}
			}
		}
	})
}

// However spans are late, lost, repeated and forged over a long time, and however
// tight the caps, no call is handed over twice, no list holds what is not the
// call's, a list that lacks something that was sent is open, and the caps hold.
func TestALongAndRoughTimeLeavesOnlyTrueVerdicts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := forest(false).Draw(t, "nodes")
		whole := oracle(nodes)
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
		for name, is := range got {
			lists, open := parse(is)
			complete, _ := parse(whole[name])
			for i := range lists {
				require.Subset(t, complete[i], lists[i], name)
				for _, missing := range complete[i] {
					intime := sent[missing] < told[name] && sent[name]-sent[missing] <= int64(a.settings.MaxWait)
					if intime && !slices.Contains(lists[i], missing) {
						require.True(t, open[i], "%s lacks %s: %s", name, missing, is)
					}
				}
			}
		}
	})
}
