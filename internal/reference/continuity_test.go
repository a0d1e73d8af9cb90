package reference

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLastIsWhenTheLatestTransactionBegan(t *testing.T) {
	s, err := New(DefaultSettings())
	require.NoError(t, err)
	_, begun := s.Last()
	assert.False(t, begun)
	s.Begin(50, "").Commit()
	s.Begin(20, "").Discard()
	last, begun := s.Last()
	assert.True(t, begun)
	assert.Equal(t, int64(50), last)
}

func TestBehindAGapNothingFromBeforeIsComplete(t *testing.T) {
	settings := DefaultSettings()
	settings.CompleteAfter = 10
	s, err := New(settings)
	require.NoError(t, err)
	calls := s.CallerCollection("calls")
	s.Begin(0, "").Commit()
	misses := func(caller string, first, at int64) Answer {
		begin := s.Begin(first, caller)
		_, answer := begin.Row(calls, caller, at)
		begin.Commit()
		return answer
	}
	require.Equal(t, Missing, misses("ann", 10, 12))
	s.Gap(20)
	assert.Equal(t, Unknown, misses("ann", 21, 22))
	assert.Equal(t, Unknown, misses("bob", 29, 29), "who may have come before")
	assert.Equal(t, Missing, misses("cid", 30, 30))
	s.Gap(5)
	assert.Equal(t, Missing, misses("cid", 31, 31), "an earlier gap changes nothing")
}

func TestBehindAGapCollectionsAreCoveredAgain(t *testing.T) {
	s, err := New(DefaultSettings())
	require.NoError(t, err)
	orders := s.Collection("orders")
	s.collections[orders].coverage = coverage{proved: true, round: 3}
	s.Begin(0, "").Commit()
	lookup := func() Answer {
		begin := s.Begin(1, "ann")
		defer begin.Discard()
		_, answer := begin.Row(orders, "42", 1)
		return answer
	}
	require.Equal(t, Missing, lookup())
	s.Gap(int64(time.Hour))
	assert.Equal(t, Unknown, lookup())
	assert.True(t, s.collections[orders].coverage.before)
}

func TestAFieldThatNobodyLookedForMayBeThere(t *testing.T) {
	s, err := New(DefaultSettings())
	require.NoError(t, err)
	orders, others := s.Collection("orders"), s.Collection("others")
	status, _ := s.Field(orders, "status")
	write := func(c Collection, key string, at int64, f Field) {
		begin := s.Begin(at, "ann")
		begin.Put(c, key, at, []Entry{{f, Value{Text, "open"}}}, "ann")
		begin.Commit()
	}
	look := func(key string, f Field) Answer {
		begin := s.Begin(50, "ann")
		defer begin.Commit()
		row, _ := begin.Row(orders, key, 50)
		_, answer := row.Look(f)
		return answer
	}
	write(others, "1", 5, 0)
	write(orders, "1", 10, status)
	write(orders, "2", 10, status)
	before := s.Stats().Bytes
	owner, _ := s.Field(orders, "owner")
	assert.Greater(t, s.Stats().Bytes, before)
	write(orders, "2", 30, owner)
	write(orders, "3", 30, status)
	assert.Equal(t, Known, look("1", status))
	assert.Equal(t, Unknown, look("1", owner))
	assert.Equal(t, Known, look("2", owner))
	assert.Equal(t, Missing, look("3", owner))
	again, _ := s.Field(orders, "owner")
	assert.Equal(t, owner, again)
	assert.Equal(t, Missing, look("3", owner), "it is not new any more")
}
