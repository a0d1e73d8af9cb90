package trail

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// crowd is n clients with one call each.
func crowd(prefix string, n int) []traffic.Vector {
	clients := make([]traffic.Vector, n)
	for i := range clients {
		clients[i] = vector(fmt.Sprint(prefix, i), 1, 0)
	}
	return clients
}

func TestRefusedAreCountedAndHaveNoPast(t *testing.T) {
	b := newBook()
	minute(b, 0, crowd("a", 100)...)
	assert.Zero(t, b.Refused())
	pasts := minute(b, 1, append(crowd("b", 25), vector("loud", 15, 2))...)
	assert.EqualValues(t, 16, b.Refused(), "a tenth of the places went to the first ten")
	assert.Equal(t, Past{Windows: 1, Calls: 15, Failed: 2, MostEndpoints: 1}, pasts[25])
	assert.Equal(t, 100, b.trails.Len())
}

func TestTheOverflowNeedsNoPlace(t *testing.T) {
	b := newBook()
	for i := range 20 {
		pasts := minute(b, i, append(crowd("a", 150), overflow(2, 2))...)
		assert.Equal(t, Past{Windows: i + 1, Calls: 2 * (i + 1), Failed: 2 * (i + 1), MostEndpoints: 1}, pasts[150])
	}
	assert.Equal(t, 100, b.trails.Len())

	minute(b, 21, vector(traffic.OverflowClient, 1, 0))
	assert.Equal(t, 20, again(t, b).trails.Services()["shop"].Rest.sum().Windows, "a client of that name is another one")
}

// TestNewAddressesDoNotHideAProber: each minute brings more new addresses than
// there are places; the prober who had a place keeps it, and one who comes later
// is followed as well once he had one.
func TestNewAddressesDoNotHideAProber(t *testing.T) {
	b := newBook()
	found := map[string]int{} // the minute in which 15 requests had failed
	for i := range 60 {
		clients := []traffic.Vector{vector("early", 2, 2)}
		if i >= 10 {
			clients = append(clients, vector("late", 2, 2))
		}
		clients = append(clients, crowd(fmt.Sprint("flood-", i, "-"), 200)...)
		for c, past := range minute(b, i, clients...) {
			if _, there := found[clients[c].Client]; !there && past.Failed >= 15 {
				found[clients[c].Client] = i
			}
		}
	}
	// The 15th failure is in the eighth window; a prober's first trail may make room by chance, as one among its equals.
	require.Len(t, found, 2)
	assert.InDelta(t, 8, found["early"], 1)
	assert.InDelta(t, 18, found["late"], 1)
}

// TestRoomIsMadeOfTheLeast: first the shortest trails, and of these the oldest.
func TestRoomIsMadeOfTheLeast(t *testing.T) {
	b := newBook()
	minute(b, 0, crowd("twice", 80)...)
	minute(b, 1, crowd("twice", 80)...)
	minute(b, 2, crowd("old", 8)...)
	minute(b, 3, crowd("young", 12)...)
	require.Equal(t, 100, b.trails.Len())
	minute(b, 4, vector("new", 1, 0))
	left := map[string]int{}
	for client := range b.trails.Services()["shop"].Clients {
		left[client[:3]]++
	}
	assert.Equal(t, map[string]int{"twi": 80, "you": 10, "new": 1}, left)
}

// TestTheSilentGiveWayFirst: trails of a service that is gone are as old as its
// silence.
func TestTheSilentGiveWayFirst(t *testing.T) {
	b := newBook()
	wall := noon
	b.trails.Now = func() time.Time { return wall }
	addAt(b, "gone", noon, crowd("gone", 50)...)
	wall = wall.Add(20 * time.Minute)
	minute(b, 0, crowd("here", 50)...)
	minute(b, 1, vector("new", 1, 0))
	assert.Len(t, b.trails.Services()["gone"].Clients, 40)
	assert.Len(t, b.trails.Services()["shop"].Clients, 51)
}

// TestGivingUpAllTrailsOfAService keeps the count of places right.
func TestGivingUpAllTrailsOfAService(t *testing.T) {
	b := New(lookBack, time.Minute, 1)
	minute(b, 0, vector("a", 1, 0))
	addAt(b, "other", noon.Add(time.Minute), vector("b", 1, 0))
	assert.Equal(t, 1, b.trails.Len())
	minute(b, 2, vector("c", 1, 0))
	assert.Equal(t, 1, b.trails.Len())
	assert.Contains(t, b.trails.Services()["shop"].Clients, "c")
	assert.Equal(t, 1, again(t, b).trails.Len())
}

func TestALimitOfNoneFollowsNobody(t *testing.T) {
	b := New(lookBack, time.Minute, 0)
	minute(b, 0, vector("a", 1, 0))
	assert.Zero(t, b.trails.Len())
	assert.EqualValues(t, 1, b.Refused())
}
