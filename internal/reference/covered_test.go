package reference

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quick is a proof that takes few calls.
var quick = proof{hits: 200, keys: 50, callers: 20}

func opening(t testing.TB, s Settings) *Store {
	t.Helper()
	store, err := New(s)
	require.NoError(t, err)
	store.proof = quick
	return store
}

// fill writes rows 0 to n-1.
func fill(s *Store, c Collection, n int, at int64) {
	for i := range n {
		t := s.Begin(at, "")
		t.Put(c, fmt.Sprint(i), at, nil, "")
		t.Commit()
	}
}

// lookUp looks rows up, each in a transaction of one of so many callers.
func lookUp(s *Store, c Collection, rows, callers, times int, at int64) {
	for i := range times {
		t := s.Begin(at, fmt.Sprint("caller ", i%callers))
		t.Row(c, fmt.Sprint(i%rows), at)
		t.Commit()
	}
}

func miss(s *Store, c Collection, at int64) Answer {
	t := s.Begin(at, "somebody")
	_, answer := t.Row(c, "nothing", at)
	t.Discard()
	return answer
}

func TestAMissCountsInACollectionThatIsCovered(t *testing.T) {
	for name, test := range map[string]struct {
		rows, callers, times int
		want                 Answer
	}{
		"covered":          {50, 20, 200, Missing},
		"too few lookups":  {50, 20, 199, Unknown},
		"too few rows":     {49, 20, 500, Unknown},
		"too few callers":  {50, 19, 500, Unknown},
		"covered at last":  {170, 90, 1000, Missing},
		"nobody looked up": {50, 20, 0, Unknown},
	} {
		s := opening(t, DefaultSettings())
		c, other := s.Collection("orders"), s.Collection("payments")
		fill(s, c, 200, 1)
		lookUp(s, c, test.rows, test.callers, test.times, 2)
		assert.Equal(t, test.want, miss(s, c, 3), name)
		assert.Equal(t, test.want == Missing, s.Stats().Collections[c].Covered, name)
		assert.Equal(t, Unknown, miss(s, other, 3), name)
	}
}

func TestATransactionProvesOnceForEachRow(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	fill(s, c, 50, 1)
	for caller := range 20 {
		tr := s.Begin(2, fmt.Sprint(caller))
		for range 4 {
			for row := range 9 {
				tr.Row(c, fmt.Sprint((caller*9+row)%50), 2)
			}
		}
		tr.Commit()
	}
	assert.Equal(t, int64(720), s.Stats().Collections[c].Hits)
	assert.Equal(t, Unknown, miss(s, c, 3), "180 lookups count")
	lookUp(s, c, 50, 20, 20, 4)
	assert.Equal(t, Missing, miss(s, c, 5))
}

func TestOwnRowsProveNothing(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	for i := range 400 {
		tr := s.Begin(2, fmt.Sprint(i%30))
		tr.Put(c, fmt.Sprint(i), 2, nil, "")
		_, answer := tr.Row(c, fmt.Sprint(i), 2)
		require.Equal(t, Known, answer)
		tr.Commit()
	}
	assert.Equal(t, Unknown, miss(s, c, 3))
}

func TestDiscardedLookupsProveAndDisproveNothing(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	fill(s, c, 50, 1)
	for i := range 300 {
		tr := s.Begin(2, fmt.Sprint(i%20))
		tr.Row(c, fmt.Sprint(i%50), 2)
		tr.Discard()
	}
	assert.Equal(t, Unknown, miss(s, c, 3))
	lookUp(s, c, 50, 20, 200, 4)
	for range 10 {
		assert.Equal(t, Missing, miss(s, c, 5))
	}
}

func TestACommittedMissTakesTheProofBack(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	fill(s, c, 50, 1)
	for range 3 {
		lookUp(s, c, 50, 20, 199, 2)
		tr := s.Begin(3, "ann")
		tr.Row(c, "1", 3)
		tr.Row(c, "nothing", 3)
		tr.Commit()
		assert.Equal(t, Unknown, miss(s, c, 3))
		lookUp(s, c, 50, 20, 199, 4)
		assert.Equal(t, Unknown, miss(s, c, 5))
		lookUp(s, c, 50, 20, 1, 4)
		assert.Equal(t, Missing, miss(s, c, 5))
		tr = s.Begin(6, "ann")
		_, answer := tr.Row(c, "nothing at all", 6)
		assert.Equal(t, Missing, answer)
		tr.Commit()
		assert.Equal(t, Unknown, miss(s, c, 7))
	}
}

func TestACollectionThatHasLostARowIsNeverCovered(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxRows = 60
	s := opening(t, settings)
	c, other := s.Collection("orders"), s.Collection("payments")
	fill(s, c, 60, 1)
	lookUp(s, c, 50, 20, 200, 2)
	assert.Equal(t, Missing, miss(s, c, 3))
	fill(s, other, 1, 3)
	assert.Equal(t, Unknown, miss(s, c, 3))
	fill(s, c, 60, 4)
	lookUp(s, c, 50, 20, 500, 5)
	assert.Equal(t, Unknown, miss(s, c, 6))
	stats := s.Stats()
	assert.True(t, stats.Collections[c].Lossy)
	assert.True(t, stats.Collections[other].Lossy, "made room for the others")
	assert.Equal(t, int64(61), stats.Evicted, "each of the rows that were written again made the next one go")
}

func TestCoverageCanBeTurnedOff(t *testing.T) {
	settings := DefaultSettings()
	settings.NoCoverage = true
	s := opening(t, settings)
	c := s.Collection("orders")
	fill(s, c, 50, 1)
	lookUp(s, c, 50, 20, 500, 2)
	assert.Equal(t, Unknown, miss(s, c, 3))
	assert.False(t, s.Stats().Collections[c].Covered)
}

// What somebody writes at this time, or wrote in vain, is not surely missing.
func TestWhatMayBeThereIsNotMissing(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	fill(s, c, 50, 1)
	lookUp(s, c, 50, 20, 200, 2)
	row := func(key string, at int64) Answer {
		tr := s.Begin(at, "bob")
		_, answer := tr.Row(c, key, at)
		tr.Discard()
		return answer
	}
	writing := s.Begin(10, "ann")
	writing.Put(c, "new", 10, nil, "ann")
	assert.Equal(t, Unknown, row("new", 11), "it is being written")
	assert.Equal(t, Missing, row("other", 11))
	writing.Discard()
	assert.Equal(t, Unknown, row("new", 12), "it was discarded")
	assert.Equal(t, Missing, row("other", 12))

	writing = s.Begin(20, "ann")
	writing.Put(c, "late", 25, nil, "ann")
	writing.Commit()
	assert.Equal(t, Unknown, row("late", 24), "clocks differ")
	assert.Equal(t, Known, row("late", 25))
}

func TestCoverageIsKeptOverAShortTimeWithoutCalls(t *testing.T) {
	settings := DefaultSettings()
	s := opening(t, settings)
	c := s.Collection("orders")
	const start = int64(time.Hour)
	fill(s, c, 50, start)
	lookUp(s, c, 50, 20, 200, start)
	after := int64(settings.CompleteAfter)
	for at, want := range map[int64]Answer{start: Missing, start + after - 1: Missing, start + after: Unknown, start - after: Unknown} {
		restored := reload(t, s, settings)
		assert.Equal(t, want, miss(restored, c, at), "%d", at-start)
		if want == Unknown {
			lookUp(restored, c, 50, 20, 200, at+2*after)
			assert.Equal(t, Missing, miss(restored, c, at+2*after), "proved again")
		}
	}
	lookUp(s, c, 50, 20, 1, start+5*after)
	assert.Equal(t, Missing, miss(s, c, start+5*after), "a quiet night is no gap")
}

func TestAProofTakesADayAndOneThatIsMadeAgainIsShorter(t *testing.T) {
	s := opening(t, DefaultSettings())
	s.proof = firstProof
	c := s.Collection("orders")
	fill(s, c, 300, 1)
	day := int64(24 * time.Hour)
	lookUp(s, c, 100, 20, 5000, 2)
	assert.Equal(t, Unknown, miss(s, c, 3), "all within a moment")
	lookUp(s, c, 100, 20, 1, day+2)
	assert.Equal(t, Missing, miss(s, c, day+3))

	restored := reload(t, s, DefaultSettings())
	assert.Equal(t, Unknown, miss(restored, c, 9*day), "nobody knows what there was in a week")
	lookUp(restored, c, 10, 3, 99, 9*day)
	assert.Equal(t, Unknown, miss(restored, c, 9*day))
	lookUp(restored, c, 10, 3, 1, 9*day)
	assert.Equal(t, Missing, miss(restored, c, 9*day))
}

// Of a small collection, all rows are asked for.
func TestASmallCollectionIsCovered(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("products")
	fill(s, c, 5, 1)
	lookUp(s, c, 4, 20, 500, 2)
	assert.Equal(t, Unknown, miss(s, c, 3))
	lookUp(s, c, 5, 20, 5, 4)
	assert.Equal(t, Missing, miss(s, c, 5))
}
