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
	"github.com/spanwarden/spanwarden/internal/trail"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// resources is the sketch of n distinct resources.
func resources(first, n int) (r traffic.Sketch) {
	for i := first; i < first+n; i++ {
		r.Add(fmt.Sprint("/accounts/", i))
	}
	return r
}

// guard is a detector with the trails that it judges by.
type guard struct {
	*Detector
	trails *trail.Book
}

func newGuard(rule Rule) guard {
	s := DefaultSettings()
	s.Rule = rule
	return guard{New(s, time.Minute), trail.New(s.Period, time.Minute, 100)}
}

// minute judges the clients' vectors in minute i and returns the rules broken.
func (g guard) minute(i int, clients ...traffic.Vector) []string {
	var rules []string
	g.Judge(g.window(i, clients), func(e anomaly.Event) { rules = append(rules, e.Rule+" "+e.Client) })
	return rules
}

func (g guard) window(i int, clients []traffic.Vector) *detect.Window {
	start := noon.Add(time.Duration(i) * time.Minute)
	return &detect.Window{
		Window:  &traffic.Window{Service: "shop", Start: start, End: start.Add(time.Minute)},
		Clients: clients, Pasts: g.trails.Add("shop", start, clients, nil),
	}
}

func vector(client string, calls, failed int64, seen traffic.Sketch) traffic.Vector {
	return traffic.Vector{Service: "shop", Client: client, TotalCalls: calls, NumFailed: failed, DistinctEndpoints: 1, Resources: seen}
}

func TestPaper(t *testing.T) {
	g := newGuard(Paper)
	for i := range 14 {
		assert.Empty(t, g.minute(2*i, vector("a", 1, 0, 0)))
	}
	assert.Equal(t, []string{"low_rate_requests a"}, g.minute(28, vector("a", 1, 0, 0)), "15 in 30 minutes")
	assert.Empty(t, g.minute(33, vector("a", 1, 0, 0)), "the first two have left the period")
}

func TestPersistentPasses(t *testing.T) {
	for name, step := range map[string]func(i int) traffic.Vector{
		"a visitor who loads a page with pictures": func(i int) traffic.Vector {
			if i == 3 {
				return vector("a", 40, 5, resources(0, 40))
			}
			return traffic.Vector{}
		},
		"a phone whose icons are missing": func(i int) traffic.Vector {
			if i == 3 || i == 9 {
				return vector("a", 10, 10, resources(0, 5))
			}
			return traffic.Vector{}
		},
		"an app that polls": func(int) traffic.Vector { return vector("a", 4, 0, resources(0, 1)) },
		"a clerk in a morning": func(i int) traffic.Vector {
			if i%3 != 0 {
				return traffic.Vector{}
			}
			return vector("a", 6, 0, resources(10*i, 3))
		},
		"a partner who fetches every order": func(i int) traffic.Vector {
			v := vector("a", 8, 0, resources(4*i, 4))
			v.DistinctEndpoints = 4 // lists, fetches, confirms, ships
			return v
		},
		"a busy machine":   func(i int) traffic.Vector { return vector("a", 500, 0, resources(500*i, 500)) },
		"one in ten fails": func(int) traffic.Vector { return vector("a", 10, 1, resources(0, 3)) },
	} {
		g := newGuard(Persistent)
		for i := range 60 {
			v := step(i)
			if v.TotalCalls == 0 {
				continue
			}
			assert.Empty(t, g.minute(i, v), name)
		}
	}
}

func TestPersistentFinds(t *testing.T) {
	t.Run("probing", func(t *testing.T) {
		g := newGuard(Persistent)
		var first int
		for i := 0; i < 60 && first == 0; i += 2 {
			if g.minute(i, vector("a", 2, 2, resources(i, 2))) != nil {
				first = i
			}
		}
		assert.Equal(t, 14, first, "the 15th failure is in the eighth window")
	})
	t.Run("walking", func(t *testing.T) {
		g := newGuard(Persistent)
		var found []string
		for i := range 40 {
			found = append(found, g.minute(i, vector("a", 2, 0, resources(2*i, 2)))...)
		}
		require.NotEmpty(t, found)
		assert.Equal(t, "low_rate_walking a", found[0])
	})
}

func TestTheOverflowIsJudgedLikeAClient(t *testing.T) {
	g := newGuard(Paper)
	v := vector("", 20, 0, 0)
	v.Role = traffic.Overflow
	assert.Equal(t, []string{"low_rate_requests " + traffic.OverflowClient}, g.minute(0, v))
	assert.Empty(t, g.minute(1, vector("", 20, 0, 0)), "calls of nobody in particular are not")
}

// TestOneWindowIsEnoughForWhoIsNotFollowed: such a client is judged by it alone.
func TestOneWindowIsEnoughForWhoIsNotFollowed(t *testing.T) {
	g := newGuard(Paper)
	g.trails = trail.New(DefaultSettings().Period, time.Minute, 0)
	assert.Empty(t, g.minute(0, vector("a", 14, 0, 0)))
	assert.Empty(t, g.minute(1, vector("a", 14, 0, 0)))
	assert.Equal(t, []string{"low_rate_requests a"}, g.minute(2, vector("a", 15, 0, 0)))
}

// TestWalkingIsFoundAgainAfterARestart: the sketches are lost, the steps are not.
func TestWalkingIsFoundAgainAfterARestart(t *testing.T) {
	before := newGuard(Persistent)
	for i := range 30 {
		before.minute(i, vector("a", 2, 0, resources(2*i, 2)))
	}
	require.NotEmpty(t, before.minute(30, vector("a", 2, 0, resources(60, 2))))
	state, err := before.trails.Save()
	require.NoError(t, err)
	after := newGuard(Persistent)
	require.NoError(t, after.trails.Restore(state))
	assert.Empty(t, after.minute(31, vector("a", 2, 0, resources(62, 2))))
	first := 0
	for i := 32; i < 60 && first == 0; i++ {
		if after.minute(i, vector("a", 2, 0, resources(2*i, 2))) != nil {
			first = i
		}
	}
	assert.InDelta(t, 40, first, 4, "as soon as about 15 resources have been seen")
}

func TestTheEventTellsThePast(t *testing.T) {
	g := newGuard(Persistent)
	var told []anomaly.Event
	for i := range 8 {
		v := vector("a", 3, 2, resources(3*i, 3))
		v.MaxAPIEndpoint = traffic.Endpoint{Method: "GET", Route: "/login"}
		g.Judge(g.window(i, []traffic.Vector{v}), func(e anomaly.Event) { told = append(told, e) })
	}
	require.Len(t, told, 1)
	e := told[0]
	assert.Equal(t, "low_rate_probing", e.Rule)
	assert.Equal(t, "a keeps probing shop: 16 of its 24 requests in 30m0s failed, spread over 8 windows", e.Message)
	assert.Contains(t, e.Explanation, "24 requests in 8 of the last 30 windows, 16 failed with 4xx")
	assert.InDelta(t, 24.0/15, e.Score, 1e-12)
	assert.Equal(t, "/login", e.Route)
}

func TestJudgingAllocatesNothing(t *testing.T) {
	g := newGuard(Persistent)
	clients := make([]traffic.Vector, 1000)
	for i := range clients {
		clients[i] = vector(fmt.Sprint("c", i), int64(1+i%9), 0, resources(i, 1))
	}
	w := g.window(0, clients)
	assert.Zero(t, testing.AllocsPerRun(50, func() {
		g.Judge(w, func(anomaly.Event) { t.Error("a report") })
	}))
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate(time.Minute))
	err := Settings{Rule: "loud"}.Validate(time.Minute)
	for _, key := range []string{"rule", "period", "min_requests", "min_windows", "min_failed_ratio", "steady_ratio", "max_requests_per_window", "max_endpoints"} {
		assert.ErrorContains(t, err, key+" is")
	}
}
