package trail

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

func TestOneWindowOutOfLineLeavesTheTrailsAlone(t *testing.T) {
	for name, stray := range map[string]time.Time{
		"1970":         time.Unix(0, 0),
		"before 1970":  time.Unix(-1, 0),
		"year 1":       {},
		"a period ago": noon.Add((13 - 30) * time.Minute),
		"next week":    noon.Add(7 * 24 * time.Hour),
		"2200":         time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			for i := range 14 {
				minute(b, i, vector("a", 1, 0))
			}
			pasts := addAt(b, "shop", stray, vector("a", 1, 0), vector("b", 2, 0))
			assert.Equal(t, []int{1, 2}, []int{pasts[0].Calls, pasts[1].Calls}, "it stands alone")
			assert.Equal(t, 15, addAt(b, "shop", stray.Add(-48*time.Hour), vector("loud", 15, 0))[0].Calls, "it stands alone")
			assert.Equal(t, 1, b.trails.Len(), "nobody new is followed")
			assert.Equal(t, 15, minute(b, 14, vector("a", 1, 0))[0].Calls)
		})
	}
}

func TestTheClockIsBelievedOnceTheNextWindowFollows(t *testing.T) {
	for name, there := range map[string]time.Time{"back": noon.Add(-24 * time.Hour), "ahead": noon.Add(48 * time.Hour)} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			minute(b, 0, vector("a", 14, 0), vector("b", 14, 0))
			for i := range 14 {
				past := addAt(b, "shop", there.Add(time.Duration(i)*time.Minute), vector("a", 1, 0))[0]
				require.Equal(t, max(1, i), past.Calls, "the first one stands alone")
			}
			assert.Equal(t, 1, b.trails.Len(), "the trails of the other time are gone")
		})
	}
}

func TestALateWindowCounts(t *testing.T) {
	b := newBook()
	minute(b, 10, vector("a", 10, 0), vector("b", 1, 0))
	assert.Equal(t, 15, minute(b, 8, vector("a", 5, 0))[0].Calls)
	assert.Equal(t, 2, b.trails.Len())
}

func TestServicesThatAreGoneGiveTheirPlacesBack(t *testing.T) {
	b := newBook()
	wall := noon
	b.trails.Now = func() time.Time { return wall }
	for i := range 10 {
		var clients []traffic.Vector
		for c := range 10 {
			clients = append(clients, vector(fmt.Sprint("c", c), 1, 0))
		}
		addAt(b, fmt.Sprint("shop-v", i), noon.Add(time.Duration(i)*24*time.Hour), append(clients, overflow(1, 0))...)
	}
	require.Equal(t, 100, b.trails.Len())
	wall = wall.Add(59 * time.Minute)
	addAt(b, "shop-v9", noon.Add(9*24*time.Hour+59*time.Minute), vector("new", 1, 0))
	assert.Equal(t, 91, b.trails.Len(), "of the others, all may still be there; of its own, none made a request in the period")
	wall = wall.Add(4 * time.Minute)
	addAt(b, "shop-v9", noon.Add(9*24*time.Hour+63*time.Minute), vector("new", 1, 0))
	assert.Equal(t, 1, b.trails.Len())
	assert.Len(t, b.trails.Services(), 1)
}

// TestAnotherServicesClockTakesNoTrails: neither one far behind nor one far ahead.
func TestAnotherServicesClockTakesNoTrails(t *testing.T) {
	b := newBook()
	for i := range 14 {
		at := time.Duration(i) * time.Minute
		require.Equal(t, i+1, minute(b, i, vector("a", 1, 0))[0].Calls)
		addAt(b, "ahead", noon.Add(9000*time.Hour+at), vector("a", 1, 0))
		addAt(b, "behind", noon.Add(-9000*time.Hour+at), vector("a", 1, 0))
	}
	assert.Equal(t, 15, minute(b, 14, vector("a", 1, 0))[0].Calls)
	assert.Equal(t, 3, b.trails.Len())
}

func TestAServiceWithoutTrailsIsNotKept(t *testing.T) {
	b := newBook()
	minute(b, 0)
	assert.Empty(t, b.trails.Services())
	minute(b, 0, vector("a", 1, 0))
	assert.Len(t, b.trails.Services(), 1)
	minute(b, 30)
	assert.Empty(t, b.trails.Services())
}
