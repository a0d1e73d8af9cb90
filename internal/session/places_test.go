package session

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
		clients[i] = vector(fmt.Sprint(prefix, i), 1)
	}
	return clients
}

func TestRefusedAreCountedAndHaveTheirWindowAlone(t *testing.T) {
	b := newBook()
	minute(b, 0, crowd("a", 100)...)
	assert.Zero(t, b.Refused())
	got := minute(b, 1, append(crowd("b", 25), vector("loud", 15))...)
	assert.EqualValues(t, 16, b.Refused(), "a tenth of the places went to the first ten")
	assert.EqualValues(t, 15, got[25].Calls)
	assert.Equal(t, 100, b.Clients())
	assert.EqualValues(t, 1, minute(b, 1, vector("loud", 1))[0].Calls, "room is made once a window")
}

// TestNewAddressesDoNotEndASession: each minute brings more new addresses than
// there are places; who had a place keeps it, and one who comes later keeps it as
// well once he had one.
func TestNewAddressesDoNotEndASession(t *testing.T) {
	b := newBook()
	for i := range 60 {
		clients := []traffic.Vector{vector("early", 2)}
		if i >= 10 {
			clients = append(clients, vector("late", 2))
		}
		clients = append(clients, crowd(fmt.Sprint("flood-", i, "-"), 200)...)
		got := minute(b, i, clients...)
		assert.EqualValues(t, 2*(i+1), got[0].Calls)
		if i >= 10 {
			assert.EqualValues(t, 2*(i-9), got[1].Calls)
		}
	}
}

// TestRoomIsMadeOfTheLeast: first the sessions with the fewest calls, and of these
// those that are silent longest.
func TestRoomIsMadeOfTheLeast(t *testing.T) {
	b := newBook()
	minute(b, 0, crowd("twice", 80)...)
	minute(b, 1, crowd("twice", 80)...)
	minute(b, 2, crowd("old", 8)...)
	minute(b, 3, crowd("young", 12)...)
	require.Equal(t, 100, b.Clients())
	minute(b, 4, vector("new", 1))
	left := map[string]int{}
	for client := range b.sessions.Services()["shop"].Clients {
		left[client[:3]]++
	}
	assert.Equal(t, map[string]int{"twi": 80, "you": 10, "new": 1}, left)
}

// TestTheSilentGiveWayFirst: sessions of a service that is gone are as old as its
// silence.
func TestTheSilentGiveWayFirst(t *testing.T) {
	for range 10 { // maps are gone through in any order
		b := newBook()
		wall := noon
		b.sessions.Now = func() time.Time { return wall }
		addAt(b, "gone", noon, crowd("gone", 50)...)
		wall = wall.Add(20 * time.Minute)
		minute(b, 0, crowd("here", 50)...)
		minute(b, 1, vector("new", 1))
		assert.Len(t, b.sessions.Services()["gone"].Clients, 40)
		assert.Len(t, b.sessions.Services()["shop"].Clients, 51)
	}
}

// TestGivingUpAllSessionsOfAService keeps the count of places right.
func TestGivingUpAllSessionsOfAService(t *testing.T) {
	b := New(timeout, time.Minute, 1)
	minute(b, 0, vector("a", 1))
	addAt(b, "other", at(1), vector("b", 1))
	assert.Equal(t, 1, b.Clients())
	minute(b, 2, vector("c", 1))
	assert.Equal(t, 1, b.Clients())
	assert.Contains(t, b.sessions.Services()["shop"].Clients, "c")
}

func TestALimitOfNoneFollowsNobody(t *testing.T) {
	b := New(timeout, time.Minute, 0)
	assert.EqualValues(t, 1, minute(b, 0, vector("a", 1))[0].Calls)
	assert.Zero(t, b.Clients())
	assert.EqualValues(t, 1, b.Refused())
}
