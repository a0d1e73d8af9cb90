package session

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/roster"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

func TestOneWindowOutOfLineLeavesTheSessionsAlone(t *testing.T) {
	for name, stray := range map[string]time.Time{
		"1970":           time.Unix(0, 0),
		"before 1970":    time.Unix(-1, 0),
		"year 1":         {},
		"a time-out ago": at(13 - 30),
		"next week":      noon.Add(7 * 24 * time.Hour),
		"2200":           time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			for i := range 14 {
				minute(b, i, vector("a", 1))
			}
			got := addAt(b, "shop", stray, vector("a", 1), vector("b", 2))
			assert.Equal(t, []int64{1, 2}, calls(got), "it stands alone")
			assert.Equal(t, []int64{15}, calls(addAt(b, "shop", stray.Add(-48*time.Hour), vector("loud", 15))), "it stands alone")
			assert.Equal(t, 1, b.Clients(), "nobody new is followed")
			assert.Equal(t, []int64{15}, calls(minute(b, 14, vector("a", 1))))
		})
	}
}

func TestTheClockIsBelievedOnceTheNextWindowFollows(t *testing.T) {
	for name, there := range map[string]time.Time{"back": noon.Add(-24 * time.Hour), "ahead": noon.Add(48 * time.Hour)} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			minute(b, 0, vector("a", 14), vector("b", 14))
			for i := range 14 {
				got := addAt(b, "shop", there.Add(time.Duration(i)*time.Minute), vector("a", 1))[0]
				require.EqualValues(t, max(1, i), got.Calls, "the first one stands alone")
			}
			assert.Equal(t, 1, b.Clients(), "the sessions of the other time are gone")
		})
	}
}

// TestAClockThatIsBelievedWithoutCalls gives the places of the other time back.
func TestAClockThatIsBelievedWithoutCalls(t *testing.T) {
	b := newBook()
	minute(b, -5000, vector("a", 1))
	minute(b, 0)
	minute(b, 0)
	assert.Zero(t, b.Clients())
	assert.Empty(t, b.sessions.Services())
}

// TestAStrayWindowIsForgotten: one that follows it much later is as odd as it was.
func TestAStrayWindowIsForgotten(t *testing.T) {
	b := newBook()
	for i := range 5 {
		assert.Equal(t, []int64{int64(i + 1)}, calls(minute(b, i, vector("a", 1))))
		assert.Equal(t, []int64{1}, calls(minute(b, 9000+i, vector("a", 1))))
	}
}

// TestALateWindowDoesNotTakeTheClockBack: what is out of line is so by the newest
// window.
func TestALateWindowDoesNotTakeTheClockBack(t *testing.T) {
	b := newBook()
	minute(b, 40, vector("a", 1))
	minute(b, 12, vector("b", 1))
	minute(b, 10, vector("c", 1))
	assert.Equal(t, 2, b.Clients(), "minute 10 is a time-out ago")
}

func TestALateWindowJoinsTheOpenSession(t *testing.T) {
	b := newBook()
	minute(b, 10, vector("a", 10), vector("b", 1))
	got := minute(b, 8, vector("a", 5))[0]
	assert.Equal(t, Session{First: at(8).Add(10 * time.Second), Last: at(10).Add(40 * time.Second), Calls: 15, DistinctEndpoints: 1}, got)
	assert.Equal(t, 2, b.Clients())
}

// TestALateWindowOfASessionThatEndedStandsAlone: the session that is open is not
// taken back.
func TestALateWindowOfASessionThatEndedStandsAlone(t *testing.T) {
	b := New(timeout, time.Minute, 100)
	v := vector("a", 10)
	v.FirstCall, v.SessionLength = at(40).Add(59*time.Second), 0
	b.Add("shop", at(40), []traffic.Vector{v}, nil)
	late := vector("a", 1)
	late.FirstCall, late.SessionLength = at(10).Add(58*time.Second), 0
	assert.EqualValues(t, 1, b.Add("shop", at(11), []traffic.Vector{late}, nil)[0].Calls)
	assert.EqualValues(t, 20, b.Add("shop", at(41), []traffic.Vector{v}, nil)[0].Calls)
}

func TestServicesThatAreGoneGiveTheirPlacesBack(t *testing.T) {
	b := newBook()
	wall := noon
	b.sessions.Now = func() time.Time { return wall }
	for i := range 10 {
		var clients []traffic.Vector
		for c := range 10 {
			clients = append(clients, vector(fmt.Sprint("c", c), 1))
		}
		addAt(b, fmt.Sprint("shop-v", i), noon.Add(time.Duration(i)*24*time.Hour), clients...)
	}
	require.Equal(t, 100, b.Clients())
	wall = wall.Add(59 * time.Minute)
	addAt(b, "shop-v9", noon.Add(9*24*time.Hour+59*time.Minute), vector("new", 1))
	assert.Equal(t, 91, b.Clients(), "of the others, all may still be there; of its own, all sessions have ended")
	wall = wall.Add(4 * time.Minute)
	addAt(b, "shop-v9", noon.Add(9*24*time.Hour+63*time.Minute), vector("new", 1))
	assert.Equal(t, 1, b.Clients())
	assert.Len(t, b.sessions.Services(), 1)
}

// TestAnotherServicesClockEndsNoSessions: neither one far behind nor one far ahead.
func TestAnotherServicesClockEndsNoSessions(t *testing.T) {
	b := newBook()
	for i := range 14 {
		far := time.Duration(i) * time.Minute
		minute(b, i, vector("a", 1))
		addAt(b, "ahead", noon.Add(9000*time.Hour+far), vector("a", 1))
		addAt(b, "behind", noon.Add(-9000*time.Hour+far), vector("a", 1))
	}
	assert.Equal(t, []int64{15}, calls(minute(b, 14, vector("a", 1))))
	assert.Equal(t, 3, b.Clients())
}

func TestAServiceWithoutSessionsIsNotKept(t *testing.T) {
	b := newBook()
	minute(b, 0)
	assert.Empty(t, b.sessions.Services())
	minute(b, 0, vector("a", 1))
	assert.Len(t, b.sessions.Services(), 1)
	minute(b, 31)
	assert.Empty(t, b.sessions.Services())
}

func TestServicesAreBounded(t *testing.T) {
	b := New(timeout, time.Minute, 2*roster.MaxServices)
	for i := range roster.MaxServices + 3 {
		addAt(b, fmt.Sprint(i), noon, vector("a", 1))
	}
	assert.Len(t, b.sessions.Services(), roster.MaxServices)
	assert.EqualValues(t, 3, b.Refused())
}
