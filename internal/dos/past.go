package dos

import (
	"math"
	"slices"
	"time"
)

const (
	// recent is how many windows with calls the 99th percentile of the recent
	// past is taken of: three hours of one-minute windows.
	recent = 180

	// around is how far the daily rhythm may be off its time of yesterday.
	around = time.Hour

	// punctual is how far a daily job may be off that at first looked like a
	// flood. More would hide the floods of someone who comes back.
	punctual = 5 * time.Minute
)

// past is the calls of many windows, one place a window: a ring, so that a
// place's age is its distance from the newest.
type past struct {
	Calls []int32 `json:"calls"` // 0 also if nobody looked; negative: minus the calls of a flood
	Next  int     `json:"next"`  // place of the next window once the ring is full, else 0
}

// add appends a window, keeping at most n.
func (p *past) add(calls int64, n int) {
	c := int32(max(-math.MaxInt32, min(calls, math.MaxInt32)))
	if len(p.Calls) < n {
		p.Calls = append(p.Calls, c)
		return
	}
	p.Calls[p.Next] = c
	p.Next = (p.Next + 1) % n
}

// back is the place of the window that lies i before the newest.
func (p *past) back(i int) *int32 {
	n := len(p.Calls)
	return &p.Calls[(p.Next-1-i+2*n)%n]
}

// flood marks the newest windows: they turned out to be a flood.
func (p *past) flood(windows int) {
	for i := range min(windows, len(p.Calls)) {
		*p.back(i) = min(*p.back(i), -*p.back(i))
	}
}

// lately appends the calls of the last windows that had any and were no flood, at
// most most of them and none further back than reach.
func (p *past) lately(dst []int32, most, reach int) []int32 {
	for i := range min(reach, len(p.Calls)) {
		if len(dst) == most {
			break
		}
		if calls := *p.back(i); calls > 0 {
			dst = append(dst, calls)
		}
	}
	return dst
}

// atThisTime is what is usual a whole number of days before now, where now is that
// many windows after the newest, and none further back from now than reach: the
// 99th percentile of the hour around, which a single burst does not raise, or the
// most at the very time, floods among them. The scratch is dst.
func (p *past) atThisTime(dst []int32, now int, length time.Duration, reach int) (calls float64, scratch []int32) {
	if length <= 0 || length > 24*time.Hour {
		return 0, dst
	}
	day, near, onTime := int(24*time.Hour/length), int(around/length), int(punctual/length)
	dst = dst[:0]
	most := int32(0)
	for days := day; days-near <= reach; days += day {
		for ago := max(days-near, now); ago <= min(days+near, reach, now+len(p.Calls)-1); ago++ {
			calls := *p.back(ago - now)
			dst = append(dst, max(0, calls))
			if max(ago-days, days-ago) <= onTime {
				most = max(most, calls, -calls)
			}
		}
	}
	return max(percentile99(dst), float64(most)), dst
}

// trim keeps the last n windows, unrolled.
func (p *past) trim(n int) {
	at := p.Next
	calls := slices.Concat(p.Calls[at:], p.Calls[:at])
	p.Calls, p.Next = slices.Clone(calls[max(0, len(calls)-n):]), 0
}

// percentile99 sorts the values; it is 0 without any.
func percentile99(values []int32) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return float64(values[(len(values)-1)*99/100])
}
