package traffic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is a call of a client, so many seconds after noon.
func at(seconds float64, client, route string) apicall.Call {
	start := noon.UnixNano() + int64(math.Round(seconds*1e9))
	return apicall.Call{Start: start, End: start, Method: "GET", Route: route, Path: route, Client: client, Status: 200, ResponseSize: -1}
}

// collect closes everything and returns the vectors of all windows.
func collect(t *testing.T, tracker *Tracker, add func()) []Vector {
	t.Helper()
	var vectors []Vector
	var judge sync.WaitGroup
	judge.Go(func() {
		for w := range tracker.Closed() {
			vectors = w.Vectors(vectors)
			w.Release()
		}
	})
	add()
	assert.Zero(t, tracker.Flush())
	judge.Wait()
	return vectors
}

func find(t *testing.T, vectors []Vector, client string, start time.Time) Vector {
	t.Helper()
	for _, v := range vectors {
		if v.Role == Client && v.Client == client && v.Start.Equal(start) {
			return v
		}
	}
	require.Failf(t, "no vector", "client %s at %v", client, start)
	return Vector{}
}

func later() int64 { return noon.Add(time.Hour).UnixNano() }

func TestFeaturesOfAClient(t *testing.T) {
	calls := []apicall.Call{
		at(1, "a", "/x"), at(2, "a", "/x"), at(4, "a", "/y"), at(8, "a", "/x"),
		at(5, "b", "/x"),
	}
	calls[0].ResponseSize, calls[1].ResponseSize = 100, 20
	calls[2].Status, calls[3].Status = 404, 503
	tracker := New(DefaultSettings(), 20)
	vectors := collect(t, tracker, func() { tracker.Service("shop").Add(calls, later()) })

	v := find(t, vectors, "a", noon)
	assert.Equal(t, "shop", v.Service)
	assert.InDelta(t, 2, v.InterAPIAccess, 1e-12) // of 1, 2, 4
	assert.InDelta(t, 0.5, v.APIAccessUnique, 1e-12)
	assert.EqualValues(t, 4, v.TotalCalls)
	assert.EqualValues(t, 3, v.MaxAPICall)
	assert.Equal(t, "GET /x", v.MaxAPIEndpoint.String())
	assert.InDelta(t, 120, v.DataOut, 0)
	assert.EqualValues(t, 1, v.NumFailed)
	assert.EqualValues(t, 1, v.NumServerFailed)
	assert.EqualValues(t, 2, v.DistinctEndpoints)
	assert.InDelta(t, 7, v.SessionLength, 1e-12)

	single := find(t, vectors, "b", noon)
	assert.True(t, math.IsNaN(single.InterAPIAccess), "one call has no gap")
	assert.True(t, math.IsNaN(single.DataOut), "no size was told")

	require.Equal(t, Total, vectors[0].Role)
	assert.EqualValues(t, 5, vectors[0].TotalCalls)
	assert.InDelta(t, 1.5, vectors[0].InterAPIAccess, 1e-12) // of 1, 2, 1, 3
}

func TestStatementsCountForTheService(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	start := noon.UnixNano()
	vectors := collect(t, tracker, func() {
		s := tracker.Service("shop")
		s.Add([]apicall.Call{at(1, "a", "/x")}, later())
		s.AddStatements([]apicall.Statement{
			{Start: start, End: start + 2e9, Rows: 3}, {Start: start, End: start + 1e9, Rows: -1},
		}, later())
	})
	assert.InDelta(t, 2, vectors[0].DBStatements, 0)
	assert.InDelta(t, 3, vectors[0].DBReturnedRows, 0)
	assert.InDelta(t, 3, vectors[0].DBTime, 1e-12)
	assert.True(t, math.IsNaN(find(t, vectors, "a", noon).DBStatements))
}

// TestWindowsEqualADefinitionByTheBook compares with features computed from the
// list of calls, whatever the order in which they arrive within the lateness.
func TestWindowsEqualADefinitionByTheBook(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(rt, "calls")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		calls := make([]apicall.Call, n)
		for i := range calls {
			calls[i] = at(float64(r.IntN(200_000))/1000, fmt.Sprint("c", r.IntN(4)), fmt.Sprint("/r", r.IntN(9)))
			calls[i].Status = 200 + 100*r.IntN(4)
			calls[i].ResponseSize = int64(r.IntN(1000)) - 1
		}
		slices.SortFunc(calls, func(a, b apicall.Call) int { return int(a.Start - b.Start) })
		shuffleWithin(r, calls, 30*time.Second)

		settings := DefaultSettings()
		tracker := New(settings, 20)
		vectors := collect(t, tracker, func() { tracker.Service("s").Add(calls, later()) })

		counted := int64(0)
		for _, v := range vectors {
			if v.Role == Client {
				checkByTheBook(rt, v, calls)
				counted += v.TotalCalls
			}
		}
		assert.EqualValues(rt, n, counted, "every call is in one window of one client")
	})
}

// shuffleWithin reorders calls without any of them being later than allowed.
func shuffleWithin(r *rand.Rand, calls []apicall.Call, lateness time.Duration) {
	key := make(map[int64]int64)
	for _, c := range calls {
		key[c.Start] = c.Start + r.Int64N(int64(lateness))
	}
	slices.SortStableFunc(calls, func(a, b apicall.Call) int { return int(key[a.Start] - key[b.Start]) })
}

func checkByTheBook(t require.TestingT, v Vector, calls []apicall.Call) {
	var times []int64
	endpoints := make(map[string]int64)
	var endpointSketch, resources Sketch
	var failed, serverFailed, sized int64
	size := 0.0
	for _, c := range calls {
		if c.Client != v.Client || !time.Unix(0, c.Start).UTC().Truncate(time.Minute).Equal(v.Start) {
			continue
		}
		times = append(times, c.Start)
		endpoints[c.Method+" "+c.Route]++
		endpointSketch |= alone(c.Method, c.Route)
		resources.Add(c.Path)
		if c.Status/100 == 4 {
			failed++
		}
		if c.Status/100 == 5 {
			serverFailed++
		}
		if c.ResponseSize >= 0 {
			sized++
			size += float64(c.ResponseSize)
		}
	}
	slices.Sort(times)
	assert.EqualValues(t, len(times), v.TotalCalls)
	assert.Equal(t, time.Unix(0, times[0]).UTC(), v.FirstCall)
	assert.Equal(t, endpointSketch, v.Endpoints)
	assert.Equal(t, resources, v.Resources)
	assert.InDelta(t, float64(len(endpoints))/float64(len(times)), v.APIAccessUnique, 1e-12)
	most := int64(0)
	for _, n := range endpoints {
		most = max(most, n)
	}
	assert.Equal(t, most, v.MaxAPICall)
	assert.Equal(t, most, endpoints[v.MaxAPIEndpoint.String()])
	assert.Equal(t, failed, v.NumFailed)
	assert.Equal(t, serverFailed, v.NumServerFailed)
	if sized == 0 {
		assert.True(t, math.IsNaN(v.DataOut))
	} else {
		assert.InDelta(t, size, v.DataOut, 0)
	}
	if len(times) < 2 {
		assert.True(t, math.IsNaN(v.InterAPIAccess))
		return
	}
	gaps := make([]float64, 0, len(times))
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, float64(times[i]-times[i-1])/1e9)
	}
	slices.Sort(gaps)
	middle := (gaps[(len(gaps)-1)/2] + gaps[len(gaps)/2]) / 2
	assert.InDelta(t, middle, v.InterAPIAccess, 1e-9)
}

func TestASampleDoesNotDependOnTheOrder(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxTimestampsPerClient = 64
	r := rand.New(rand.NewPCG(1, 2))
	calls := make([]apicall.Call, 5000)
	for i := range calls {
		calls[i] = at(r.Float64()*60, "a", "/x")
	}
	medianOf := func(calls []apicall.Call) Vector {
		tracker := New(settings, 20)
		return find(t, collect(t, tracker, func() {
			// The first call opens the window, so that none of it is late.
			tracker.Service("s").Add(calls, later())
		}), "a", noon)
	}
	slices.SortFunc(calls, func(a, b apicall.Call) int { return int(a.Start - b.Start) })
	sorted := medianOf(calls)
	assert.Equal(t, 7, sorted.Sampled)
	r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	assert.Equal(t, sorted.InterAPIAccess, medianOf(calls).InterAPIAccess)
	// The median gap of a Poisson process is ln 2 / rate.
	assert.InDelta(t, math.Ln2*60/5000, sorted.InterAPIAccess, 0.004)
}

func TestLateAndFutureCalls(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	now := noon.Add(10 * time.Minute).UnixNano()
	vectors := collect(t, tracker, func() {
		s := tracker.Service("s")
		assert.Equal(t, Added{Counted: 1}, s.Add([]apicall.Call{at(0, "a", "/x")}, now))
		assert.Equal(t, Added{Counted: 1}, s.Add([]apicall.Call{at(89, "a", "/x")}, now))
		assert.Equal(t, Added{Counted: 1}, s.Add([]apicall.Call{at(59, "a", "/late-but-allowed")}, now))
		assert.Equal(t, Added{Counted: 1}, s.Add([]apicall.Call{at(90, "a", "/x")}, now))
		assert.Equal(t, Added{Late: 1}, s.Add([]apicall.Call{at(59, "a", "/too-late")}, now))
		// A clock that is an hour ahead neither opens a window then nor makes the others late.
		assert.Equal(t, Added{Counted: 1, Future: 1}, s.Add([]apicall.Call{at(4200, "a", "/x")}, noon.Add(100*time.Second).UnixNano()))
		assert.Equal(t, Added{Counted: 1}, s.Add([]apicall.Call{at(101, "a", "/x")}, now))
	})
	assert.EqualValues(t, 2, find(t, vectors, "a", noon).TotalCalls)
	assert.EqualValues(t, 4, find(t, vectors, "a", noon.Add(time.Minute)).TotalCalls)
}

func TestASilentServiceGetsWindowsOfZero(t *testing.T) {
	tracker := New(DefaultSettings(), 15)
	now := noon.Add(time.Second)
	s := tracker.Service("s")
	s.Add([]apicall.Call{at(0, "a", "/x")}, now.UnixNano())
	var calls []int64
	for range 2000 {
		now = now.Add(time.Second)
		assert.Zero(t, tracker.Tick(now.UnixNano()))
		select {
		case w := <-tracker.Closed():
			v := w.Vectors(nil)
			calls = append(calls, v[0].TotalCalls)
			assert.Len(t, v, 1+int(v[0].TotalCalls))
			w.Release()
		default:
		}
	}
	assert.Equal(t, append([]int64{1}, make([]int64, 15)...), calls, "as many as a detector looks back, then no more")
	assert.Zero(t, tracker.Flush())
	assert.Zero(t, tracker.Clients(), "clients that left are forgotten")
}

func TestAnIdleReplayClosesByTheWallClock(t *testing.T) {
	tracker := New(DefaultSettings(), 3)
	now := noon.AddDate(3, 0, 0) // replayed years later
	s := tracker.Service("s")
	s.Add([]apicall.Call{at(0, "a", "/x")}, now.UnixNano())
	assert.Zero(t, tracker.Tick(now.Add(80*time.Second).UnixNano()))
	assert.Empty(t, tracker.Closed())
	assert.Zero(t, tracker.Tick(now.Add(91*time.Second).UnixNano()))
	require.Len(t, tracker.Closed(), 1)
	w := <-tracker.Closed()
	assert.Equal(t, noon, w.Start)
	assert.EqualValues(t, 1, w.Vectors(nil)[0].TotalCalls)
	w.Release()
}

func TestBeyondTheCapsTheOverflowCounts(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxClients, settings.MaxEndpoints, settings.MaxServices = 10, 5, 2
	tracker := New(settings, 20)
	var calls []apicall.Call
	for i := range 5000 {
		calls = append(calls, at(float64(i)/100, fmt.Sprint("10.0.", i/256, ".", i%256), fmt.Sprint("/p", i)))
	}
	vectors := collect(t, tracker, func() {
		tracker.Service("s").Add(calls, later())
		tracker.Service("b").Add(calls[:1], later())
		tracker.Service("c").Add(calls[:1], later())
		tracker.Service("d").Add(calls[:1], later())
	})
	total := vectors[slices.IndexFunc(vectors, func(v Vector) bool { return v.Role == Total && v.Service == "s" })]
	assert.EqualValues(t, 5000, total.TotalCalls)
	assert.EqualValues(t, 6, total.DistinctEndpoints)
	assert.True(t, total.Truncated)
	var own, beyond int64
	for _, v := range vectors {
		switch {
		case v.Service != "s":
		case v.Role == Client:
			own += v.TotalCalls
		case v.Role == Overflow:
			beyond += v.TotalCalls
			assert.InDelta(t, 4990, v.Addresses, 500)
		}
	}
	assert.EqualValues(t, 10, own)
	assert.EqualValues(t, 4990, beyond)
	shared := vectors[slices.IndexFunc(vectors, func(v Vector) bool { return v.Role == Total && v.Service == OverflowService })]
	assert.EqualValues(t, 2, shared.TotalCalls)
}

func TestServicesThatAreGoneMakeRoom(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxServices = 2
	tracker := New(settings, 1)
	go func() {
		for w := range tracker.Closed() {
			w.Release()
		}
	}()
	now := noon
	gone := tracker.Service("gone")
	gone.Add([]apicall.Call{at(0, "a", "/x")}, now.UnixNano())
	stays := tracker.Service("stays")
	for range 70 {
		for range 60 {
			now = now.Add(time.Second)
			tracker.Tick(now.UnixNano())
		}
		stays.Add([]apicall.Call{at(now.Sub(noon).Seconds(), "a", "/x")}, now.UnixNano())
	}
	assert.Equal(t, 1, tracker.Services())
	assert.EqualValues(t, 1, tracker.Clients())
	assert.Equal(t, "new", tracker.Service("new").name)
	// Whoever still holds the old one adds to its successor.
	assert.Equal(t, 1, gone.Add([]apicall.Call{at(now.Sub(noon).Seconds(), "a", "/x")}, now.UnixNano()).Counted)
	assert.Equal(t, 3, tracker.Services(), "two, and the one that the others share")
	assert.Zero(t, tracker.Flush())
}

func TestWhenNobodyJudgesAddingGoesOn(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxServices, settings.Patience = 1, 20*time.Millisecond
	tracker := New(settings, 20)
	s := tracker.Service("s")
	start := time.Now()
	dropped := 0
	for i := range 20 {
		dropped += s.Add([]apicall.Call{at(float64(60*i), "a", "/x")}, later()).Dropped
	}
	assert.Positive(t, dropped)
	assert.Less(t, time.Since(start), 10*time.Second)
}

func TestWithoutAHurryNothingIsGivenUp(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxServices, settings.Patience = 1, 0
	tracker := New(settings, 1)
	judged := make(chan int)
	go func() {
		n := 0
		for w := range tracker.Closed() {
			time.Sleep(2 * time.Millisecond)
			w.Release()
			n++
		}
		judged <- n
	}()
	for i := range 100 {
		assert.Zero(t, tracker.Service("s").Add([]apicall.Call{at(float64(60*i), "a", "/x")}, noon.AddDate(1, 0, 0).UnixNano()).Dropped)
	}
	assert.Zero(t, tracker.Flush())
	assert.Equal(t, 100, <-judged)
}

// judged collects the totals of closed windows.
func judged(tracker *Tracker, add func()) (totals []Vector, partial []bool) {
	var judging sync.WaitGroup
	judging.Go(func() {
		for w := range tracker.Closed() {
			totals, partial = append(totals, w.Vectors(nil)[0]), append(partial, w.Partial)
			w.Release()
		}
	})
	add()
	tracker.Flush()
	judging.Wait()
	return totals, partial
}

// TestAStrayFirstCallBeginsNothing: the first span of a service is that of a
// request from long ago, and then live traffic comes.
func TestAStrayFirstCallBeginsNothing(t *testing.T) {
	for _, stray := range []time.Duration{2 * time.Minute, 9 * time.Minute, time.Hour, 50 * 365 * 24 * time.Hour} {
		tracker := New(DefaultSettings(), 20)
		totals, partial := judged(tracker, func() {
			s := tracker.Service("s")
			now := noon
			s.Add([]apicall.Call{at(-stray.Seconds(), "a", "/x")}, now.UnixNano())
			for range 10 * 60 {
				now = now.Add(time.Second)
				s.Add([]apicall.Call{at(now.Sub(noon).Seconds(), "a", "/x")}, now.UnixNano())
				tracker.Tick(now.UnixNano())
			}
		})
		whole := 0
		for i, v := range totals {
			if !partial[i] {
				whole++
				assert.EqualValues(t, 60, v.TotalCalls, "stray of %v: window %v", stray, v.Start)
			}
		}
		assert.GreaterOrEqual(t, whole, 6, "stray of %v", stray)
	}
}

// TestLateCallsDoNotKeepAServiceAlive: a service that collapsed leaves a backlog
// of late spans, and windows close all the same.
func TestLateCallsDoNotKeepAServiceAlive(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	totals, _ := judged(tracker, func() {
		s := tracker.Service("s")
		now := noon
		for i := range 600 {
			now = now.Add(time.Second)
			if i < 300 {
				s.Add([]apicall.Call{at(float64(i), "a", "/x")}, now.UnixNano())
			} else {
				s.Add([]apicall.Call{at(10, "a", "/x")}, now.UnixNano())
			}
			tracker.Tick(now.UnixNano())
		}
	})
	assert.Len(t, totals, 9, "five with calls, four without")
}

// TestASuspendedMachineSeesNoSilence: time in which nobody watched does not close
// windows.
func TestASuspendedMachineSeesNoSilence(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	totals, _ := judged(tracker, func() {
		s := tracker.Service("s")
		now := noon
		for i := range 300 {
			now = now.Add(time.Second)
			s.Add([]apicall.Call{at(float64(i), "a", "/x")}, now.UnixNano())
			tracker.Tick(now.UnixNano())
		}
		now = now.Add(time.Hour)
		tracker.Tick(now.UnixNano())
	})
	for _, v := range totals {
		assert.Positive(t, v.TotalCalls)
	}
}

// TestAFutureCallDoesNotRefineTheClock: its time is replaced by the present.
func TestAFutureCallDoesNotRefineTheClock(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	s := tracker.Service("s")
	s.Add([]apicall.Call{at(1, "a", "/x"), at(9000, "a", "/x")}, noon.UnixNano()+1234)
	assert.Equal(t, time.Second, s.coarse.resolution())
}

// TestMemoryOfAFloodIsLetGo: what many clients needed is not held on to.
func TestMemoryOfAFloodIsLetGo(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	judged(tracker, func() {
		s := tracker.Service("s")
		now := noon
		for i := range 20_000 {
			s.Add([]apicall.Call{at(0, fmt.Sprint(i), fmt.Sprint("/", i%50)), at(1, fmt.Sprint(i), "/y")}, now.UnixNano())
		}
		for range 30 * 60 {
			now = now.Add(time.Second)
			s.Add([]apicall.Call{at(now.Sub(noon).Seconds(), "a", "/x")}, now.UnixNano())
			tracker.Tick(now.UnixNano())
			for tracker.limits.waiting.used.Load() > 0 {
				time.Sleep(time.Millisecond) // a minute is enough for the judge
			}
		}
	})
	for _, s := range tracker.services {
		total := 0
		for _, p := range s.spare {
			held, _ := p.bytes()
			total += held
		}
		assert.LessOrEqual(t, total, sparePanes*spareBytes)
		assert.Less(t, len(s.clients.places), 200)
	}
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	tracker := New(DefaultSettings(), 20)
	total := int64(0)
	for _, v := range collect(t, tracker, func() {
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := range 500 {
					c := at(float64(i)/5, fmt.Sprint("c", g), "/x")
					c.TraceID = pcommon.TraceID{byte(g), 1}
					tracker.Service(fmt.Sprint("s", i%3)).Add([]apicall.Call{c}, noon.Add(time.Duration(i)*200*time.Millisecond).UnixNano())
					if g == 0 && i%100 == 0 {
						tracker.Tick(noon.UnixNano())
					}
				}
			})
		}
		wg.Wait()
	}) {
		if v.Role == Total {
			total += v.TotalCalls
		}
	}
	assert.Positive(t, total)
}

func TestSettingsAreRefusedByName(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate())
	bad := Settings{Window: time.Millisecond, Lateness: -1}
	err := bad.Validate()
	for _, key := range []string{"window", "allowed_lateness", "max_services", "max_clients", "max_endpoints_per_service", "max_client_endpoints", "max_timestamps", "max_timestamps_per_client"} {
		assert.ErrorContains(t, err, key+" is")
	}
}
