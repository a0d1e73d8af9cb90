package dos

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func at(i int) time.Time { return start.Add(time.Duration(i) * time.Minute) }

// TestAFloodGoesOnOverAReload: the last window before and the first one after it
// are cut short; the flood goes on in both and does not enter the history.
func TestAFloodGoesOnOverAReload(t *testing.T) {
	d := newDetector(t)
	for i := range 30 {
		require.Empty(t, judge(d, i, few(400)))
	}
	for i := 30; i < 35; i++ {
		require.Equal(t, []string{"total_calls"}, judge(d, i, few(20_000)))
	}
	before := *d.services["s"].Flooded
	assert.Equal(t, []string{"total_calls"}, judgeWindow(d, at(35), time.Minute, true, few(30)))
	assert.Equal(t, before, *d.services["s"].Flooded)
	d = restarted(t, d, DefaultSettings())
	assert.Equal(t, before, *d.services["s"].Flooded)
	assert.Equal(t, []string{"total_calls"}, judgeWindow(d, at(35), time.Minute, true, few(19_000)))
	for i := 36; i < 60; i++ {
		assert.Equal(t, []string{"total_calls"}, judge(d, i, few(20_000)), "minute %d", i)
	}
	for i := 60; i < 100; i++ {
		assert.Empty(t, judge(d, i, few(400)), "minute %d", i)
	}
	high, ok := d.high(d.services["s"], 1)
	assert.True(t, ok)
	assert.EqualValues(t, 400, high)
}

// TestAFloodBeginsInAPartialWindow and leaves no trace but the report.
func TestAFloodBeginsInAPartialWindow(t *testing.T) {
	d := newDetector(t)
	for i := range 30 {
		require.Empty(t, judge(d, i, few(400)))
	}
	before, err := d.Save()
	require.NoError(t, err)
	assert.Equal(t, []string{"total_calls"}, judgeWindow(d, at(30), time.Minute, true, few(9000)))
	assert.Empty(t, judgeWindow(d, at(30), time.Minute, true, few(3)), "too few calls say nothing")
	after, err := d.Save()
	require.NoError(t, err)
	assert.JSONEq(t, string(before), string(after))
	assert.Equal(t, []string{"total_calls"}, judge(d, 31, few(9000)))
}

// TestACollapseGoesOnInAPartialWindow: nothing ends in one.
func TestACollapseGoesOnInAPartialWindow(t *testing.T) {
	s, d := newService(1, 0.05), newDetector(t)
	for i := range 62 {
		judge(d, i, s.minute(i, map[bool]float64{true: 1, false: 0.1}[i < 60]))
	}
	require.NotNil(t, d.services["s"].Collapsed)
	assert.Equal(t, []string{"dos_factor"}, judgeWindow(d, at(62), time.Minute, true, s.minute(62, 1)))
	assert.Empty(t, judge(d, 63, s.minute(63, 1)))
}

// TestSmallerAnswersAreNoCollapse: compression is switched on, or sizes are left
// out of ever more spans; the calls are as before.
func TestSmallerAnswersAreNoCollapse(t *testing.T) {
	for name, size := range map[string]func(calls int64) (by float64, sized int64){
		"compressed":        func(calls int64) (float64, int64) { return float64(calls) * 40, calls },
		"half of the sizes": func(calls int64) (float64, int64) { return float64(calls) * 40, calls / 2 },
		"a few sizes":       func(int64) (float64, int64) { return 500, 1 },
		"no sizes":          func(int64) (float64, int64) { return math.NaN(), 0 },
		"empty answers":     func(calls int64) (float64, int64) { return 0, calls },
	} {
		for seed := range uint64(20) {
			s, d := newService(seed, 0.2), newDetector(t)
			for i := range 130 {
				v := s.minute(i, 1)
				if i >= 60 {
					v.DataOut, v.Sized = size(v.TotalCalls)
				}
				assert.Empty(t, judge(d, i, v), "%s, seed %d, minute %d", name, seed, i)
			}
		}
	}
}

// TestACollapseEndsWithoutSizes: the service recovers, its sizes do not.
func TestACollapseEndsWithoutSizes(t *testing.T) {
	s, d := newService(1, 0.05), newDetector(t)
	for i := range 70 {
		v := s.minute(i, map[bool]float64{true: 0.2, false: 1}[i >= 60 && i < 66])
		if i >= 64 {
			v.DataOut, v.Sized = math.NaN(), 0
		}
		found := judge(d, i, v)
		if i >= 61 && i < 66 {
			assert.Equal(t, []string{"dos_factor"}, found, "minute %d", i)
		} else if i != 60 {
			assert.Empty(t, found, "minute %d", i)
		}
	}
}

// TestNoGapInTheSample: the sample of the gaps may miss all of a busy window's.
func TestNoGapInTheSample(t *testing.T) {
	for _, windows := range []int{1, 3, 100} {
		s, d := newService(1, 0.1), newDetector(t)
		for i := range 200 {
			v := s.minute(i, 1)
			if i >= 100 && i < 100+windows {
				v.InterAPIAccess = math.NaN()
			}
			assert.Empty(t, judge(d, i, v), "%d windows, minute %d", windows, i)
		}
	}
}
