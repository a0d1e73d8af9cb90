package lowrate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// judgeAt judges a window of any service and time and returns the rules broken.
func judgeAt(d *Detector, service string, start time.Time, clients ...traffic.Vector) (rules []string) {
	d.Judge(&detect.Window{
		Window:  &traffic.Window{Service: service, Start: start, End: start.Add(d.window)},
		Clients: clients,
	}, func(e anomaly.Event) { rules = append(rules, e.Rule+" "+e.Client) })
	return rules
}

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
			d := newDetector(Paper)
			for i := range 14 {
				require.Empty(t, minute(d, i, vector("a", 1, 0, 0)))
			}
			assert.Empty(t, judgeAt(d, "shop", stray, vector("a", 1, 0, 0), vector("b", 1, 0, 0)), "judged alone")
			assert.Equal(t, []string{"low_rate_requests loud"}, judgeAt(d, "shop", stray.Add(-48*time.Hour), vector("loud", 15, 0, 0)), "judged alone")
			assert.Equal(t, 1, d.clients, "nobody new is followed")
			assert.Equal(t, []string{"low_rate_requests a"}, minute(d, 14, vector("a", 1, 0, 0)))
		})
	}
}

func TestTheClockIsBelievedOnceTheNextWindowFollows(t *testing.T) {
	for name, there := range map[string]time.Time{"back": noon.Add(-24 * time.Hour), "ahead": noon.Add(48 * time.Hour)} {
		t.Run(name, func(t *testing.T) {
			d := newDetector(Paper)
			minute(d, 0, vector("a", 14, 0, 0), vector("b", 14, 0, 0))
			for i := range 14 {
				require.Empty(t, judgeAt(d, "shop", there.Add(time.Duration(i)*time.Minute), vector("a", 1, 0, 0)))
			}
			assert.Equal(t, 1, d.clients, "the trails of the other time are gone")
			judgeAt(d, "shop", there.Add(14*time.Minute), vector("a", 1, 0, 0))
			assert.Equal(t, []string{"low_rate_requests a"}, judgeAt(d, "shop", there.Add(15*time.Minute), vector("a", 1, 0, 0)))
		})
	}
}

func TestALateWindowCounts(t *testing.T) {
	d := newDetector(Paper)
	minute(d, 10, vector("a", 10, 0, 0), vector("b", 1, 0, 0))
	assert.Equal(t, []string{"low_rate_requests a"}, minute(d, 8, vector("a", 5, 0, 0)))
	assert.Equal(t, 2, d.clients)
}

func TestServicesThatAreGoneGiveTheirPlacesBack(t *testing.T) {
	d := newDetector(Paper)
	wall := noon
	d.now = func() time.Time { return wall }
	for i := range 10 {
		var clients []traffic.Vector
		for c := range 10 {
			clients = append(clients, vector(fmt.Sprint("c", c), 1, 0, 0))
		}
		overflow := traffic.Vector{Role: traffic.Overflow, TotalCalls: 1}
		judgeAt(d, fmt.Sprint("shop-v", i), noon.Add(time.Duration(i)*24*time.Hour), append(clients, overflow)...)
	}
	require.Equal(t, 100, d.clients)
	wall = wall.Add(59 * time.Minute)
	judgeAt(d, "shop-v9", noon.Add(9*24*time.Hour+59*time.Minute), vector("new", 1, 0, 0))
	assert.Equal(t, 91, d.clients, "of the others, all may still be there; of its own, none made a request in the period")
	wall = wall.Add(4 * time.Minute)
	judgeAt(d, "shop-v9", noon.Add(9*24*time.Hour+63*time.Minute), vector("new", 1, 0, 0))
	assert.Equal(t, 1, d.clients)
	assert.Len(t, d.services, 1)
}

// TestAnotherServicesClockTakesNoTrails: neither one far behind nor one far ahead.
func TestAnotherServicesClockTakesNoTrails(t *testing.T) {
	d := newDetector(Paper)
	for i := range 14 {
		at := time.Duration(i) * time.Minute
		require.Empty(t, minute(d, i, vector("a", 1, 0, 0)))
		judgeAt(d, "ahead", noon.Add(9000*time.Hour+at), vector("a", 1, 0, 0))
		judgeAt(d, "behind", noon.Add(-9000*time.Hour+at), vector("a", 1, 0, 0))
	}
	assert.Equal(t, []string{"low_rate_requests a"}, minute(d, 14, vector("a", 1, 0, 0)))
	assert.Equal(t, 3, d.clients)
}

func TestAServiceWithoutTrailsIsNotKept(t *testing.T) {
	d := newDetector(Paper)
	minute(d, 0)
	assert.Empty(t, d.services)
	minute(d, 0, vector("a", 1, 0, 0))
	assert.Len(t, d.services, 1)
	minute(d, 30)
	assert.Empty(t, d.services)
}

func TestAMapMadeForManyIsNotKeptForFew(t *testing.T) {
	d := New(DefaultSettings(), time.Minute, 1000)
	for c := range 1000 {
		minute(d, 0, vector(fmt.Sprint(c), 1, 0, 0))
	}
	require.Equal(t, 1000, d.services["shop"].peak)
	minute(d, 29, vector("a", 1, 0, 0))
	minute(d, 30)
	assert.Equal(t, 1, d.services["shop"].peak)
	assert.Contains(t, d.services["shop"].clients, "a")
}
