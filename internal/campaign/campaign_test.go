package campaign

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func suspects(from, n int, endpoint string, calls int64) (all []Suspect) {
	for i := range n {
		all = append(all, Suspect{Client: fmt.Sprint(from + i), Endpoint: endpoint, Calls: calls})
	}
	return all
}

// names of the suspects with these indices.
func names(all []Suspect, indices []int) (names []string) {
	for _, i := range indices {
		names = append(names, all[i].Client)
	}
	return names
}

func TestAFewAreAccusedOneByOne(t *testing.T) {
	all := suspects(0, 5, "/a", 3)
	alone, groups := New(time.Hour).Sort("shop", noon, all)
	assert.Len(t, alone, 5)
	assert.Empty(t, groups)
}

func TestManyAtOnceAreAGroup(t *testing.T) {
	all := suspects(0, 28, "/a", 40)
	alone, groups := New(time.Hour).Sort("shop", noon, all)
	assert.Empty(t, alone)
	assert.Len(t, groups, 1)
	assert.Len(t, groups[0].Members, 28)
}

func TestTheSixthJoinsAGroupAndSomebodyElseDoesNot(t *testing.T) {
	b := New(time.Hour)
	b.Sort("shop", noon, suspects(0, 3, "/a", 1))
	b.Sort("shop", noon.Add(time.Minute), suspects(3, 2, "/a", 1))
	all := append(suspects(5, 2, "/a", 1), suspects(7, 1, "/a", 600)...)
	all = append(all, suspects(8, 1, "/b", 1)...)
	all = append(all, suspects(0, 1, "/b", 90)...)
	alone, groups := b.Sort("shop", noon.Add(2*time.Minute), all)
	assert.Equal(t, []string{"7", "8", "0"}, names(all, alone), "louder, elsewhere, and accused before")
	assert.Equal(t, []string{"5", "6"}, names(all, groups[0].Members))
	_, again := b.Sort("shop", noon.Add(3*time.Minute), suspects(5, 1, "/a", 1))
	assert.Equal(t, groups[0].Name, again[0].Name)
}

func TestWhoStoppedIsForgotten(t *testing.T) {
	b := New(10 * time.Minute)
	b.Sort("shop", noon, suspects(0, 28, "/a", 1))
	alone, groups := b.Sort("shop", noon.Add(11*time.Minute), suspects(0, 1, "/a", 1))
	assert.Len(t, alone, 1)
	assert.Empty(t, groups)
	assert.Equal(t, 1, b.clients)
}

func TestClientsAreBounded(t *testing.T) {
	b := New(time.Hour)
	_, groups := b.Sort("shop", noon, suspects(0, most+500, "/a", 1))
	assert.Len(t, groups[0].Members, most+500, "nobody is lost")
	assert.Equal(t, most, b.clients)
}

// TestWhoFindsNoPlaceIsNeverAlone: who is not remembered would be alone again in
// each window, with any number of others.
func TestWhoFindsNoPlaceIsNeverAlone(t *testing.T) {
	b := New(time.Hour)
	b.Sort("shop", noon, suspects(0, most-2, "/a", 1))
	alone, _ := b.Sort("shop", noon, suspects(most, 2, "/b", 1))
	require.Len(t, alone, 2, "the last two places")
	for minute := range 10 {
		alone, groups := b.Sort("shop", noon.Add(time.Duration(minute)*time.Minute), suspects(2*most+3*minute, 3, "/b", 1))
		assert.Empty(t, alone)
		require.Len(t, groups, 1)
		assert.Equal(t, "/b, about 1 calls", groups[0].Name)
	}
	alone, groups := b.Sort("bank", noon, suspects(0, 1, "/c", 1))
	assert.Empty(t, alone)
	assert.Len(t, groups, 1, "of one")
	assert.NotContains(t, b.services, "bank")
}

func TestALatecomerJoinsTheGroupThatThereIs(t *testing.T) {
	b := New(time.Hour)
	_, before := b.Sort("shop", noon, suspects(0, 28, "/a", 1))
	alone, groups := b.Sort("shop", noon.Add(time.Minute), suspects(50, 1, "/a", 1))
	assert.Empty(t, alone)
	require.Len(t, groups, 1)
	assert.Equal(t, before[0].Name, groups[0].Name)
}

// TestOnlyAServicesOwnWindowsForget: the clocks of others may be wrong.
func TestOnlyAServicesOwnWindowsForget(t *testing.T) {
	for name, far := range map[string]time.Duration{"ahead": 9000 * time.Hour, "behind": -9000 * time.Hour} {
		b := New(10 * time.Minute)
		b.Sort("shop", noon, suspects(0, 28, "/a", 1))
		alone, _ := b.Sort("bank", noon.Add(far), suspects(0, 1, "/a", 1))
		assert.Len(t, alone, 1, "%s: another service has deeds of its own", name)
		_, groups := b.Sort("shop", noon.Add(time.Minute), suspects(0, 1, "/a", 1))
		assert.Len(t, groups, 1, name)
		b.Sort("bank", noon.Add(far+11*time.Minute), nil)
		assert.NotContains(t, b.services, "bank", "a service with nobody is dropped")
		assert.Equal(t, 28, b.clients)
		b.Sort("shop", noon.Add(far), nil)
		assert.Empty(t, b.services, "its own clock was set, %s", name)
		assert.Zero(t, b.clients)
	}
}

func TestServicesThatAreGoneGiveTheirPlacesBack(t *testing.T) {
	b := New(10 * time.Minute)
	wall := noon
	b.now = func() time.Time { return wall }
	b.Sort("gone", noon, suspects(0, most, "/a", 1))
	wall = wall.Add(21 * time.Minute)
	alone, _ := b.Sort("shop", noon, suspects(0, 1, "/a", 1))
	assert.Len(t, alone, 1)
	assert.Equal(t, 1, b.clients)
}

// TestEverySuspectIsSortedOnce holds whoever is accused of what.
func TestEverySuspectIsSortedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New(5 * time.Minute)
		for minute := range rapid.IntRange(1, 20).Draw(t, "minutes") {
			var all []Suspect
			for _, c := range rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 0, 20, rapid.ID).Draw(t, "clients") {
				all = append(all, suspects(c, 1, rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "endpoint"), rapid.Int64Range(0, 1000).Draw(t, "calls"))...)
			}
			alone, groups := b.Sort("shop", noon.Add(time.Duration(minute)*time.Minute), all)
			seen := make(map[int]int)
			for _, i := range alone {
				seen[i]++
			}
			for _, g := range groups {
				assert.NotEmpty(t, g.Members)
				for _, i := range g.Members {
					seen[i]++
				}
			}
			assert.Len(t, seen, len(all))
			for _, n := range seen {
				assert.Equal(t, 1, n)
			}
		}
	})
}
