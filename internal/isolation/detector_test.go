package isolation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// town is a service with customers who come for some minutes and go.
type town struct {
	random *rand.Rand
	minute int
	guests map[int]*guest
	next   int
}

type guest struct {
	name string
	left int // minutes until it goes
	past trail.Past
}

func newTown(seed uint64) *town {
	return &town{random: rand.New(rand.NewPCG(seed, 7)), guests: make(map[int]*guest)}
}

// note adds a text to a sketch as Add does, but by a hash that is the same in every
// process: what is found here does not depend on chance.
func note(s *traffic.Sketch, text string) { *s |= 1 << (owner(text) * 0x9e3779b97f4a7c15 >> 58) }

// visit lets a client make these calls in a window, each of an endpoint and a
// resource; so many of them fail.
func visit(w *detect.Window, g *guest, calls [][2]int, failed int) {
	most, endpoints := 0, make(map[int]int)
	for _, call := range calls {
		endpoints[call[0]]++
		most = max(most, endpoints[call[0]])
		note(&g.past.Endpoints, fmt.Sprint("endpoint ", call[0]))
		note(&g.past.Resources, fmt.Sprint(call))
	}
	g.past.Windows = min(30, g.past.Windows+1)
	g.past.Calls += len(calls)
	g.past.Failed += failed
	g.past.MostEndpoints = max(g.past.MostEndpoints, len(endpoints))
	w.Clients = append(w.Clients, traffic.Vector{
		Service: w.Service, Client: g.name, Start: w.Start, TotalCalls: int64(len(calls)), MaxAPICall: int64(most), NumFailed: int64(failed),
		MaxAPIEndpoint: traffic.Endpoint{Method: "GET", Route: "/accounts/{id}"}, DistinctEndpoints: int64(len(endpoints)),
		InterAPIAccess: 60 / float64(len(calls)+1), APIAccessUnique: float64(len(endpoints)) / float64(len(calls)), DataOut: float64(300 * len(calls)),
	})
	w.Pasts = append(w.Pasts, g.past)
}

// minuteOf is the next window of the town, with what attackers add to it.
func (t *town) minuteOf(attack ...func(w *detect.Window)) *detect.Window {
	start := noon.Add(time.Duration(t.minute) * time.Minute)
	t.minute++
	w := &detect.Window{Window: &traffic.Window{Service: "bank", Start: start, End: start.Add(time.Minute)}}
	for range 1 + t.random.IntN(3) {
		t.next++
		t.guests[t.next] = &guest{name: fmt.Sprintf("198.18.%d.%d", t.next/250, t.next%250), left: 3 + t.random.IntN(6)}
	}
	for i := range t.next + 1 {
		g := t.guests[i]
		if g == nil {
			continue
		}
		failed := 0
		if t.random.IntN(20) == 0 {
			failed = 1
		}
		calls := [][2]int{{t.random.IntN(12), 0}}
		for range t.random.IntN(5) { // its own things, seldom a second one of a kind
			calls = append(calls, [2]int{t.random.IntN(12), t.random.IntN(8) / 7})
		}
		visit(w, g, calls, failed)
		if g.left--; g.left == 0 {
			delete(t.guests, i)
		}
	}
	for _, a := range attack {
		a(w)
	}
	w.Total = traffic.Vector{Service: "bank", Start: start, Role: traffic.Total}
	for i := range w.Clients {
		w.Total.TotalCalls += w.Clients[i].TotalCalls
	}
	return w
}

// walk is so many calls to one endpoint, the resources from one on each once.
func walk(from, n int) (calls [][2]int) {
	for i := range n {
		calls = append(calls, [2]int{3, from + i})
	}
	return calls
}

// thief reads so many accounts a minute, each once.
func thief(name string, aMinute int) func(*detect.Window) {
	g, walked := &guest{name: name}, 0
	return func(w *detect.Window) {
		visit(w, g, walk(walked, aMinute), 0)
		walked += aMinute
	}
}

func newDetector(t *testing.T) *Detector {
	t.Helper()
	s := DefaultSettings()
	require.NoError(t, s.Validate())
	d := New(s, time.Minute, 30*time.Minute, 10, 1000)
	d.Failed = func(service string, err error) { t.Errorf("%s: %v", service, err) }
	t.Cleanup(d.Close)
	return d
}

// judge lets windows pass and returns what is reported.
func judge(d *Detector, town *town, minutes int, attack ...func(*detect.Window)) (events []anomaly.Event) {
	for range minutes {
		d.Judge(town.minuteOf(attack...), func(e anomaly.Event) { events = append(events, e) })
	}
	return events
}

func TestAThiefIsNamedWithTheReason(t *testing.T) {
	d, bank := newDetector(t), newTown(1)
	require.Empty(t, judge(d, bank, 60))
	events := judge(d, bank, 10, thief("203.0.113.9", 5))
	require.NotEmpty(t, events)
	e := events[0]
	assert.Equal(t, "203.0.113.9", e.Client)
	assert.Equal(t, anomaly.Traffic, e.Kind)
	assert.Equal(t, "isolation_forest", e.Detector)
	assert.Equal(t, "GET /accounts/{id}", e.Method+" "+e.Route)
	assert.Regexp(t, `^203\.0\.113\.9 is unlike the other clients of bank: .*different resources of each of its endpoints in 30 minutes, usually .*; mostly GET /accounts/\{id\}$`, e.Message)
	assert.Contains(t, e.Explanation, "and more is suspicious")
	sum, base := 0.0, 0.0
	for _, f := range e.Features {
		sum += f.Contribution
	}
	_, known, _ := strings.Cut(e.Explanation, "suspicious; ")
	_, err := fmt.Sscanf(known, "%f if nothing is known", &base)
	require.NoError(t, err)
	assert.InDelta(t, e.Score, base+sum, 0.006, "the base is rounded to two decimals")
	assert.Positive(t, e.Features[0].Contribution)
	assert.False(t, math.IsNaN(e.Features[0].UsualHigh))
}

// Now and then somebody's visit happens to look like a thief's.
func TestTwoDaysOfCustomersAreQuiet(t *testing.T) {
	alarms := make(map[string]bool)
	const days = 2
	for seed := range uint64(3) { // of 16 hours
		for _, e := range judge(newDetector(t), newTown(10+seed), 16*60) {
			alarms[e.Client] = true
		}
	}
	assert.LessOrEqual(t, len(alarms), days, "one a day at most: %v", alarms)
}

// Nothing is said before there is a forest, and who steals from the start is found
// by the first one: it has learned at most a client's share of it.
func TestAThiefWhoWasThereFirstIsFound(t *testing.T) {
	d, bank := newDetector(t), newTown(2)
	steal := thief("203.0.113.9", 20)
	assert.Empty(t, judge(d, bank, d.settings.WarmUp, steal))
	assert.NotEmpty(t, judge(d, bank, 60, steal))
}

// Who becomes a little worse each minute does not become usual: suspicious windows
// are not learned, and no client has more than its share.
func TestSlowPoisoningEndsInAnAlarm(t *testing.T) {
	d, bank := newDetector(t), newTown(3)
	require.Empty(t, judge(d, bank, 60))
	g := &guest{name: "203.0.113.9"}
	level := 1.0
	var found float64
	for range 12 * 60 {
		level *= 1.007 // doubles every hundred minutes
		events := judge(d, bank, 1, func(w *detect.Window) {
			g.past = trail.Past{} // a past of this level
			visit(w, g, walk(0, int(level)), 0)
		})
		if len(events) > 0 {
			found = level
			break
		}
	}
	t.Logf("found at %.0f resources of its one endpoint in the period", found)
	assert.Positive(t, found, "never found, though it reached %.0f", level)
	assert.Less(t, found, 40.)
	share := 0
	for _, o := range d.services["bank"].reservoir.owners {
		if o == owner(g.name) {
			share++
		}
	}
	assert.LessOrEqual(t, share, int(d.settings.Share*float64(d.settings.Reservoir)))
}

func TestManyAreOneAnomaly(t *testing.T) {
	d, bank := newDetector(t), newTown(4)
	require.Empty(t, judge(d, bank, 60))
	var attack []func(*detect.Window)
	for i := range 20 {
		attack = append(attack, thief(fmt.Sprintf("203.0.113.%d", i), 30))
	}
	events := judge(d, bank, 2, attack...)
	require.Len(t, events, 1)
	assert.Empty(t, events[0].Client)
	assert.Len(t, events[0].Clients, 5)
	assert.Contains(t, events[0].Message, "20 clients are unlike the others of bank, such as 203.0.113.")
}

func TestTheSameTrafficGivesTheSameVerdicts(t *testing.T) {
	run := func() []anomaly.Event {
		d, bank := newDetector(t), newTown(5)
		judge(d, bank, 40)
		return judge(d, bank, 20, thief("203.0.113.9", 8))
	}
	first := run()
	require.NotEmpty(t, first)
	second := run()
	require.Len(t, second, len(first))
	for i := range first {
		assert.Equal(t, first[i].Message, second[i].Message)
		assert.InDelta(t, first[i].Score, second[i].Score, 0)
	}
}

func TestServicesAreBounded(t *testing.T) {
	d := newDetector(t)
	for i := range 50 {
		w := newTown(6).minuteOf()
		w.Service = fmt.Sprint("service", i)
		d.Judge(w, func(anomaly.Event) {})
	}
	assert.Len(t, d.services, 10)
	assert.EqualValues(t, 40, d.Unjudged())
	late := newTown(6).minuteOf()
	late.Service, late.Start = "new", noon.Add(48*time.Hour)
	d.Judge(late, func(anomaly.Event) {})
	assert.Len(t, d.services, 10)
	assert.Contains(t, d.services, "new", "in the place of one that was silent for a day")
}

func TestNobodyIsJudgedByAnUnknownPast(t *testing.T) {
	for _, partial := range []bool{false, true} {
		d, bank := newDetector(t), newTown(7)
		judge(d, bank, 60)
		steal := thief("203.0.113.9", 10)
		events := judge(d, bank, 10, func(w *detect.Window) {
			steal(w)
			w.Pasts[len(w.Pasts)-1].Partial = partial
		})
		assert.Equal(t, partial, len(events) == 0, "partial: %v", partial)
	}
}

// After a restart, pasts are known in part only: nothing is learned from these.
func TestAPartialPastIsNotLearned(t *testing.T) {
	d, bank := newDetector(t), newTown(8)
	for range 60 {
		w := bank.minuteOf()
		for i := range w.Pasts {
			w.Pasts[i].Partial = true
		}
		d.Judge(w, func(anomaly.Event) {})
	}
	assert.Zero(t, d.services["bank"].reservoir.len())
}

// An office has its busy hours: as it is known, it may then be odder than before.
// Nobody else may.
func TestARegularMayBecomeSomewhatOdder(t *testing.T) {
	office := func(name string, rate func(minute int) int) func(*detect.Window) {
		minute := 0
		return func(w *detect.Window) {
			minute++
			g := &guest{name: name}
			visit(w, g, walk(0, rate(minute)), 0)
		}
	}
	calm := func(int) int { return 3 }
	busy := func(minute int) int { return 3 + 3*max(0, min(1, minute-120)) }
	d, bank := newDetector(t), newTown(9)
	events := judge(d, bank, 150, office("198.51.100.1", busy), office("198.51.100.2", calm))
	assert.Empty(t, events)
	assert.Contains(t, d.services["bank"].trained.own, owner("198.51.100.1"))
	events = judge(d, bank, 5, office("198.51.100.3", func(int) int { return 60 }), office("198.51.100.1", func(int) int { return 60 }))
	require.NotEmpty(t, events)
	var accused []string
	for _, e := range events {
		accused = append(accused, e.Client)
	}
	assert.Contains(t, accused, "198.51.100.3")
	assert.Contains(t, accused, "198.51.100.1", "not so much odder")
}

// Of few clients none is like the others: there is no forest then.
func TestAFewClientsAreNotCompared(t *testing.T) {
	d := newDetector(t)
	for minute := range 300 {
		start := noon.Add(time.Duration(minute) * time.Minute)
		w := &detect.Window{Window: &traffic.Window{Service: "partners", Start: start, End: start.Add(time.Minute)}}
		for i := range 10 {
			visit(w, &guest{name: fmt.Sprint("partner ", i)}, walk(0, 1+i*i), 0)
		}
		w.Total.TotalCalls = 100
		d.Judge(w, func(e anomaly.Event) { t.Errorf("a report: %s", e.Message) })
	}
	s := d.services["partners"]
	assert.Nil(t, s.trained)
	assert.NotNil(t, s.usual, "what is usual is known all the same")
}

// A reservoir spans its memory, also that of clients who come all the time.
func TestARegularsRowsAreOfAllHours(t *testing.T) {
	d := newDetector(t)
	for minute := range 600 {
		start := noon.Add(time.Duration(minute) * time.Minute)
		w := &detect.Window{Window: &traffic.Window{Service: "shop", Start: start, End: start.Add(time.Minute)}}
		for i := range 30 {
			visit(w, &guest{name: fmt.Sprint("machine ", i)}, walk(0, 1+minute/60), 0)
		}
		w.Total.TotalCalls = 100
		d.Judge(w, func(anomaly.Event) {})
	}
	r := d.services["shop"].reservoir
	hours := make(map[float32]int)
	for i := range r.len() {
		hours[r.row(i)[2]]++ // total_calls
	}
	assert.GreaterOrEqual(t, len(hours), 8, "%v", hours)
}

func TestAModelFromAFileJudgesInsteadOfTheirOwn(t *testing.T) {
	d, bank := newDetector(t), newTown(10)
	judge(d, bank, 60)
	m, err := ensemble.NewModel(&forest.Forest{ // odd is who makes more than a hundred calls
		Kind: forest.IsolationForest, Features: []string{"total_calls"}, SampleSize: 256,
		Trees: []forest.Tree{{
			Output: forest.AllOutputs, Values: []float64{12, 1},
			Nodes: []forest.Node{
				{Threshold: 100, Next: 1, Cover: 256}, {Feature: forest.Leaf, Next: 0, Cover: 255}, {Feature: forest.Leaf, Next: 1, Cover: 1},
			},
		}},
	}, nil)
	require.NoError(t, err)
	d.Use(m)
	assert.Empty(t, judge(d, bank, 5, thief("203.0.113.9", 50)))
	events := judge(d, bank, 5, thief("203.0.113.8", 200))
	require.NotEmpty(t, events)
	assert.Regexp(t, `^203\.0\.113\.8 is unlike the other clients of bank: 200 calls in a minute, usually 1–\d; mostly GET /accounts/\{id\}$`, events[0].Message)
	d.Use(nil)
	assert.NotEmpty(t, judge(d, bank, 60, thief("203.0.113.7", 50)))
}

// A defect in the training is no reason to end the Collector.
func TestAPanicInTheTrainingIsAnError(t *testing.T) {
	d, bank := newDetector(t), newTown(11)
	var failed []error
	d.Failed = func(_ string, err error) { failed = append(failed, err) }
	judge(d, bank, 29)
	broken := newJob(d, d.services["bank"])
	broken.halves = nil
	d.services["bank"].waiting = d.trainer.start(broken)
	judge(d, bank, 1)
	require.Len(t, failed, 1)
	assert.ErrorContains(t, failed[0], "a defect, please report it")
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate())
	err := Settings{}.Validate()
	for _, key := range []string{
		"features is", "trees is", "sample_size is", "reservoir is", "share is", "warm_up is", "min_sample is", "min_clients is", "threshold is", "of is", "windows is",
		"memory is", "retrain is",
	} {
		assert.ErrorContains(t, err, key)
	}
	s := DefaultSettings()
	s.Features = []string{"num_users"}
	assert.ErrorContains(t, s.Validate(), `features: there is no feature "num_users"`)
}
