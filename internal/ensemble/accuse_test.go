package ensemble

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/forest"
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
