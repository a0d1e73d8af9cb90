package reference

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/heapsize"
)

// Whoever floods a store with rows, callers and values takes no more memory than it may have, by its own count and in
// fact.
func TestAFloodStaysWithinItsBounds(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxRows, settings.MaxCallers, settings.MaxBytes = 20_000, 5_000, 8<<20
	for name, flood := range map[string]func(i int) (key, caller, value string){
		"rows and callers": func(i int) (string, string, string) { return fmt.Sprint(i), fmt.Sprint("s", i), "x" },
		"long texts": func(i int) (string, string, string) {
			long := strings.Repeat(fmt.Sprint(i%10), MaxText-10)
			return fmt.Sprint(long, i), fmt.Sprint(i, long), long
		},
		"texts that are too long": func(i int) (string, string, string) {
			long := strings.Repeat("x", 3*MaxText)
			return fmt.Sprint(long, i), fmt.Sprint(i, long), long
		},
		"values of a few rows": func(i int) (string, string, string) {
			return fmt.Sprint(i % 10), fmt.Sprint("s", i), fmt.Sprint(i)
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := heapsize.InUse()
			s := opening(t, settings)
			c := s.Collection("orders")
			for f := range MaxFields {
				s.Field(c, fmt.Sprint(f))
			}
			fields := make([]Entry, 0, MaxFields)
			for i := range many {
				key, caller, value := flood(i)
				tr := s.Begin(int64(i), caller)
				fields = fields[:0]
				for f := range i % 8 {
					fields = append(fields, Entry{Field((i + f*7) % MaxFields), Value{Text, value}})
				}
				tr.Put(c, key, int64(i), fields, caller)
				tr.Row(c, key, int64(i))
				if i%10 == 9 {
					tr.Discard()
				} else {
					tr.Commit()
				}
				require.LessOrEqual(t, s.bytes, settings.MaxBytes)
				require.LessOrEqual(t, s.order.len, settings.MaxRows)
				require.LessOrEqual(t, s.callers.order.len, settings.MaxCallers)
			}
			p := play{store: s}
			p.audit(t)
			inUse := heapsize.InUse() - before
			t.Logf("%d rows and %d callers: %.1f MiB counted, %.1f in use", s.order.len, s.callers.order.len, float64(s.bytes)/(1<<20), float64(inUse)/(1<<20))
			assert.Less(t, inUse, uint64(settings.MaxBytes*3/2)+doubts*10+1<<20)
			runtime.KeepAlive(s)
		})
	}
}

func TestOneTransactionWritesNoMoreThanItMay(t *testing.T) {
	for name, fields := range map[string]int{"writes": 0, "fields": MaxFields} {
		s := opening(t, DefaultSettings())
		c := s.Collection("orders")
		var entries []Entry
		for f := range fields {
			f, _ := s.Field(c, fmt.Sprint(f))
			entries = append(entries, Entry{f, Value{Int, "1"}})
		}
		tr := s.Begin(1, "ann")
		for i := range 2 * maxPuts {
			tr.Put(c, fmt.Sprint(i), 1, entries, "ann")
		}
		tr.Commit()
		stats := s.Stats()
		assert.Equal(t, int64(2*maxPuts), int64(stats.Rows)+stats.Dropped, name)
		assert.Positive(t, stats.Rows)
		assert.Positive(t, stats.Dropped)
		assert.True(t, stats.Collections[c].Lossy)
		assert.Zero(t, s.waiting)
	}
}

func TestOpenTransactionsHaveAShareOfTheMemory(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxBytes = leastRoom
	s := opening(t, settings)
	c := s.Collection("orders")
	for i := range 10_000 {
		tr := s.Begin(1, "ann") // and never ended
		tr.Put(c, fmt.Sprint(i), 1, nil, "ann")
	}
	assert.LessOrEqual(t, s.Stats().Bytes, settings.MaxBytes/pendingShare+1000)
	assert.Positive(t, s.Stats().Dropped)
}

// A write that was dropped may have been of another value, and to whoever asks.
func TestADroppedWriteLeavesDoubt(t *testing.T) {
	s := opening(t, DefaultSettings())
	c := s.Collection("orders")
	status, _ := s.Field(c, "status")
	put := func(tr *Transaction, key, value string, at int64) {
		tr.Put(c, key, at, []Entry{{status, Value{Text, value}}}, "ann")
	}
	tr := s.Begin(1, "ann")
	put(tr, "1", "new", 1)
	put(tr, "2", "new", 1)
	tr.Commit()
	late := 2 * after
	tr = s.Begin(late, "bob")
	get := func(key string, at int64) Answer {
		r, _ := tr.Row(c, key, at)
		_, answer := r.Look(status)
		return answer
	}
	assert.Equal(t, Missing, tr.Shown(c, "1", "bob", late))
	for i := range maxPuts {
		put(tr, fmt.Sprint("other", i%2), "x", 2)
	}
	assert.Equal(t, Known, get("1", 20))
	assert.Equal(t, Known, get("other1", 20))
	put(tr, "1", "paid", 10)
	put(tr, "other1", "y", 10)
	put(tr, "2", "paid", 10)
	assert.Equal(t, Unknown, get("1", 20))
	assert.Equal(t, Unknown, get("other1", 20))
	assert.Equal(t, Unknown, tr.Shown(c, "1", "bob", late))
	tr.Commit()
	tr = s.Begin(late, "bob")
	assert.Equal(t, Unknown, get("other1", 20))
	put(tr, "1", "sent", 30)
	put(tr, "2", "new", 30)
	put(tr, "other1", "sent", 30)
	tr.Commit()
	tr = s.Begin(late, "bob")
	assert.Equal(t, Unknown, get("1", 20))
	assert.Equal(t, Known, get("1", 30), "what came later is known again")
	assert.Equal(t, Known, get("other1", 30))
	assert.Equal(t, Unknown, get("2", 20), "new at 1 and at 30, but in between?")
	assert.Equal(t, Known, get("2", 30))
}

// Keys with one hash are found one by one.
func TestHashesThatAreTheSameAreNoMatter(t *testing.T) {
	s := opening(t, DefaultSettings())
	s.mask = 0
	c, other := s.Collection("orders"), s.Collection("payments")
	f, _ := s.Field(c, "n")
	s.Field(other, "n")
	tr := s.Begin(1, "")
	for i := range 50 {
		tr.Put(c, fmt.Sprint(i), 1, []Entry{{f, Value{Int, fmt.Sprint(i)}}}, "")
		tr.Put(other, fmt.Sprint(i), 1, []Entry{{f, Value{Int, fmt.Sprint(-i)}}}, "")
	}
	check := func() {
		for i := range 50 {
			r, _ := tr.Row(c, fmt.Sprint(i), 1)
			assert.Equal(t, fmt.Sprint(i), first(r.Get(f)).Text)
			r, _ = tr.Row(other, fmt.Sprint(i), 1)
			assert.Equal(t, fmt.Sprint(-i), first(r.Get(f)).Text)
		}
	}
	check()
	tr.Commit()
	tr = s.Begin(1, "")
	check()
}
