package roster

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const length = 30 // ticks, of a minute

// visit is the simplest record: when a client last came, and how often it did.
type visit struct{ last, times int64 }

func newRoster(limit int) *Roster[visit] {
	return New(Rules[visit]{
		Limit: limit, Tick: time.Minute, Length: length,
		Fresh:  func(v visit, newest int64) bool { return v.times > 0 && v.last > newest-length },
		Merit:  func(v visit, newest, silence int64) int { return int(max(0, length-1-(newest-v.last+silence))) },
		Merits: length,
	})
}

// come lets clients visit a service, and says how often each that has a record did;
// nil for a window out of line.
func come(r *Roster[visit], service string, now int64, clients ...string) map[string]int64 {
	s := r.Open(service, now)
	if s == nil {
		return nil
	}
	defer r.Close(service, s)
	times := make(map[string]int64)
	for _, client := range clients {
		v, known := s.Clients[client]
		if !known && !r.Room(now) {
			continue
		}
		if known {
			v = visit{max(v.last, now), v.times + 1}
			s.Clients[client] = v
		} else {
			v = visit{now, 1}
			r.Add(s, client, v)
		}
		times[client] = v.times
	}
	return times
}

func TestRecordsAreKeptWhileTheyAreFresh(t *testing.T) {
	r := newRoster(10)
	come(r, "shop", 1000, "a", "b")
	come(r, "bank", 1000, "a")
	assert.Equal(t, map[string]int64{"a": 2}, come(r, "shop", 1029, "a"))
	assert.Equal(t, 3, r.Len())
	assert.Equal(t, 7, r.Free())
	assert.Equal(t, map[string]int64{"b": 1}, come(r, "shop", 1030, "b"), "its record of a length ago is gone")
	come(r, "bank", 1030)
	assert.NotContains(t, r.Services(), "bank", "a service with nothing in it is not kept")
	r.Reset()
	assert.Zero(t, r.Len())
	assert.Empty(t, r.Services())
}

// TestTheRestNeedsNoPlace and keeps a service that has nobody else.
func TestTheRestNeedsNoPlace(t *testing.T) {
	r := newRoster(0)
	s := r.Open("shop", 1000)
	s.Rest = visit{1000, 1}
	assert.False(t, r.Room(1000))
	r.Close("shop", s)
	assert.Zero(t, r.Len())
	come(r, "shop", 1029)
	assert.Equal(t, visit{1000, 1}, r.Services()["shop"].Rest)
	come(r, "shop", 1030)
	assert.Empty(t, r.Services())
}

// TestAServiceThatGaveAllItsPlacesAwayIsForgotten, once somebody looks.
func TestAServiceThatGaveAllItsPlacesAwayIsForgotten(t *testing.T) {
	r, wall := newRoster(1), time.Unix(0, 0)
	r.Now = func() time.Time { return wall }
	come(r, "shop", 1000, "a")
	assert.Equal(t, map[string]int64{"b": 1}, come(r, "bank", 1000, "b"))
	assert.Contains(t, r.Services(), "shop")
	wall = wall.Add(length / 10 * time.Minute)
	come(r, "bank", 1003, "b")
	assert.NotContains(t, r.Services(), "shop")
	assert.Equal(t, 1, r.Len())
}

func TestAMapMadeForManyIsNotKeptForFew(t *testing.T) {
	r := newRoster(1000)
	for c := range 1000 {
		come(r, "shop", 1000, fmt.Sprint(c))
	}
	require.Equal(t, 1000, r.services["shop"].peak)
	come(r, "shop", 1029, "a")
	come(r, "shop", 1030)
	assert.Equal(t, 1, r.services["shop"].peak)
	assert.Contains(t, r.services["shop"].Clients, "a")
}

// TestAnyWindowsLeaveTheRosterInOrder: whatever they and the clock on the wall do,
// there are no more clients than may be, they are counted rightly, and whoever is
// there is fresh.
func TestAnyWindowsLeaveTheRosterInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 6).Draw(t, "limit")
		r, wall := newRoster(limit), time.Unix(0, 0)
		r.Now = func() time.Time { return wall }
		for range rapid.IntRange(1, 60).Draw(t, "windows") {
			wall = wall.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 40, 90}).Draw(t, "pause")) * time.Minute)
			service := rapid.SampledFrom([]string{"shop", "bank"}).Draw(t, "service")
			start := rapid.OneOf(rapid.Int64Range(0, 60), rapid.SampledFrom([]int64{-5000, 5000, 5001})).Draw(t, "start")
			asking := rapid.SliceOfDistinct(rapid.StringMatching("[a-h]"), rapid.ID).Draw(t, "clients")
			refused := r.Refused()
			served := come(r, service, start, asking...)
			if served == nil {
				require.Equal(t, refused, r.Refused(), "a window that stands alone asks for nothing")
			} else {
				require.Equal(t, len(asking), len(served)+int(r.Refused()-refused), "each is served or refused")
				if s := r.Services()[service]; s != nil {
					for name, v := range s.Clients {
						require.Greater(t, v.last, s.Newest-length, name)
					}
				}
			}
			there := 0
			for _, s := range r.Services() {
				there += len(s.Clients)
			}
			require.Equal(t, there, r.Len())
			require.LessOrEqual(t, there, limit)
			require.Equal(t, limit-there, r.Free())
		}
	})
}
