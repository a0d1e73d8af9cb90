package traffic

import "time"

// clock learns the resolution of a service's timestamps, coarse until shown
// otherwise: an access log has whole seconds, most SDKs microseconds or better.
type clock struct{ finer uint8 }

var resolutions = [...]int64{int64(time.Second), int64(time.Millisecond), int64(time.Microsecond), 1}

// finest is the last of the resolutions.
const finest = uint8(len(resolutions) - 1)

func (c *clock) observe(ns int64) {
	for c.finer < finest && ns%resolutions[c.finer] != 0 {
		c.finer++
	}
}

func (c clock) resolution() time.Duration { return time.Duration(resolutions[c.finer]) }

// FloorDiv is a / b rounded down, where Go rounds towards 0: with the length of a
// window for b it counts windows through 1970. b is positive.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
