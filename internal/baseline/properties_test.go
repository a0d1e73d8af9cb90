package baseline

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/replay"
)

// randomTraces are of random APIs, or of a shop.
func randomTraces(t *rapid.T) []*replay.Trace {
	if rapid.Bool().Draw(t, "shop") {
		s := newShop(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		s.longest = time.Duration(rapid.SampledFrom([]int{1, 300, 600_000}).Draw(t, "longest")) * time.Millisecond
		return traces(t, s.open(rapid.IntRange(1, 25).Draw(t, "sessions")))
	}
	return traces(t, randomCalls(t))
}

// told is all that a result says, to the byte.
func told(t require.TestingT, r *Result) string {
	return written(t, r.File) + fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v", r.Rules, r.Near, r.Rejected, r.NeverSeen, r.Counts)
}

func TestTheSameTracesTeachTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := randomTraces(t)
		one, other := newLearner(t), newLearner(t)
		for _, trace := range all {
			one.Learn(trace)
			other.Learn(trace)
		}
		want := told(t, one.Result())
		require.Equal(t, want, told(t, other.Result()), "another learner")
		require.Equal(t, want, told(t, one.Result()), "a second time")
	})
}

// Results that are asked for in between change nothing, but for traces that go on just then.
func TestAResultMayBeAskedForAtAnyTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := randomTraces(t)
		one, other := newLearner(t), newLearner(t)
		at := rapid.IntRange(0, len(all)-1).Draw(t, "at")
		over := int64(0)
		for i, trace := range all {
			if i > at && over <= trace.Start() {
				other.Result()
				at = len(all)
			}
			one.Learn(trace)
			other.Learn(trace)
			over = max(over, trace.End())
		}
		require.Equal(t, told(t, one.Result()), told(t, other.Result()))
	})
}

// A learner that was loaded goes on as the one that was saved, but for what nobody was shown: of those who came before, not
// everything is known any more.
func TestARestartChangesNothing(t *testing.T) {
	t.Parallel()
	s := strict()
	s.References.CompleteAfter, s.References.NoCoverage = 365*24*time.Hour, true
	rapid.Check(t, func(t *rapid.T) {
		all := randomTraces(t)
		l, err := New(s)
		require.NoError(t, err)
		restarted := l
		at := rapid.IntRange(0, len(all)-1).Draw(t, "at")
		for i, trace := range all {
			l.Learn(trace)
			if i > at {
				restarted.Learn(trace)
			}
			if i == at {
				restarted = again(t, l)
				require.Equal(t, told(t, l.Result()), told(t, restarted.Result()), "after loading")
			}
		}
		require.Equal(t, told(t, l.Result()), told(t, restarted.Result()), "after all")
	})
}

func newLearner(t require.TestingT) *Learner {
	l, err := New(strict())
	require.NoError(t, err)
	return l
}

// again is the learner after it was saved and loaded.
func again(t require.TestingT, l *Learner) *Learner {
	var saved bytes.Buffer
	require.NoError(t, l.Save(&saved))
	loaded, err := Load(&saved, l.settings)
	require.NoError(t, err)
	return loaded
}

func TestTheSameLearnerIsSavedAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLearner(t)
		for _, trace := range randomTraces(t) {
			l.Learn(trace)
		}
		l.References() // all traces are over
		var one, other bytes.Buffer
		require.NoError(t, l.Save(&one))
		require.NoError(t, l.Save(&other))
		assert.Equal(t, one.Len(), other.Len())
		loaded, err := Load(&one, l.settings)
		require.NoError(t, err)
		require.Equal(t, told(t, l.Result()), told(t, loaded.Result()))
	})
}

// What is damaged is refused, or read as something else: it never panics, not later either.
func TestWhatIsDamagedPanicsNowhere(t *testing.T) {
	all := traces(t, newShop(1).open(20))
	l := newLearner(t)
	for _, trace := range all {
		l.Learn(trace)
	}
	var whole bytes.Buffer
	require.NoError(t, l.Save(&whole))
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(whole.Bytes())
		for range rapid.IntRange(1, 4).Draw(t, "bytes") {
			bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		}
		bad = bad[:rapid.IntRange(len(bad)/2, len(bad)).Draw(t, "length")]
		damaged, err := Load(bytes.NewReader(bad), strict())
		if err != nil {
			refused++
			return
		}
		for _, trace := range all {
			damaged.Learn(trace)
		}
		damaged.Result()
		require.NoError(t, damaged.Save(io.Discard))
	})
	assert.Positive(t, refused)
}
