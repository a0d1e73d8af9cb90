// Package banktime maps the wall clock to the bank's own, in which an hour may pass in a minute.
package banktime

import (
	"math"
	"time"
)

// MaxFactor is the highest factor of a clock: more than a week in a second.
const MaxFactor = 1e6

// Clock is the bank's clock: bank = end - (end - wall) * factor. What is done before end lies in the past of both, so
// that a recording that ends at end ends now, whatever the factor. It is immutable and safe for concurrent use.
//
// All its times are in UTC and without a reading of the monotonic clock: two moments keep their order then, wherever they
// were measured, and the time of a row in the database compares with the time of a span.
type Clock struct {
	end    time.Time
	factor float64
}

// New returns a clock that runs factor times as fast as the wall's and agrees with it at end. A factor that is less than 1,
// or not a number, is taken for 1, one above MaxFactor for MaxFactor.
func New(end time.Time, factor float64) *Clock {
	if !(factor >= 1) {
		factor = 1
	}
	return &Clock{end: plain(end), factor: min(factor, MaxFactor)}
}

// Real returns the wall clock.
func Real() *Clock { return &Clock{factor: 1} }

// At returns the bank's time at a moment of the wall's. The zero time, which stands for none, stays what it is. A moment
// so far from end that the distance does not fit into a time.Duration is taken to the farthest that does.
func (c *Clock) At(wall time.Time) time.Time {
	if c.Factor() == 1 || wall.IsZero() {
		return plain(wall)
	}
	return c.end.Add(-scale(c.end.Sub(plain(wall)), c.factor))
}

// Now returns the bank's time.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }

// Wall returns the moment of the wall's clock at which the bank's shows that time; as At, but the other way round.
func (c *Clock) Wall(bank time.Time) time.Time {
	if c.Factor() == 1 || bank.IsZero() {
		return plain(bank)
	}
	return c.end.Add(-scale(c.end.Sub(plain(bank)), 1/c.factor))
}

// Factor returns how many times as fast as the wall's it runs, in [1, MaxFactor].
func (c *Clock) Factor() float64 { return max(1, c.factor) }

func plain(t time.Time) time.Time { return t.Round(0).UTC() }

// scale multiplies, and holds on to the ends of the range where the product leaves it: the order of moments is kept.
func scale(d time.Duration, factor float64) time.Duration {
	switch product := math.Round(float64(d) * factor); {
	case product >= math.MaxInt64:
		return math.MaxInt64
	case product <= math.MinInt64:
		return -math.MaxInt64 // which can be negated
	default:
		return time.Duration(product)
	}
}
