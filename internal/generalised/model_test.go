package generalised

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/session"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

func TestShippedModel(t *testing.T) {
	f, err := Shipped()
	require.NoError(t, err)
	assert.Equal(t, columnNames(), f.Features)
	assert.Contains(t, f.Classes, Attack)
	assert.Contains(t, f.Origin, "It knows automated clients, not attacks.")
	assert.Less(t, len(shipped), 150<<10)
	_, err = NewModel(f)
	assert.NoError(t, err)
}

// TestTheModelIsGivenWhatItWasTrainedOn: the duration is over all calls, not over
// the gaps, as in the public data.
func TestTheModelIsGivenWhatItWasTrainedOn(t *testing.T) {
	s := &session.Session{First: noon, Last: noon.Add(30 * time.Second), Calls: 20, DistinctEndpoints: 5}
	f, err := Shipped()
	require.NoError(t, err)
	m := ready(t, f)
	assert.Equal(t, []float32{1.5, 0.25, 20}, m.fill(s))
}

func TestModelsThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *forest.Forest)
		want   string
	}{
		"kind":     {func(f *forest.Forest) { f.Kind = forest.Boosting }, `kind "boosting"`},
		"features": {func(f *forest.Forest) { f.Features = []string{"total_calls", "api_access_uniqueness"} }, `asks for "total_calls", which`},
		"class": {
			func(f *forest.Forest) { f.Classes = []string{"bot", "normal"} },
			`knows the classes bot, normal: give the automated clients the class "attack"`,
		},
		"damaged": {func(f *forest.Forest) { f.Trees[0].Nodes[0].Next = 99 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := byHand()
			c.change(f)
			_, err := NewModel(f)
			require.Error(t, err)
			assert.ErrorContains(t, err, c.want)
		})
	}
	_, err := NewModel(nil)
	assert.ErrorContains(t, err, "there is no model")
}

// TestFeaturesGoByName: a model may have them in any order, and not all of them.
func TestFeaturesGoByName(t *testing.T) {
	s := &session.Session{First: noon, Last: noon.Add(time.Minute), Calls: 60, DistinctEndpoints: 3}
	f := byHand()
	f.Features = []string{"sequence_length(count)", "inter_api_access_duration(sec)", "api_access_uniqueness"}
	f.Trees[0].Nodes[2].Feature = 2
	m := ready(t, f)
	assert.Equal(t, []float32{60, 1, 0.05}, m.fill(s))
	assert.InDelta(t, 0.9, m.probability(s), 1e-9)
}

func TestAnotherModelJudgesTheSameSessions(t *testing.T) {
	d := newDetector(t)
	minute(d, 0, vector("a", 40, 1))
	f := byHand()
	f.Trees[0].Nodes[0].Threshold = 1000
	d.Use(ready(t, f))
	assert.Empty(t, minute(d, 1, vector("a", 40, 1)))
	d.Use(ready(t, byHand()))
	events := minute(d, 2, vector("a", 40, 1))
	require.Len(t, events, 1)
	assert.EqualValues(t, 120, events[0].Features[0].Value)
}

func anySession(t *rapid.T) *session.Session {
	calls := rapid.OneOf(rapid.Int64Range(1, 50), rapid.Int64Range(1, 1e6)).Draw(t, "calls")
	return &session.Session{
		First: noon, Last: noon.Add(time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "length"))),
		Calls: calls, DistinctEndpoints: rapid.Int64Range(1, calls).Draw(t, "endpoints"),
	}
}

// TestContributionsAddUpToTheProbability of the shipped model, for any session.
func TestContributionsAddUpToTheProbability(t *testing.T) {
	f, err := Shipped()
	require.NoError(t, err)
	m := ready(t, f)
	rapid.Check(t, func(t *rapid.T) {
		s := anySession(t)
		p := m.probability(s)
		base, contributions := m.explain(s)
		for _, c := range contributions {
			base += c
		}
		require.InDelta(t, p, base, 1e-6)
		require.True(t, p >= 0 && p <= 1)
	})
}

// many clients with sessions that differ.
func many(n int) []traffic.Vector {
	clients := make([]traffic.Vector, n)
	for c := range clients {
		clients[c] = vector(fmt.Sprintf("2001:db8:%x:%x::1", c/256, c%256), int64(20+c%300), int64(1+c%20))
		clients[c].SessionLength = math.Mod(float64(c)*0.37, 59)
	}
	return clients
}

func judge(d *Detector, i int, clients []traffic.Vector, report func(anomaly.Event)) {
	start := noon.Add(time.Duration(i) * time.Minute)
	for c := range clients {
		clients[c].Start, clients[c].FirstCall = start, start
	}
	w := detect.Window{Window: &traffic.Window{Service: "shop", Start: start, End: start.Add(time.Minute)}, Clients: clients}
	d.Judge(&w, report)
}

func TestJudgingKnownClientsAllocatesNothing(t *testing.T) {
	settings := DefaultSettings()
	settings.Threshold = 1
	f, err := Shipped()
	require.NoError(t, err)
	d := New(settings, ready(t, f), time.Minute, 1000)
	clients := many(1000)
	judge(d, 0, clients, func(anomaly.Event) {})
	i := 1
	assert.LessOrEqual(t, testing.AllocsPerRun(20, func() {
		judge(d, i, clients, func(anomaly.Event) { t.Error("a report") })
		i++
	}), 2.0, "the windows themselves")
}

func BenchmarkJudge(b *testing.B) {
	const n = 100_000
	f, err := Shipped()
	require.NoError(b, err)
	d := New(DefaultSettings(), ready(b, f), time.Minute, n)
	clients := many(n)
	b.ReportAllocs()
	reports := 0
	for i := 0; b.Loop(); i++ {
		judge(d, i, clients, func(anomaly.Event) { reports++ })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/client")
	b.ReportMetric(float64(reports)/float64(b.N), "reports/window")
}
