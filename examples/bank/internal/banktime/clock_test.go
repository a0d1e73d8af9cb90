package banktime

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

var end = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

func TestAt(t *testing.T) {
	for _, test := range []struct {
		name   string
		factor float64
		before time.Duration // of the wall's clock, before end
		want   time.Duration // of the bank's, before end
	}{
		{"the end is the same for both", 60, 0, 0},
		{"a minute is an hour", 60, time.Minute, time.Hour},
		{"after the end it goes on", 60, -time.Second, -time.Minute},
		{"no compression", 1, time.Minute, time.Minute},
		{"a factor below one counts as one", 0.1, time.Minute, time.Minute},
		{"no number counts as one", math.NaN(), time.Minute, time.Minute},
		{"no more than the highest", math.Inf(1), time.Millisecond, MaxFactor * time.Millisecond},
		{"a century stops at what a duration holds", MaxFactor, 100 * 365 * 24 * time.Hour, math.MaxInt64},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := New(end, test.factor)
			assert.Equal(t, end.Add(-test.want), clock.At(end.Add(-test.before)))
		})
	}
}

func TestTimesArePlain(t *testing.T) {
	east := time.FixedZone("east", 3600)
	for _, clock := range []*Clock{Real(), new(Clock), New(time.Now().In(east), 60)} {
		for _, moment := range []time.Time{clock.Now(), clock.At(time.Now().In(east)), clock.Wall(time.Now().In(east))} {
			assert.Equal(t, time.UTC, moment.Location())
			assert.NotContains(t, moment.String(), "m=", "the monotonic clock's reading")
		}
		assert.True(t, clock.At(time.Time{}).IsZero())
		assert.True(t, clock.Wall(time.Time{}).IsZero())
	}
}

func TestRealIsTheWallClock(t *testing.T) {
	for _, clock := range []*Clock{Real(), new(Clock)} {
		assert.Equal(t, 1.0, clock.Factor())
		assert.Equal(t, end, clock.At(end))
		assert.Equal(t, end, clock.Wall(end))
		assert.WithinDuration(t, time.Now(), clock.Now(), time.Second)
	}
}

// moment draws a wall time; most are near end, as in a play, and some are centuries away.
func moment(t *rapid.T, name string) time.Time {
	span := rapid.SampledFrom([]time.Duration{time.Microsecond, time.Second, time.Hour, 1000 * time.Hour, math.MaxInt64}).Draw(t, name+"Span")
	return end.Add(time.Duration(rapid.Int64Range(-int64(span), int64(span)).Draw(t, name)))
}

func TestOrderIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := New(end, rapid.Float64Range(1, MaxFactor).Draw(t, "factor"))
		a, b := moment(t, "a"), moment(t, "b")
		if b.Before(a) {
			a, b = b, a
		}
		if clock.At(b).Before(clock.At(a)) {
			t.Fatalf("%v is before %v, but the bank has %v and %v", a, b, clock.At(a), clock.At(b))
		}
		if !clock.At(end).Equal(end) || !clock.Wall(end).Equal(end) {
			t.Fatalf("the clocks differ at the end: %v, %v", clock.At(end), clock.Wall(end))
		}
		if a.Before(end) && clock.At(a).After(a) {
			t.Fatalf("%v of the past lies later in the bank: %v", a, clock.At(a))
		}
	})
}

func TestWallUndoesAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factor := rapid.Float64Range(1, MaxFactor).Draw(t, "factor")
		clock := New(end, factor)
		far := time.Duration(float64(math.MaxInt64) / factor / 2)
		wall := end.Add(-time.Duration(rapid.Int64Range(-int64(far), int64(far)).Draw(t, "before")))
		// The bank's time is exact to the nanosecond and to the 53 bits of the product.
		tolerance := 2 + time.Duration(math.Abs(float64(end.Sub(wall)))/(1<<51))
		if miss := clock.Wall(clock.At(wall)).Sub(wall).Abs(); miss > tolerance {
			t.Fatalf("%v comes back %v off, with at most %v allowed", wall, miss, tolerance)
		}
	})
}
