package changepoint

import (
	"cmp"
	"slices"
)

// medianColumn computes the L1 costs of all segments with one end in linear time.
//
// The points of the longest segment are linked in the order of their values. They
// are unlinked from the left one by one, which moves the median by one link at
// most; so the medians of all segments are known. Then costs are summed up from
// the shortest segment on: another point adds its distance from the interval of
// medians of the points before, so that nothing is ever subtracted.
type medianColumn struct {
	series     []float64
	order      []int32 // points by value
	rank       []int32 // order[rank[p]] = p
	next, prev []int32 // links in the order of values; -1 at the ends
	low, high  []float64
}

func (c *medianColumn) reset(series []float64) {
	n := len(series)
	c.series = series
	c.order, c.rank = resize(c.order, n), resize(c.rank, n)
	c.next, c.prev = resize(c.next, n), resize(c.prev, n)
	c.low, c.high = resize(c.low, n), resize(c.high, n)
	for p := range c.order {
		c.order[p] = int32(p)
	}
	slices.SortFunc(c.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(series[a], series[b]), cmp.Compare(a, b))
	})
	for r, p := range c.order {
		c.rank[p] = int32(r)
	}
}

func (c *medianColumn) fill(cost []float64, from, end int) {
	c.findMedians(from, end)
	sum := 0.0
	cost[end-1] = 0
	for p := end - 2; p >= from; p-- {
		x := c.series[p]
		sum += max(x-c.high[p+1], c.low[p+1]-x, 0)
		cost[p] = sum
	}
}

// findMedians sets low[p] and high[p] to the interval of medians of series[p:end].
func (c *medianColumn) findMedians(from, end int) {
	mid := c.link(from, end)
	for p := from; p < end; p++ {
		size := end - p
		c.low[p] = c.series[mid]
		c.high[p] = c.low[p]
		if size%2 == 0 {
			c.high[p] = c.series[c.next[mid]]
		}
		mid = c.unlink(int32(p), mid, size)
	}
}

// link links the points from … end-1 by value and returns the lower median.
func (c *medianColumn) link(from, end int) (mid int32) {
	toMid := (end - from - 1) / 2
	last := int32(-1)
	for _, p := range c.order {
		if int(p) < from || int(p) >= end {
			continue
		}
		c.prev[p] = last
		if last >= 0 {
			c.next[last] = p
		}
		if toMid == 0 {
			mid = p
		}
		toMid--
		last = p
	}
	c.next[last] = -1
	return mid
}

// unlink removes point p of size points with lower median mid, and returns the
// lower median of the rest.
func (c *medianColumn) unlink(p, mid int32, size int) int32 {
	prev, next := c.prev[p], c.next[p]
	if prev >= 0 {
		c.next[prev] = next
	}
	if next >= 0 {
		c.prev[next] = prev
	}
	switch odd := size%2 == 1; {
	case odd && c.rank[p] >= c.rank[mid]:
		return c.prev[mid] // the links of mid itself still hold, if it is p
	case !odd && c.rank[p] <= c.rank[mid]:
		return c.next[mid]
	}
	return mid
}
