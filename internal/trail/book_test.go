package trail

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const lookBack = 30 * time.Minute

// newBook looks back over 30 windows of a minute and follows 100 clients.
func newBook() *Book { return New(lookBack, time.Minute, 100) }

// sketch is that of n distinct texts.
func sketch(first, n int) (s traffic.Sketch) {
	for i := first; i < first+n; i++ {
		s.Add(fmt.Sprint("/accounts/", i))
	}
	return s
}

func vector(client string, calls, failed int64) traffic.Vector {
	return traffic.Vector{Service: "shop", Client: client, TotalCalls: calls, NumFailed: failed, DistinctEndpoints: 1}
}

func overflow(calls, failed int64) traffic.Vector {
	v := vector("", calls, failed)
	v.Role = traffic.Overflow
	return v
}

// minute adds the clients' vectors in minute i.
func minute(b *Book, i int, clients ...traffic.Vector) []Past {
	return addAt(b, "shop", noon.Add(time.Duration(i)*time.Minute), clients...)
}

// addAt adds a window of any service and time.
func addAt(b *Book, service string, start time.Time, clients ...traffic.Vector) []Past {
	return b.Add(service, start, clients, nil)
}

// again is a book with the state of b.
func again(t require.TestingT, b *Book) *Book {
	state, err := b.Save()
	require.NoError(t, err)
	after := New(time.Duration(b.period)*b.window, b.window, b.trails.Len()+b.trails.Free())
	require.NoError(t, after.Restore(state))
	return after
}

func TestThePastIsThePeriodThatEndsWithTheWindow(t *testing.T) {
	b := newBook()
	for i := range 40 {
		v := vector("a", 2, 1)
		v.DistinctEndpoints = int64(1 + i%10)
		v.Endpoints, v.Resources = sketch(i%10, 1), sketch(i, 2)
		past := minute(b, i, vector("other", 9, 9), v)[1]
		from, windows := max(0, i-29), min(i+1, 30)
		assert.Equal(t, Past{
			Windows: windows, Calls: 2 * windows, Failed: windows, MostEndpoints: min(i+1, 10),
			Endpoints: sketch(0, min(i+1, 10)), Resources: sketch(from, windows+1),
		}, past, fmt.Sprint("minute ", i))
	}
}

// TestEachVectorGetsItsPastInOrder: also those that nobody is behind.
func TestEachVectorGetsItsPastInOrder(t *testing.T) {
	b := newBook()
	vectors := []traffic.Vector{vector("a", 1, 0), vector("", 20, 3), vector("idle", 0, 0), overflow(7, 0), vector("b", 2, 2)}
	for range 2 {
		vectors[1].Resources = sketch(0, 3)
		past := minute(b, 0, vectors...)
		assert.Equal(t, Past{Windows: 1, Calls: 20, Failed: 3, MostEndpoints: 1, Resources: sketch(0, 3)}, past[1], "of that window alone")
		assert.Zero(t, past[2])
	}
	before := Past{Calls: -1}
	past := b.Add("shop", noon.Add(time.Minute), vectors, []Past{before})
	calls := []int{}
	for _, p := range past {
		calls = append(calls, p.Calls)
	}
	assert.Equal(t, []int{-1, 3, 20, 0, 21, 6}, calls, "appended, and twice in minute 0")
	assert.Equal(t, 2, b.trails.Len(), "nobody in particular is not followed, nor who made no call")
	assert.Zero(t, b.Refused())
}

func TestClientsAreForgottenAndBounded(t *testing.T) {
	b := newBook()
	for i := range 150 {
		minute(b, 0, vector(fmt.Sprint(i), 1, 0))
	}
	assert.Equal(t, 100, b.trails.Len())
	minute(b, 31, vector("new", 1, 0))
	assert.Equal(t, 1, b.trails.Len())
}

func TestAPeriodIsCutToWhatABookHolds(t *testing.T) {
	for period, want := range map[time.Duration]int{0: 1, time.Second: 1, 90 * time.Second: 1, 2 * time.Minute: 2, 24 * time.Hour: MaxWindows} {
		b := New(period, time.Minute, 100)
		for i := range 300 {
			minute(b, i, vector("a", 1, 0))
		}
		assert.Equal(t, want, minute(b, 300, vector("a", 1, 0))[0].Windows, period)
	}
}

// TestAPastIsPartialAfterARestart: until no step from before is in the period, a
// window that the restart cut in two among them.
func TestAPastIsPartialAfterARestart(t *testing.T) {
	before := newBook()
	v := vector("a", 1, 0)
	v.Endpoints, v.Resources = sketch(0, 1), sketch(0, 1)
	for i := range 11 {
		assert.False(t, minute(before, i, v)[0].Partial)
	}
	after := again(t, before)
	v.Endpoints, v.Resources = sketch(1, 1), sketch(1, 1)
	for i := 10; i < 45; i++ {
		past := minute(after, i, v, vector("new", 1, 0))
		assert.Equal(t, i < 40, past[0].Partial, fmt.Sprint("minute ", i))
		assert.Equal(t, min(i+1, 30), past[0].Windows)
		assert.Equal(t, v.Endpoints, past[0].Endpoints)
		assert.Equal(t, v.Resources, past[0].Resources)
		assert.False(t, past[1].Partial)
	}
}
