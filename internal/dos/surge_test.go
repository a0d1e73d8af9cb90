package dos

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// warm gives the detector a full day of the service's minutes before minute i. Only
// the last ones are judged; of the others the detector keeps no more than the calls.
func warm(t testing.TB, d *Detector, s *service, i int) {
	const judged = 60
	first := i - d.settings.History - judged
	judge(d, first, s.minute(first, 1))
	h := d.services["s"]
	require.NotNil(t, h)
	for m := first + 1; m < i-judged; m++ {
		h.remember(s.minute(m, 1).TotalCalls, 1, d.settings.History)
	}
	h.Last = start.Unix() + int64(i-judged-1)*60
	for m := i - judged; m < i; m++ {
		judge(d, m, s.minute(m, 1))
	}
	require.Len(t, h.Past.Calls, d.settings.History)
	require.Nil(t, h.Flooded)
}

// TestSurvivedFlood: a flood that multiplies the calls, at a random minute of the
// day after a full day of history, is found in its first two windows.
func TestSurvivedFlood(t *testing.T) {
	const runs = 200
	rates := []float64{3, 4, 6, 10, 20, 100}
	atLeast := map[float64]int{4: 80, 6: 95, 10: 95, 20: 95, 100: 95} // percent
	eachNoise(t, func(t *testing.T, noise float64) {
		found := make(map[float64]int)
		for seed := range uint64(runs) {
			s, calm := newService(seed, noise), newDetector(t)
			onset := 2880 + s.rng.IntN(1440)
			warm(t, calm, s, onset)
			for _, rate := range rates {
				d := restarted(t, calm, DefaultSettings())
				if slices.Contains(judge(d, onset, s.minute(onset, rate)), "total_calls") ||
					slices.Contains(judge(d, onset+1, s.minute(onset+1, rate)), "total_calls") {
					found[rate]++
				}
			}
		}
		for _, rate := range rates {
			t.Logf("noise %.2f, calls times %3.0f: found %d of %d within two windows", noise, rate, found[rate], runs)
			assert.GreaterOrEqual(t, found[rate], runs*atLeast[rate]/100, "noise %g, rate %g", noise, rate)
		}
	})
}

// TestSteepMornings: services that go from a tenth of their calls to all of them
// every morning are no flood after the first day.
func TestSteepMornings(t *testing.T) {
	const services, days = 6, 5
	for _, test := range []struct {
		name    string
		minutes float64 // from 10 % to nearly 100 %, a logistic curve
	}{{"half an hour", 30}, {"five minutes", 5}, {"one minute", 1}} {
		t.Run(test.name, func(t *testing.T) {
			eachNoise(t, func(t *testing.T, noise float64) {
				first, later := 0, 0
				for seed := range uint64(services) {
					s, d := newService(seed, noise), newDetector(t)
					s.swing = 0
					s.peak = max(s.peak, 20_000)
					var b begins
					for i := range days * 1440 {
						b.add(judge(d, i, s.minute(i, morning(i%1440, test.minutes))))
						if i == 1439 {
							first += b.count
							b.count = 0
						}
					}
					later += b.count
				}
				t.Logf("noise %.2f: %d false events on the first day of %d services, %d in %d days later", noise, first, services, later, services*(days-1))
				assert.Zero(t, later)
			})
		})
	}
}

// morning is the part of the calls that are there at a minute of the day: all of
// them from shortly after eight, a tenth again from eight in the evening, gently.
func morning(minute int, rise float64) float64 {
	up := 1 / (1 + math.Exp(-(float64(minute)-480-rise/2)/(rise/10)))
	down := 1 / (1 + math.Exp((float64(minute)-1200)/20))
	return 0.1 + 0.9*up*down
}

// poisson is the calls of a minute, so many on average.
func poisson(rng *rand.Rand, mean float64) int64 {
	n, at := int64(0), rng.ExpFloat64()
	for ; at < mean; at += rng.ExpFloat64() {
		n++
	}
	return n
}

// few is the total of a minute with so many calls, evenly spread, of unknown size.
func few(calls int64) traffic.Vector {
	v := traffic.Vector{Service: "s", Role: traffic.Total, TotalCalls: calls, InterAPIAccess: math.NaN(), DataOut: math.NaN()}
	if calls > 1 {
		v.SessionLength = 60 * float64(calls-1) / float64(calls+1)
		v.InterAPIAccess = 60 / float64(calls)
	}
	return v
}

// TestBurstOnASmallSite: a web site of one call a minute, many of its minutes
// empty, gets a burst.
func TestBurstOnASmallSite(t *testing.T) {
	for _, burst := range []int64{250, 858} {
		found := 0
		for seed := range uint64(100) {
			rng, d := rand.New(rand.NewPCG(seed, 1)), newDetector(t)
			for i := range 300 {
				require.Empty(t, judge(d, i, few(poisson(rng, 1))), "minute %d", i)
			}
			if slices.Contains(judge(d, 300, few(burst)), "total_calls") {
				found++
			}
		}
		assert.Equal(t, 100, found, "a burst of %d calls", burst)
	}
}

// TestPutToWork: a service that had nothing to do, or nothing since its last job,
// and is given work is not flooded.
func TestPutToWork(t *testing.T) {
	for name, calls := range map[string]func(i int) int64{
		"scaled to zero": func(i int) int64 { return map[bool]int64{true: 0, false: 150}[i < 100] },
		"one health check": func(i int) int64 {
			return map[bool]int64{true: 1, false: 0}[i == 0] + map[bool]int64{true: 0, false: 900}[i < 100]
		},
		"job of five minutes, twice": func(i int) int64 { return map[bool]int64{true: 900, false: 0}[i%300 >= 100 && i%300 < 105] },
		"job of half an hour":        func(i int) int64 { return map[bool]int64{true: 900, false: 0}[i%500 < 30] },
	} {
		d := newDetector(t)
		for i := range 1000 {
			assert.Empty(t, judge(d, i, few(calls(i))), "%s, minute %d", name, i)
		}
	}
}

// TestDailyJob: a service with little to do runs a job at the same time every day,
// for however many minutes; after the first day that is no flood.
func TestDailyJob(t *testing.T) {
	for _, minutes := range []int{1, 3, 20} {
		t.Run(fmt.Sprint(minutes), func(t *testing.T) {
			rng, d := rand.New(rand.NewPCG(1, 2)), newDetector(t)
			for i := range 5 * 1440 {
				calls := poisson(rng, 5)
				if m := i % 1440; m >= 120 && m < 120+minutes {
					calls += 900
				}
				if found := judge(d, i, few(calls)); i >= 1440+120+minutes {
					assert.Empty(t, found, "minute %d", i)
				}
			}
			later := 5*1440 + 600
			for i := 5 * 1440; i < later; i++ {
				judge(d, i, few(poisson(rng, 5)))
			}
			assert.Contains(t, judge(d, later, few(905)), "total_calls", "the same work at another time of day")
		})
	}
}

// TestAFloodAfterAFlood: who comes back a quarter of an hour later, with fewer calls, is found as if it were the first
// time.
func TestAFloodAfterAFlood(t *testing.T) {
	const runs = 100
	eachNoise(t, func(t *testing.T, noise float64) {
		found := 0
		for seed := range uint64(runs) {
			s, d := newService(seed, noise), newDetector(t)
			onset := 2880 + s.rng.IntN(1440)
			warm(t, d, s, onset)
			minutes := []float64{20, 20, 20, 20, 20, 20, 20, 1, 1, 1, 1, 1, 1, 1, 1, 6, 6}
			var detectors []string
			for i, rate := range minutes {
				detectors = judge(d, onset+i, s.minute(onset+i, rate))
			}
			if slices.Contains(detectors, "total_calls") {
				found++
			}
		}
		t.Logf("noise %.2f: the second flood is found within two windows %d of %d times", noise, found, runs)
		assert.GreaterOrEqual(t, found, 95*runs/100)
	})
}
