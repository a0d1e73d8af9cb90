package traffic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// alone is the sketch of one endpoint.
func alone(method, route string) Sketch { return sketchOf(endpointHash(method, route)) }

// TestASketchCountsWhatItSaw: on average over many sketches, so that one hash seed
// is as good as another.
func TestASketchCountsWhatItSaw(t *testing.T) {
	assert.Zero(t, Sketch(0).Count())
	assert.Equal(t, 266, Sketch(1<<64-1).Count())
	for _, n := range []int{1, 10, 50, 120} {
		const sketches = 200
		sum := 0
		for k := range sketches {
			var s Sketch
			for i := range n {
				s.Add(fmt.Sprint(k, "/", i))
				s.Add(fmt.Sprint(k, "/", i)) // which is nothing new
			}
			sum += s.Count()
		}
		assert.InEpsilon(t, n, float64(sum)/sketches, 0.1)
	}
}

// sketchOfEndpoints is what a vector of calls to these routes has.
func sketchOfEndpoints(routes ...string) (s Sketch) {
	for _, route := range routes {
		s |= alone("GET", route)
	}
	return s
}

func routes(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("/r", i)
	}
	return list
}

func entityOf(t *testing.T, vectors []Vector, role Role, client string, start time.Time) Vector {
	t.Helper()
	i := slices.IndexFunc(vectors, func(v Vector) bool { return v.Role == role && v.Client == client && v.Start.Equal(start) })
	require.GreaterOrEqual(t, i, 0, "no vector")
	return vectors[i]
}

// TestEndpointsOfEveryKindOfEntity: of clients with fewer endpoints and more than
// an entity holds itself, of the overflow, and of the total, in two windows.
func TestEndpointsOfEveryKindOfEntity(t *testing.T) {
	for name, pairs := range map[string]int{"tracked": 500_000, "untracked": 0} {
		t.Run(name, func(t *testing.T) {
			settings := DefaultSettings()
			settings.MaxClients, settings.MaxClientEndpoints = 2, pairs
			var calls []apicall.Call
			for minute := range 2 {
				for range 3 {
					for i, route := range routes(20) {
						at := func(client string) apicall.Call { return at(float64(60*minute+i), client, route) }
						calls = append(calls, at("all"))
						if i < 5 {
							calls = append(calls, at("few"))
						}
						if i >= 10 {
							calls = append(calls, at("beyond"))
						}
					}
				}
			}
			tracker := New(settings, 20)
			vectors := collect(t, tracker, func() { tracker.Service("shop").Add(calls, later()) })
			for minute := range 2 {
				start := noon.Add(time.Duration(minute) * time.Minute)
				for _, want := range []struct {
					role   Role
					client string
					first  int // seconds after the start of the window
					routes []string
				}{
					{Total, "", 0, routes(20)},
					{Client, "all", 0, routes(20)},
					{Client, "few", 0, routes(5)},
					{Overflow, "", 10, routes(20)[10:]},
				} {
					v := entityOf(t, vectors, want.role, want.client, start)
					assert.Equal(t, sketchOfEndpoints(want.routes...), v.Endpoints, "%v %s", want.role, want.client)
					assert.Equal(t, start.Add(time.Duration(want.first)*time.Second), v.FirstCall)
				}
			}
		})
	}
}

// TestEndpointsBeyondTheCapAreOneInTheSketch, the same in all windows.
func TestEndpointsBeyondTheCapAreOneInTheSketch(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxEndpoints = 3
	tracker := New(settings, 20)
	vectors := collect(t, tracker, func() {
		s := tracker.Service("shop")
		for i, route := range routes(30) {
			s.Add([]apicall.Call{at(float64(i)/10, "a", route)}, later())
		}
		s.Add([]apicall.Call{at(61, "a", "/r1")}, later()) // the table was full: a fresh one
	})
	other := alone(OtherEndpoint.Method, OtherEndpoint.Route)
	assert.Equal(t, sketchOfEndpoints(routes(3)...)|other, find(t, vectors, "a", noon).Endpoints)
	assert.Equal(t, sketchOfEndpoints("/r1"), find(t, vectors, "a", noon.Add(time.Minute)).Endpoints)
}

// TestTheFirstCallMayComeLast: it is the first by its time.
func TestTheFirstCallMayComeLast(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	vectors := collect(t, tracker, func() {
		s := tracker.Service("shop")
		s.Add([]apicall.Call{at(30, "a", "/x"), at(7.25, "a", "/x"), at(12, "b", "/x")}, later())
		s.AddStatements([]apicall.Statement{{Start: noon.Add(time.Minute).UnixNano(), Rows: -1}}, later())
	})
	assert.Equal(t, noon.Add(7250*time.Millisecond), find(t, vectors, "a", noon).FirstCall)
	assert.Equal(t, noon.Add(12*time.Second), find(t, vectors, "b", noon).FirstCall)
	assert.Equal(t, time.UTC, find(t, vectors, "b", noon).FirstCall.Location())
	silent := entityOf(t, vectors, Total, "", noon.Add(time.Minute))
	assert.True(t, silent.FirstCall.IsZero(), "a window without calls")
	assert.Zero(t, silent.Endpoints)
}

// TestAUsedPaneShowsNothingOfBefore: its memory is used again.
func TestAUsedPaneShowsNothingOfBefore(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	s := tracker.Service("shop")
	r := rand.New(rand.NewPCG(1, 1))
	for minute := range 30 {
		want := make(map[string]Sketch)
		var calls []apicall.Call
		for range 50 {
			client, route := fmt.Sprint("c", r.IntN(8)), fmt.Sprint("/r", r.IntN(30))
			calls = append(calls, at(float64(60*minute), client, route))
			want[client] |= alone("GET", route)
		}
		s.Add(calls, later())
		s.flush()
		w := <-tracker.Closed()
		for _, v := range w.Vectors(nil) {
			if v.Role == Client {
				assert.Equal(t, want[v.Client], v.Endpoints, "minute %d", minute)
			}
		}
		w.Release()
	}
}
