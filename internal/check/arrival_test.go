package check_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/check"
)

var seeds = []uint64{1, 2, 3}

// eachRecording runs a test on the bank's recording always, and on those of other applications where they are.
func eachRecording(t *testing.T, test func(t *testing.T, r *recorded, spans []placed)) {
	t.Helper()
	run := func(t *testing.T, r recorded) {
		t.Helper()
		t.Run(r.name, func(t *testing.T) { test(t, &r, r.read(t)) })
	}
	run(t, bank)
	t.Run("others", func(t *testing.T) {
		for _, r := range realRecordings(t) {
			run(t, r)
		}
	})
}

// arrival is a way in which the same spans may arrive, for so many seeds.
type arrival struct {
	name    string
	seeds   int
	arrange func(rng *rand.Rand, spans []placed) [][]placed
}

var arrivals = []arrival{
	{"in any order", 1, func(rng *rand.Rand, spans []placed) [][]placed { return [][]placed{shuffled(rng, spans)} }},
	{"in other batches", 1, split},
	{"several times", 1, func(rng *rand.Rand, spans []placed) [][]placed { return [][]placed{repeated(rng, spans)} }},
	{"from skewed clocks", 1, func(rng *rand.Rand, spans []placed) [][]placed { return [][]placed{skewed(rng, spans)} }},
	{"all of this", len(seeds), func(rng *rand.Rand, spans []placed) [][]placed {
		return split(rng, shuffled(rng, repeated(rng, skewed(rng, spans))))
	}},
}

func shuffled(rng *rand.Rand, spans []placed) []placed {
	spans = slices.Clone(spans)
	rng.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	return spans
}

// split makes batches of 1 to 200 spans.
func split(rng *rand.Rand, spans []placed) (batches [][]placed) {
	for len(spans) > 0 {
		n := min(1+rng.IntN(200), len(spans))
		batches = append(batches, spans[:n])
		spans = spans[n:]
	}
	return batches
}

// repeated has a third of the spans again at the end, and some of them once more.
func repeated(rng *rand.Rand, spans []placed) []placed {
	all := slices.Clone(spans)
	for range len(spans) / 3 {
		all = append(all, all[rng.IntN(len(all))])
	}
	return all
}

// skewed shifts the times of each service by up to ten minutes to either side.
func skewed(rng *rand.Rand, spans []placed) []placed {
	const most = 10 * time.Minute
	shifts := make(map[string]time.Duration)
	shift := func(service string, at pcommon.Timestamp) pcommon.Timestamp {
		by, known := shifts[service]
		if !known {
			by = time.Duration(rng.Int64N(int64(2*most))) - most
			shifts[service] = by
		}
		return pcommon.NewTimestampFromTime(at.AsTime().Add(by))
	}
	moved := make([]placed, len(spans))
	for i := range spans {
		moved[i] = spans[i]
		span := ptrace.NewSpan()
		spans[i].CopyTo(span)
		span.SetStartTimestamp(shift(spans[i].service(), span.StartTimestamp()))
		span.SetEndTimestamp(shift(spans[i].service(), span.EndTimestamp()))
		moved[i].Span = span
	}
	return moved
}

// Spans come in any order, in batches of any size, twice after a retry, and from machines whose clocks differ. All three
// outcomes of each rule on each call are the same, and explained alike.
func TestHowSpansArriveChangesNoVerdict(t *testing.T) {
	eachRecording(t, func(t *testing.T, r *recorded, spans []placed) {
		book := r.book(t, true)
		whole := book.judge(t, spans)
		whole.forgetTimes()
		require.NotEmpty(t, whole.held)
		require.Equal(t, r.truth != "", len(whole.violations) > 0, "attacks")
		for _, a := range arrivals {
			for _, seed := range seeds[:a.seeds] {
				t.Run(fmt.Sprint(a.name, " ", seed), func(t *testing.T) {
					got := book.judge(t, a.arrange(rand.New(rand.NewPCG(seed, 0)), spans)...) //nolint:gosec // the same each time
					got.forgetTimes()
					whole.compare(t, got)
				})
			}
		}
	})
}

// forgetTimes orders violations by their calls instead.
func (j *judgement) forgetTimes() {
	for i := range j.violations {
		j.violations[i].Time = time.Time{}
	}
	slices.SortFunc(j.violations, func(a, b check.Violation) int {
		return cmp.Or(cmp.Compare(a.TraceID, b.TraceID), cmp.Compare(a.SpanID, b.SpanID), cmp.Compare(a.Invariant, b.Invariant))
	})
}

func (j *judgement) compare(t *testing.T, got *judgement) {
	t.Helper()
	for _, of := range []struct {
		outcome   string
		want, got map[verdict]bool
	}{{"violated", j.violated, got.violated}, {"held", j.held, got.held}} {
		for v := range of.want {
			if !of.got[v] {
				t.Errorf("%s was %s by span %s of trace %s", v.rule, of.outcome, v.span, v.trace)
			}
		}
		for v := range of.got {
			if !of.want[v] {
				t.Errorf("%s was not %s by span %s of trace %s", v.rule, of.outcome, v.span, v.trace)
			}
		}
	}
	assert.Equal(t, j.tallies, got.tallies)
	assert.Equal(t, j.counts, got.counts)
	if !t.Failed() {
		assert.Equal(t, j.violations, got.violations)
	}
}
