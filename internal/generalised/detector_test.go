package generalised

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// byHand is a forest of one tree that takes sessions of more than 50 calls, of
// which at most every tenth is to another endpoint, for automated with probability
// 0.9; 0.3 for other long ones, and 0.1 for short ones.
func byHand() *forest.Forest {
	return &forest.Forest{
		Kind: forest.RandomForest, Classes: []string{"other", Attack},
		Features: []string{"sequence_length(count)", "api_access_uniqueness"},
		Trees: []forest.Tree{{
			Output: forest.AllOutputs,
			Nodes: []forest.Node{
				{Feature: 0, Threshold: 50, Next: 1, Cover: 100},
				{Feature: forest.Leaf, Next: 0, Cover: 60},
				{Feature: 1, Threshold: 0.1, Next: 3, Cover: 40},
				{Feature: forest.Leaf, Next: 1, Cover: 20},
				{Feature: forest.Leaf, Next: 2, Cover: 20},
			},
			Values: []float64{0.9, 0.1, 0.1, 0.9, 0.7, 0.3},
		}},
	}
}

// ready is a model for a detector.
func ready(t require.TestingT, f *forest.Forest) *Model {
	m, err := NewModel(f)
	require.NoError(t, err)
	return m
}

func newDetector(t require.TestingT) *Detector {
	d := New(DefaultSettings(), ready(t, byHand()), time.Minute, 100)
	return d
}

// vector is calls to a few endpoints in half a minute.
func vector(client string, calls, endpoints int64) traffic.Vector {
	return traffic.Vector{
		Service: "shop", Client: client, TotalCalls: calls, DistinctEndpoints: endpoints, SessionLength: 30,
		Endpoints:      traffic.Sketch(1)<<endpoints - 1,
		MaxAPIEndpoint: traffic.Endpoint{Method: "GET", Route: "/items/{id}"},
	}
}

// minute judges the clients' vectors in minute i; the first calls are 10 s into it.
func minute(d *Detector, i int, clients ...traffic.Vector) (events []anomaly.Event) {
	start := noon.Add(time.Duration(i) * time.Minute)
	for c := range clients {
		clients[c].Start, clients[c].FirstCall = start, start.Add(10*time.Second)
	}
	d.Judge(&detect.Window{
		Window:  &traffic.Window{Service: "shop", Start: start, End: start.Add(time.Minute)},
		Clients: clients,
	}, func(e anomaly.Event) { events = append(events, e) })
	return events
}

func TestASessionIsReportedAsLongAsItGoesOn(t *testing.T) {
	d := newDetector(t)
	for i := range 3 {
		assert.Empty(t, minute(d, i, vector("a", 15, 3)), "45 calls are too few for the model")
	}
	for i := 3; i < 6; i++ {
		events := minute(d, i, vector("a", 15, 3), vector("b", 15, 15))
		require.Len(t, events, 1)
		assert.Equal(t, "a", events[0].Client)
		assert.InDelta(t, 0.9, events[0].Score, 1e-9)
	}
	assert.Empty(t, minute(d, 36, vector("a", 15, 3)), "a new session")
}

func TestAnEventTellsWhatTheModelSaw(t *testing.T) {
	d := newDetector(t)
	v := vector("192.0.2.7", 206, 3)
	v.Exemplars[0].TraceID[0] = 1
	minute(d, 0, v)
	events := minute(d, 3, v)
	require.Len(t, events, 1)
	e := events[0]
	features := e.Features
	e.Features = nil
	assert.Equal(t, anomaly.Event{
		Kind: anomaly.Traffic, Detector: "generalised", Rule: "automated_client", Category: "automated client",
		Score: 0.9, Service: "shop", Client: "192.0.2.7", Method: "GET", Route: "/items/{id}",
		Message: "192.0.2.7 behaves like an automated client in shop: 412 calls in one session, " +
			"0.73 % of them to distinct endpoints, one each 0.51 s",
		Explanation: "the session began at 2026-03-01 12:00:10 UTC and lasts 3m30s so far. Probability of an automated client 0.90, " +
			"reported from 0.60. The model: it does not say what it was trained on.",
		Links: []anomaly.Link{{TraceID: [16]byte{1}}}, Hold: 31,
	}, e)
	require.Len(t, features, 2)
	assert.Equal(t, "sequence_length", features[0].Name)
	assert.Equal(t, "{call}", features[0].Unit)
	assert.EqualValues(t, 412, features[0].Value)
	assert.Equal(t, "api_access_uniqueness", features[1].Name)
	assert.InDelta(t, 3.0/412, features[1].Value, 1e-9)
	base := 0.6*0.1 + 0.2*0.9 + 0.2*0.3
	assert.InDelta(t, e.Score, base+features[0].Contribution+features[1].Contribution, 1e-6)
	assert.True(t, math.IsNaN(features[0].UsualLow) && math.IsNaN(features[0].UsualHigh))
}

func TestTheOriginOfTheModelIsTold(t *testing.T) {
	d := newDetector(t)
	f := byHand()
	f.Origin = "trained on the shop's own sessions."
	d.Use(ready(t, f))
	events := minute(d, 0, vector("a", 60, 1))
	require.Len(t, events, 1)
	assert.Contains(t, events[0].Explanation, "The model: trained on the shop's own sessions.")
}

func TestOnlySingleClientsAreJudged(t *testing.T) {
	d := newDetector(t)
	overflow, total := vector("", 500, 1), vector("", 500, 1)
	overflow.Role, total.Role = traffic.Overflow, traffic.Total
	named := vector("x", 500, 1)
	named.Role = traffic.Overflow
	assert.Empty(t, minute(d, 0, overflow, total, named, vector("", 500, 1), vector("idle", 0, 0)))
	assert.Len(t, minute(d, 1, vector("", 500, 1), vector("a", 500, 1)), 1)
}

func TestSessionsTooShortToJudge(t *testing.T) {
	settings := DefaultSettings()
	settings.MinCalls, settings.Threshold = 30, 0.1
	d := New(settings, ready(t, byHand()), time.Minute, 100)
	assert.Empty(t, minute(d, 0, vector("a", 29, 1)))
	assert.Len(t, minute(d, 1, vector("a", 1, 1), vector("b", 30, 30)), 2)
}

func TestClientsWithoutAPlaceAreJudgedByTheWindow(t *testing.T) {
	d := New(DefaultSettings(), ready(t, byHand()), time.Minute, 0)
	assert.Empty(t, minute(d, 0, vector("a", 40, 1)))
	assert.Empty(t, minute(d, 1, vector("a", 40, 1)))
	assert.Len(t, minute(d, 2, vector("a", 60, 1)), 1)
}

// TestAFloodIsNotExplained: features of 64 findings, the most probable first; but
// everybody's alarm goes on.
func TestAFloodIsNotExplained(t *testing.T) {
	settings := DefaultSettings()
	settings.Threshold = 0.3
	d := New(settings, ready(t, byHand()), time.Minute, 10_000)
	var flood []traffic.Vector
	for i := range 5000 { // every hundredth with a probability of 0.9, the others with 0.3
		endpoints := int64(60)
		if i%100 == 0 {
			endpoints = 1
		}
		flood = append(flood, vector(fmt.Sprint(i), 60, endpoints))
	}
	events := minute(d, 0, flood...)
	require.Len(t, events, 5000)
	for n, e := range events {
		assert.Equal(t, n < 50, e.Score > 0.8, n)
		assert.Equal(t, n < 64, len(e.Features) == 2, n)
		assert.Equal(t, 31, e.Hold)
		assert.NotEmpty(t, e.Message)
	}
	assert.Equal(t, "0", events[0].Client)
	assert.LessOrEqual(t, cap(d.sessions), kept, "what the flood needed is let go of")
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate(time.Minute))
	assert.ErrorContains(t, DefaultSettings().Validate(time.Hour), "idle_timeout is 30m0s")
	for _, s := range []Settings{
		{},
		{IdleTimeout: 25 * time.Hour, MinCalls: 1, Threshold: 1.1},
		{IdleTimeout: 59 * time.Second, MinCalls: -20, Threshold: math.NaN()},
	} {
		err := s.Validate(time.Minute)
		for _, key := range []string{"idle_timeout", "min_calls", "threshold"} {
			assert.ErrorContains(t, err, key+" is")
		}
	}
}

func ExampleDetector() {
	shipped, err := Shipped()
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := NewModel(shipped)
	if err != nil {
		fmt.Println(err)
		return
	}
	d := New(DefaultSettings(), model, time.Minute, 100_000)
	window := &detect.Window{Window: &traffic.Window{Service: "shop", Start: noon, End: noon.Add(time.Minute)}}
	window.Clients = []traffic.Vector{vector("192.0.2.7", 6, 2)}
	findings := 0
	d.Judge(window, func(anomaly.Event) { findings++ })
	fmt.Println(findings, "findings: six calls are too few to judge")
	// Output: 0 findings: six calls are too few to judge
}
