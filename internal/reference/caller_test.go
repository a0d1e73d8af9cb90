package reference

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const after = int64(30 * time.Minute)

// shownRow is a store that began at 0, with a row that ann was shown.
func shownRow(t *testing.T, settings Settings) (*Store, Collection) {
	t.Helper()
	s := opening(t, settings)
	c := s.Collection("orders")
	tr := s.Begin(0, "ann")
	tr.Put(c, "1", 5, nil, "ann")
	tr.Commit()
	return s, c
}

func shown(s *Store, c Collection, by string, at int64) Answer {
	tr := s.Begin(at, by)
	answer := tr.Shown(c, "1", by, at)
	tr.Commit()
	return answer
}

func TestWhoWasShownARow(t *testing.T) {
	s, c := shownRow(t, DefaultSettings())
	assert.Equal(t, Known, shown(s, c, "ann", 5))
	assert.Equal(t, Unknown, shown(s, c, "ann", 4), "only later")
	tr := s.Begin(1, "ann")
	tr.Put(c, "1", 50, nil, "ann")
	tr.Commit()
	assert.Equal(t, Known, shown(s, c, "ann", 5), "the first time counts")
	assert.Equal(t, Unknown, shown(s, c, "bob", after-1), "he may have been there before")
	assert.Equal(t, Unknown, shown(s, c, "bob", 2*after), "he still may")
	assert.Equal(t, Missing, shown(s, c, "eve", after))
	tr = s.Begin(3*after, "eve")
	assert.Equal(t, Unknown, tr.Shown(c, "2", "eve", 3*after), "no such row")
	assert.Equal(t, Unknown, tr.Shown(c, "1", "dan", 3*after), "nobody knows him")
	assert.Equal(t, Unknown, tr.Shown(c, "1", "", 3*after))
	tr.Put(c, "1", 3*after, nil, "eve")
	assert.Equal(t, Known, tr.Shown(c, "1", "eve", 3*after), "in this very trace")
	tr.Put(c, "2", 3*after, nil, "ann")
	assert.Equal(t, Missing, tr.Shown(c, "2", "eve", 3*after))
	tr.Discard()
	assert.Equal(t, Unknown, shown(s, c, "eve", 3*after), "she has seen something that was discarded")
	assert.Equal(t, Missing, shown(s, c, "fay", 3*after))
}

func TestWhatAnOpenTransactionShowsIsUnknown(t *testing.T) {
	s, c := shownRow(t, DefaultSettings())
	open := s.Begin(after, "bob")
	assert.Equal(t, Missing, shown(s, c, "bob", after))
	open.Put(c, "1", after, nil, "bob")
	assert.Equal(t, Unknown, shown(s, c, "bob", after))
	assert.Equal(t, Missing, shown(s, c, "eve", after))
	open.Commit()
	assert.Equal(t, Known, shown(s, c, "bob", after))
}

func TestARowThatWasShownToManyForgetsSome(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxShown = 3
	s, c := shownRow(t, settings)
	show := func(to string) {
		tr := s.Begin(6, to)
		tr.Put(c, "1", 6, nil, to)
		tr.Commit()
	}
	show("bob")
	show("ann")
	show("dan")
	assert.Equal(t, Missing, shown(s, c, "eve", after))
	show("fay")
	assert.Equal(t, Unknown, shown(s, c, "eve", after))
	assert.Equal(t, Unknown, shown(s, c, "bob", after), "was shown it longest ago")
	for _, last := range []string{"ann", "dan", "fay"} {
		assert.Equal(t, Known, shown(s, c, last, after))
	}
}

func TestCallersOfACollectionOfTheirOwn(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.CallerCollection("GET /orders")
	row := func(by string, at int64) Answer {
		tr := s.Begin(at, by)
		_, answer := tr.Row(c, by, at)
		tr.Commit()
		return answer
	}
	assert.Equal(t, Unknown, row("ann", 0))
	assert.Equal(t, Missing, row("bob", after))
	tr := s.Begin(2*after, "bob")
	tr.Put(c, "bob", 2*after, nil, "bob")
	assert.Equal(t, Unknown, row("bob", 2*after), "it is being written")
	tr.Commit()
	assert.Equal(t, Known, row("bob", 2*after))
	assert.Equal(t, Unknown, row("ann", 2*after))
	assert.Equal(t, Missing, row("eve", 2*after))
	tr = s.Begin(2*after, "eve")
	tr.Discard()
	assert.Equal(t, Unknown, row("eve", 2*after))
}

// Whoever was forgotten may come back, but not after so long a time.
func TestCallersThatAreForgottenAreNotTakenForNewOnes(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxCallers = 2
	s, c := shownRow(t, settings)
	assert.Equal(t, Missing, shown(s, c, "bob", 2*after))
	assert.Equal(t, Missing, shown(s, c, "eve", 3*after-1), "ann, who was there until 5, is forgotten")
	assert.Equal(t, Known, shown(s, c, "ann", 3*after), "what she was shown is not")
	assert.Equal(t, Unknown, shown(s, c, "dan", 3*after), "eve was there lately")
	assert.Equal(t, Missing, shown(s, c, "fay", 5*after))
	assert.Equal(t, int64(4), s.Stats().EvictedCallers)
	assert.Equal(t, 2, s.Stats().Callers)
}

func TestRowsThatAreForgottenMayHaveBeenShown(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxRows = 2
	s, c := shownRow(t, settings)
	assert.Equal(t, Missing, shown(s, c, "bob", after))
	for _, key := range []string{"2", "3", "1"} { // the first one goes and comes back
		tr := s.Begin(2*after, "ann")
		tr.Put(c, key, 2*after, nil, "ann")
		tr.Commit()
	}
	assert.Equal(t, Unknown, shown(s, c, "bob", 3*after), "he may have been shown the one that went")
	assert.Equal(t, Missing, shown(s, c, "eve", 3*after), "she came afterwards")
}

func TestEverythingBeginsAnewWhenAStoreIsLoaded(t *testing.T) {
	s, c := shownRow(t, DefaultSettings())
	assert.Equal(t, Missing, shown(s, c, "bob", after))
	s = reload(t, s, DefaultSettings())
	assert.Equal(t, Unknown, shown(s, c, "bob", after+1))
	assert.Equal(t, Known, shown(s, c, "ann", after+1))
	assert.Equal(t, Unknown, shown(s, c, "eve", 2*after))
	assert.Equal(t, Missing, shown(s, c, "fay", 2*after+1))
}

func TestTimesAtTheEndsOfTimeAreTimes(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	s.Field(c, "total")
	for i, at := range []int64{math.MinInt64, math.MaxInt64, 0, math.MinInt64, math.MaxInt64} {
		tr := s.Begin(at, fmt.Sprint(i))
		tr.Put(c, "1", at, []Entry{{0, Value{Int, fmt.Sprint(i)}}}, fmt.Sprint(i))
		tr.Row(c, "1", at)
		tr.Shown(c, "1", "ann", at)
		tr.Commit()
	}
	r, answer := s.Begin(0, "").Row(c, "1", math.MaxInt64)
	assert.Equal(t, Known, answer)
	assert.Equal(t, "4", first(r.Get(0)).Text)
	s = reload(t, s, DefaultSettings())
	r, _ = s.Begin(0, "").Row(c, "1", math.MaxInt64)
	assert.Equal(t, "4", first(r.Get(0)).Text)
}

func first(v Value, _ bool) Value { return v }
