package lowrate

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
		clients[i] = vector(fmt.Sprint(prefix, i), 1, 0, 0)
	}
	return clients
}

func TestRefusedAreCountedAndJudgedAlone(t *testing.T) {
	d := newDetector(Paper)
	minute(d, 0, crowd("a", 100)...)
	assert.Zero(t, d.Refused())
	told := minute(d, 1, append(crowd("b", 25), vector("loud", 15, 0, 0))...)
	assert.EqualValues(t, 16, d.Refused(), "a tenth of the places went to the first ten")
	assert.Equal(t, []string{"low_rate_requests loud"}, told)
	assert.Equal(t, 100, d.clients)
}

func TestTheOverflowNeedsNoPlace(t *testing.T) {
	d := newDetector(Persistent)
	var told []string
	for i := range 20 {
		overflow := vector("", 2, 2, 0)
		overflow.Role = traffic.Overflow
		told = append(told, minute(d, i, append(crowd("a", 150), overflow)...)...)
	}
	require.NotEmpty(t, told)
	assert.Equal(t, "low_rate_probing "+traffic.OverflowClient, told[0])
	assert.Equal(t, 100, d.clients)

	minute(d, 21, vector(traffic.OverflowClient, 1, 0, 0))
	assert.Equal(t, 20, again(t, d).services["shop"].overflow.sum().windows, "a client of that name is another one")
}

// TestNewAddressesDoNotHideAProber: each minute brings more new addresses than
// there are places; the prober who had a place keeps it, and one who comes later
// is found as well once he had one.
func TestNewAddressesDoNotHideAProber(t *testing.T) {
	d := newDetector(Persistent)
	found := map[string]int{}
	for i := range 60 {
		clients := crowd(fmt.Sprint("flood-", i, "-"), 200)
		clients = append([]traffic.Vector{vector("early", 2, 2, 0)}, clients...)
		if i >= 10 {
			clients = append([]traffic.Vector{vector("late", 2, 2, 0)}, clients...)
		}
		for _, rule := range minute(d, i, clients...) {
			if _, there := found[rule]; !there {
				found[rule] = i
			}
		}
	}
	// The 15th failure is in the eighth window; a prober's first trail may make room by chance, as one among its equals.
	require.Len(t, found, 2)
	assert.InDelta(t, 8, found["low_rate_probing early"], 1)
	assert.InDelta(t, 18, found["low_rate_probing late"], 1)
}

// TestRoomIsMadeOfTheLeast: first the shortest trails, and of these the oldest.
func TestRoomIsMadeOfTheLeast(t *testing.T) {
	d := newDetector(Paper)
	minute(d, 0, crowd("twice", 80)...)
	minute(d, 1, crowd("twice", 80)...)
	minute(d, 2, crowd("old", 8)...)
	minute(d, 3, crowd("young", 12)...)
	require.Equal(t, 100, d.clients)
	minute(d, 4, vector("new", 1, 0, 0))
	left := map[string]int{}
	for client := range d.services["shop"].clients {
		left[client[:3]]++
	}
	assert.Equal(t, map[string]int{"twi": 80, "you": 10, "new": 1}, left)
}

// TestTheSilentGiveWayFirst: trails of a service that is gone are as old as its
// silence.
func TestTheSilentGiveWayFirst(t *testing.T) {
	d := newDetector(Paper)
	wall := noon
	d.now = func() time.Time { return wall }
	judgeAt(d, "gone", noon, crowd("gone", 50)...)
	wall = wall.Add(20 * time.Minute)
	minute(d, 0, crowd("here", 50)...)
	minute(d, 1, vector("new", 1, 0, 0))
	assert.Len(t, d.services["gone"].clients, 40)
	assert.Len(t, d.services["shop"].clients, 51)
}

// TestGivingUpAllTrailsOfAService keeps the count of places right.
func TestGivingUpAllTrailsOfAService(t *testing.T) {
	d := New(DefaultSettings(), time.Minute, 1)
	minute(d, 0, vector("a", 1, 0, 0))
	judgeAt(d, "other", noon.Add(time.Minute), vector("b", 1, 0, 0))
	assert.Equal(t, 1, d.clients)
	minute(d, 2, vector("c", 1, 0, 0))
	assert.Equal(t, 1, d.clients)
	assert.Contains(t, d.services["shop"].clients, "c")
	assert.Equal(t, 1, again(t, d).clients)
}

func TestALimitOfNoneFollowsNobody(t *testing.T) {
	d := New(DefaultSettings(), time.Minute, 0)
	minute(d, 0, vector("a", 1, 0, 0))
	assert.Zero(t, d.clients)
	assert.EqualValues(t, 1, d.Refused())
}
