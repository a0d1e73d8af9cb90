package ensemble

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/heapsize"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// accused is a window in which so many clients made 55 calls, all of them accused.
func accused(minute, n int) (*detect.Window, []Accused) {
	w := &detect.Window{Window: &traffic.Window{Service: "shop", Start: noon.Add(time.Duration(minute) * time.Minute)}}
	var all []Accused
	for i := range n {
		v, p := client(55, 0)
		v.Client = fmt.Sprintf("192.0.2.%d", i)
		w.Clients, w.Pasts = append(w.Clients, *v), append(w.Pasts, *p)
		all = append(all, Accused{Index: i, Score: 0.9 + float64(i)/1000})
	}
	return w, all
}

func newAccuser() *Accuser {
	usual := func(string) func(string) feature.Range {
		return func(string) feature.Range { return feature.Range{Low: 2, High: 6} }
	}
	return NewAccuser(Words{Detector: "judge", One: "calls %s oddly", Many: "call %s oddly"}, time.Minute, 30*time.Minute, usual)
}

func TestOneIsNamed(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	w, all := accused(0, 1)
	var events []anomaly.Event
	newAccuser().Report(w, m, all, "from 0.9 on it is an attack", func(e anomaly.Event) { events = append(events, e) })
	require.Len(t, events, 1)
	e := events[0]
	assert.Equal(t, "192.0.2.0 calls shop oddly: 55 calls in a minute, usually 2–6; mostly GET /orders/{id}", e.Message)
	assert.Contains(t, e.Explanation, "score 0.90, where from 0.9 on it is an attack;")
	assert.Equal(t, "192.0.2.0", e.Client)
	assert.Equal(t, "/orders/{id}", e.Route)
	require.Len(t, e.Features, 2)
	assert.Equal(t, "total_calls", e.Features[0].Name)
	assert.Positive(t, e.Features[0].Contribution)
}

func TestManyAreOne(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	a := newAccuser()
	report := func(minute, n int) (events []anomaly.Event) {
		w, all := accused(minute, n)
		a.Report(w, m, all, "", func(e anomaly.Event) { events = append(events, e) })
		return events
	}
	events := report(0, 28)
	require.Len(t, events, 1)
	assert.Equal(t, "28 clients call shop oddly, such as 192.0.2.27: 55 calls in a minute, usually 2–6; mostly GET /orders/{id}", events[0].Message)
	assert.Empty(t, events[0].Client)
	assert.Len(t, events[0].Clients, 5)
	again := report(1, 1)
	require.Len(t, again, 1)
	assert.Equal(t, events[0].Group, again[0].Group, "the same alarm")
	assert.Equal(t, "one more client, 192.0.2.0, calls shop oddly: 55 calls in a minute, usually 2–6; mostly GET /orders/{id}", again[0].Message)
	assert.Empty(t, report(2, 0))
}

// TestAFloodIsNotExplained: no more than 64 times, the highest scores first; but
// everybody's alarm goes on.
func TestAFloodIsNotExplained(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	w, all := accused(0, 300)
	for i := range w.Clients { // three of each deed are alone, and the last hundred a group
		w.Clients[i].MaxAPIEndpoint.Route = fmt.Sprint("/", min(i, 200)/3)
	}
	var events []anomaly.Event
	newAccuser().Report(w, m, all, "x", func(e anomaly.Event) { events = append(events, e) })
	require.Len(t, events, 199)
	assert.Equal(t, "GET /66, about 64 calls", events[0].Group, "the highest score is in the group")
	for n, e := range events {
		assert.Equal(t, 10, e.Hold)
		assert.True(t, n == 0 || e.Score <= events[n-1].Score)
		if n < 64 {
			assert.Len(t, e.Features, 2, n)
			continue
		}
		assert.Empty(t, e.Features, n)
		assert.Equal(t, e.Client+" calls shop oddly: mostly GET "+e.Route, e.Message)
		assert.Equal(t, fmt.Sprintf("score %.2f, where x. Too many were accused in this window to explain each. Most of its calls go to GET %s.",
			e.Score, e.Route), e.Explanation)
	}
}

// TestAFloodLeavesNothingBehind once its campaign is over.
func TestAFloodLeavesNothingBehind(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	a := newAccuser()
	before := heapsize.InUse()
	func() {
		w, all := accused(0, 20_000)
		for i := range w.Clients {
			w.Clients[i].MaxAPIEndpoint.Route = strings.Repeat("x", 200)
		}
		a.Report(w, m, all, "", func(anomaly.Event) {})
	}()
	w, all := accused(30, 1)
	a.Report(w, m, all, "", func(anomaly.Event) {})
	assert.Less(t, heapsize.InUse(), before+1<<20)
	runtime.KeepAlive(a)
}

func TestWhatSpeaksForNothingLeavesNoGap(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	for route, want := range map[string][2]string{
		"/a": {"192.0.2.7 calls shop oddly: mostly GET /a", "if nothing is known. Most of its calls go to GET /a."},
		"":   {"192.0.2.7 calls shop oddly", "if nothing is known."},
	} {
		v, p := client(5, 1) // all that is known speaks for it
		v.MaxAPIEndpoint.Route = route
		if route == "" {
			v.MaxAPIEndpoint.Method = ""
		}
		w, _ := accused(0, 0)
		w.Clients, w.Pasts = append(w.Clients, *v), append(w.Pasts, *p)
		newAccuser().Report(w, m, []Accused{{}}, "x", func(e anomaly.Event) {
			assert.Equal(t, want[0], e.Message)
			assert.True(t, strings.HasSuffix(e.Explanation, want[1]), e.Explanation)
		})
	}
}

func TestHoldIsTenMinutesAndTwoWindows(t *testing.T) {
	for window, want := range map[time.Duration]int{
		time.Second: 600, time.Minute: 10, 4 * time.Minute: 2, 10 * time.Minute: 2, time.Hour: 2,
	} {
		assert.Equal(t, want, Hold(window), window)
		a := NewAccuser(Words{One: "%s", Many: "%s"}, window, window, nil)
		m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
		require.NoError(t, err)
		groups := func(windows, n int) (names []string) {
			w, all := accused(0, n)
			w.Start = noon.Add(time.Duration(windows) * window)
			a.Report(w, m, all, "", func(e anomaly.Event) { names = append(names, e.Group) })
			return names
		}
		group := groups(0, 28)
		assert.Equal(t, group, groups(want, 1), "the campaign goes on as long as its alarm")
		assert.Equal(t, []string{""}, groups(2*want+1, 1))
	}
}

// TestTimePassesWithoutAccused: a service that is calm again takes no places.
func TestTimePassesWithoutAccused(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	a := newAccuser()
	w, all := accused(0, 28)
	a.Report(w, m, all, "", func(anomaly.Event) {})
	w, _ = accused(11, 0)
	a.Report(w, nil, nil, "", func(anomaly.Event) {})
	w, all = accused(5, 1) // as if late, which shows what is remembered
	a.Report(w, m, all, "", func(e anomaly.Event) { assert.Empty(t, e.Group) })
}
