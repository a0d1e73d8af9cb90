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

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// resources is the sketch of n distinct resources.
func resources(first, n int) (r traffic.Resources) {
	for i := first; i < first+n; i++ {
		r.Add(fmt.Sprint("/accounts/", i))
	}
	return r
}

// minute judges the clients' vectors in minute i and returns the rules broken.
func minute(d *Detector, i int, clients ...traffic.Vector) []string {
	start := noon.Add(time.Duration(i) * time.Minute)
	var rules []string
	d.Judge(&detect.Window{
		Window:  &traffic.Window{Service: "shop", Start: start, End: start.Add(time.Minute)},
		Clients: clients,
	}, func(e anomaly.Event) { rules = append(rules, e.Rule+" "+e.Client) })
	return rules
}

func vector(client string, calls, failed int64, seen traffic.Resources) traffic.Vector {
	return traffic.Vector{Service: "shop", Client: client, TotalCalls: calls, NumFailed: failed, DistinctEndpoints: 1, Resources: seen}
}

func newDetector(rule Rule) *Detector {
	s := DefaultSettings()
	s.Rule = rule
	return New(s, time.Minute, 100)
}

func TestPaper(t *testing.T) {
	d := newDetector(Paper)
	for i := range 14 {
		assert.Empty(t, minute(d, 2*i, vector("a", 1, 0, 0)))
	}
	assert.Equal(t, []string{"low_rate_requests a"}, minute(d, 28, vector("a", 1, 0, 0)), "15 in 30 minutes")
	assert.Empty(t, minute(d, 33, vector("a", 1, 0, 0)), "the first two have left the period")
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
		d := newDetector(Persistent)
		for i := range 60 {
			v := step(i)
			if v.TotalCalls == 0 {
				continue
			}
			assert.Empty(t, minute(d, i, v), name)
		}
	}
}

func TestPersistentFinds(t *testing.T) {
	t.Run("probing", func(t *testing.T) {
		d := newDetector(Persistent)
		var first int
		for i := 0; i < 60 && first == 0; i += 2 {
			if minute(d, i, vector("a", 2, 2, resources(i, 2))) != nil {
				first = i
			}
		}
		assert.Equal(t, 14, first, "the 15th failure is in the eighth window")
	})
	t.Run("walking", func(t *testing.T) {
		d := newDetector(Persistent)
		var found []string
		for i := range 40 {
			found = append(found, minute(d, i, vector("a", 2, 0, resources(2*i, 2)))...)
		}
		require.NotEmpty(t, found)
		assert.Equal(t, "low_rate_walking a", found[0])
	})
}

func TestTheOverflowIsJudgedLikeAClient(t *testing.T) {
	d := newDetector(Paper)
	v := vector("", 20, 0, 0)
	v.Role = traffic.Overflow
	assert.Equal(t, []string{"low_rate_requests " + traffic.OverflowClient}, minute(d, 0, v))
	assert.Empty(t, minute(d, 1, vector("", 20, 0, 0)), "calls of nobody in particular are not")
}

func TestClientsAreForgottenAndBounded(t *testing.T) {
	d := newDetector(Paper)
	for i := range 150 {
		minute(d, 0, vector(fmt.Sprint(i), 1, 0, 0))
	}
	assert.Equal(t, 100, d.clients)
	minute(d, 31, vector("new", 1, 0, 0))
	assert.Equal(t, 1, d.clients)
}

func TestTrailsSurviveARestart(t *testing.T) {
	before := newDetector(Paper)
	for i := range 14 {
		minute(before, i, vector("a", 1, 0, 0))
	}
	state, err := before.Save()
	require.NoError(t, err)
	after := newDetector(Paper)
	require.NoError(t, after.Restore(state))
	assert.Equal(t, []string{"low_rate_requests a"}, minute(after, 14, vector("a", 1, 0, 0)))
	assert.Error(t, after.Restore([]byte("[")))
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate(time.Minute))
	err := Settings{Rule: "loud"}.Validate(time.Minute)
	for _, key := range []string{"rule", "period", "min_requests", "min_windows", "min_failed_ratio", "steady_ratio", "max_requests_per_window", "max_endpoints"} {
		assert.ErrorContains(t, err, key+" is")
	}
}
