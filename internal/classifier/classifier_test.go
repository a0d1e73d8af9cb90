package classifier

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// above takes clients with more than so many calls in a window for attackers.
func above(t *testing.T, calls float32) *ensemble.Model {
	t.Helper()
	m, err := ensemble.NewModel(&forest.Forest{
		Kind: forest.Bagging, Features: []string{"total_calls"}, Classes: []string{"attack", "normal"},
		Trees: []forest.Tree{{
			Output: forest.AllOutputs, Values: []float64{0, 1, 1, 0},
			Nodes: []forest.Node{
				{Threshold: calls, Next: 1, Cover: 10}, {Feature: forest.Leaf, Next: 0, Cover: 9}, {Feature: forest.Leaf, Next: 1, Cover: 1},
			},
		}},
	}, []string{"attack"})
	require.NoError(t, err)
	return m
}

// accused lets windows of one minute pass, in which the client has as many calls as
// each says, and returns the numbers of those in which it was accused.
func accused(d *Detector, service string, client traffic.Vector, calls ...int64) (minutes []int) {
	for i, n := range calls {
		start := noon.Add(time.Duration(i) * time.Minute)
		v := client
		v.TotalCalls = n
		w := &detect.Window{
			Window:  &traffic.Window{Service: service, Start: start, End: start.Add(time.Minute)},
			Clients: []traffic.Vector{v}, Pasts: make([]trail.Past, 1),
		}
		d.Judge(w, func(anomaly.Event) { minutes = append(minutes, i) })
	}
	return minutes
}

func newDetector(t *testing.T, s Settings) *Detector {
	t.Helper()
	require.NoError(t, s.Validate())
	return New(s, above(t, 40), time.Minute, 30*time.Minute, nil, 3, 100)
}

var somebody = traffic.Vector{Client: "192.0.2.7", MaxAPIEndpoint: traffic.Endpoint{Method: "GET", Route: "/orders/{id}"}}

func TestTwoOfThreeWindowsAreEvidence(t *testing.T) {
	s := Settings{Threshold: 0.9, Windows: 2, Of: 3}
	assert.Equal(t, []int{2, 3}, accused(newDetector(t, s), "shop", somebody, 90, 1, 90, 90, 1, 1, 90))
}

func TestNobodyIsAccusedDuringTheWarmUp(t *testing.T) {
	s := Settings{Threshold: 0.9, Windows: 2, Of: 3, WarmUp: 4}
	assert.Equal(t, []int{5, 6}, accused(newDetector(t, s), "shop", somebody, 90, 90, 90, 90, 90, 90, 90))
}

func TestWhoIsNotOneClientIsNotJudged(t *testing.T) {
	s := Settings{Threshold: 0.9, Windows: 1, Of: 1}
	d := newDetector(t, s)
	assert.Empty(t, accused(d, "shop", traffic.Vector{}, 90), "unknown")
	assert.Empty(t, accused(d, "shop", traffic.Vector{Role: traffic.Overflow, Client: "x"}, 90))
	assert.Empty(t, accused(d, "shop", somebody, 0))
	assert.NotEmpty(t, accused(d, "shop", somebody, 90))
}

func TestAnotherModelJudgesFromNowOn(t *testing.T) {
	d := newDetector(t, Settings{Threshold: 0.9, Windows: 1, Of: 1})
	assert.NotEmpty(t, accused(d, "shop", somebody, 90))
	d.Use(above(t, 1000))
	assert.Empty(t, accused(d, "shop", somebody, 90))
}

func TestServicesAreBounded(t *testing.T) {
	d := newDetector(t, DefaultSettings())
	for i := range 20 {
		accused(d, fmt.Sprint(i), somebody, 1)
	}
	assert.Len(t, d.seen, 3)
	assert.Contains(t, d.seen, "19")
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate())
	err := Settings{Threshold: 2, WarmUp: -1, Windows: 3, Of: 2}.Validate()
	for _, message := range []string{"threshold is 2", "warm_up is -1", "windows is 3: use a value from 1 to of (2)"} {
		assert.ErrorContains(t, err, message)
	}
	assert.ErrorContains(t, Settings{Threshold: 0.5, Of: 65, Windows: 1}.Validate(), "of is 65: use a value from 1 to 64")
}
