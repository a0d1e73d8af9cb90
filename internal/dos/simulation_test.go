package dos

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// service simulates the minutes of a service: a daily rhythm, a noise factor on
// each minute's calls and sizes, requests of a Poisson process.
type service struct {
	rng   *rand.Rand
	peak  float64 // calls a minute at the height of the day
	swing float64 // part of the calls that comes and goes with the day
	noise float64 // standard deviation of the logarithm of a minute's factor
	phase float64
}

func newService(seed uint64, noise float64) *service {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	swing := 0.3 + 0.6*rng.Float64()
	quietest := 2000 * math.Exp(2*rng.Float64()) // enough to arm the test at any hour
	return &service{rng: rng, noise: noise, peak: quietest / (1 - swing), swing: swing, phase: 2 * math.Pi * rng.Float64()}
}

// minute is the service's total in a minute at so many times its usual rate.
func (s *service) minute(i int, rate float64) traffic.Vector {
	day := 1 - s.swing/2*(1+math.Sin(2*math.Pi*float64(i)/1440+s.phase))
	calls := int64(s.peak * day * rate * math.Exp(s.noise*s.rng.NormFloat64()))
	v := traffic.Vector{
		Service: "s", Role: traffic.Total, TotalCalls: calls,
		InterAPIAccess: math.NaN(), DataOut: math.NaN(),
	}
	if calls > 0 {
		v.Sized = calls
		v.DataOut = float64(calls) * 2000 * math.Exp(s.noise*s.rng.NormFloat64())
	}
	if calls > 1 {
		v.SessionLength = 60 * float64(calls-1) / float64(calls+1)
		// The median of n exponential gaps varies by 1/sqrt(n).
		v.InterAPIAccess = math.Ln2 * 60 / float64(calls) * math.Exp(s.rng.NormFloat64()/math.Sqrt(float64(calls)))
	}
	return v
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// judge runs the detector over a minute and returns the detectors that report.
func judge(d *Detector, i int, v traffic.Vector) []string {
	begin := start.Add(time.Duration(i) * time.Minute)
	w := &detect.Window{
		Window: &traffic.Window{Service: v.Service, Start: begin, End: begin.Add(time.Minute), Resolution: 1},
		Total:  v,
	}
	var found []string
	d.Judge(w, func(e anomaly.Event) { found = append(found, e.Detector) })
	return found
}

func newDetector(t testing.TB) *Detector {
	t.Helper()
	require.NoError(t, DefaultSettings().Validate())
	d, err := New(DefaultSettings(), 10)
	require.NoError(t, err)
	return d
}

// begins counts the reports that follow a minute without one.
type begins struct {
	count int
	on    map[string]bool
}

func (b *begins) add(found []string) {
	now := make(map[string]bool)
	for _, f := range found {
		if !b.on[f] {
			b.count++
		}
		now[f] = true
	}
	b.on = now
}

// TestQuietDays: at most one false event in 30 quiet days at a per-minute noise
// of up to 0.2.
func TestQuietDays(t *testing.T) {
	const services = 6
	eachNoise(t, func(t *testing.T, noise float64) {
		events := 0
		for seed := range uint64(services) {
			s, d := newService(seed, noise), newDetector(t)
			var b begins
			for i := range 30 * 1440 {
				b.add(judge(d, i, s.minute(i, 1)))
			}
			assert.LessOrEqual(t, b.count, 1, "noise %g, seed %d", noise, seed)
			events += b.count
		}
		t.Logf("noise %.2f: %d false events in %d quiet days", noise, events, 30*services)
	})
}

// eachNoise runs the test side by side for several noises.
func eachNoise(t *testing.T, test func(t *testing.T, noise float64)) {
	t.Parallel()
	for _, noise := range []float64{0.05, 0.1, 0.2} {
		t.Run(fmt.Sprint(noise), func(t *testing.T) {
			t.Parallel()
			test(t, noise)
		})
	}
}

// TestCollapse: after resource exhaustion, with rates at 30 % or less, at least
// 95 % are found within two windows.
func TestCollapse(t *testing.T) {
	const runs = 400
	eachNoise(t, func(t *testing.T, noise float64) {
		for _, rate := range []float64{0.3, 0.1, 0.01, 0} {
			found := 0
			for seed := range uint64(runs) {
				if windowsUntil(t, seed, noise, rate, "dos_factor") <= 2 {
					found++
				}
			}
			t.Logf("noise %.2f, rate %3.0f %%: found %d of %d within two windows", noise, 100*rate, found, runs)
			assert.GreaterOrEqual(t, found, runs*95/100, "noise %g, rate %g", noise, rate)
		}
	})
}

// windowsUntil is how many windows after a change of the rate, at a random minute
// of the second day, the detector reports it.
func windowsUntil(t testing.TB, seed uint64, noise, rate float64, detector string) int {
	s, d := newService(seed, noise), newDetector(t)
	onset := 1440 + s.rng.IntN(720)
	for i := onset - 60; i < onset; i++ {
		judge(d, i, s.minute(i, 1))
	}
	for after := range 10 {
		i := onset + after
		if slices.Contains(judge(d, i, s.minute(i, rate)), detector) {
			return after + 1
		}
	}
	return 100
}

func TestASurgeIsNotACollapseNorTheOtherWay(t *testing.T) {
	for _, rate := range []float64{0.2, 8} {
		s, d := newService(7, 0.1), newDetector(t)
		var found []string
		for i := range 100 {
			r := 1.0
			if i >= 60 {
				r = rate
			}
			found = append(found, judge(d, i, s.minute(i, r))...)
		}
		require.NotEmpty(t, found)
		want := map[bool]string{true: "total_calls", false: "dos_factor"}[rate > 1]
		for _, f := range found {
			assert.Equal(t, want, f)
		}
	}
}

// TestTheEndOfAFloodIsNoCollapse holds for floods of any length.
func TestTheEndOfAFloodIsNoCollapse(t *testing.T) {
	for _, minutes := range []int{1, 2, 5, 15, 40} {
		for seed := range uint64(50) {
			s, d := newService(seed, 0.1), newDetector(t)
			for i := range 200 {
				rate := 1.0
				if i >= 100 && i < 100+minutes {
					rate = 50
				}
				assert.NotContains(t, judge(d, i, s.minute(i, rate)), "dos_factor", "a flood of %d minutes, seed %d, minute %d", minutes, seed, i)
			}
		}
	}
}

func TestACollapseUnderAFloodIsFound(t *testing.T) {
	found := 0
	for seed := range uint64(100) {
		s, d := newService(seed, 0.1), newDetector(t)
		for i := range 130 {
			rate := map[bool]float64{true: 1, false: 8}[i < 100]
			if i >= 105 {
				rate = 0.2
			}
			if slices.Contains(judge(d, i, s.minute(i, rate)), "dos_factor") && i <= 106 {
				found++
				break
			}
		}
	}
	t.Logf("collapse five minutes into a flood: found %d of 100 within two windows", found)
	assert.GreaterOrEqual(t, found, 95)
}

func TestHalfTheRateIsNotSeen(t *testing.T) {
	found := 0
	for seed := range uint64(100) {
		if windowsUntil(t, seed, 0.2, 0.5, "dos_factor") <= 10 {
			found++
		}
	}
	t.Logf("half the rate: found %d of 100", found)
	assert.Less(t, found, 50, "if this fails the README undersells the test")
}

func ExampleFactor() {
	v := traffic.Vector{TotalCalls: 1200, Sized: 1200, InterAPIAccess: 0.05, DataOut: 2_400_000}
	factor, sized := Factor(&v, time.Microsecond, time.Minute)
	fmt.Printf("%.3g %v\n", factor, sized)
	// Output: 5.76e+10 true
}
