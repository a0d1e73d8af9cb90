package changepoint

import (
	"math"
	"slices"
)

// kernelColumn computes the RBF costs of all segments with one end. With k(x,x) = 1
// the cost of a segment of n points, n - Σ k(x,y)/n over all its pairs, is
// Σ (1 - k(x,y))/n: a sum of non-negative terms.
type kernelColumn struct {
	series []float64
	scale  float64   // γ = 1/scale²
	apart  []float64 // apart[p]: Σ (1 - k(x,y)) over the pairs of series[p:done]
	done   int
	sorted []float64
}

func (c *kernelColumn) reset(series []float64) {
	c.series = series
	c.sorted = append(c.sorted[:0], series...)
	slices.Sort(c.sorted)
	c.scale = kernelScale(c.sorted)
	c.apart = resize(c.apart, len(series))
	c.done = 0
}

func (c *kernelColumn) fill(cost []float64, from, end int) {
	for ; c.done < end; c.done++ {
		c.take(c.done, from)
	}
	for p := from; p < end; p++ {
		cost[p] = c.apart[p] / float64(end-p)
	}
}

// take adds point t to the segments that start at from or later.
func (c *kernelColumn) take(t, from int) {
	c.apart[t] = 0
	sum := 0.0
	for p := t - 1; p >= from; p-- {
		sum += kernelDistance(c.series[p]-c.series[t], c.scale)
		c.apart[p] += 2 * sum
	}
}

// kernelDistance is 1 - exp(-γd²), γ = 1/scale².
func kernelDistance(d, scale float64) float64 {
	u := d / scale
	return -math.Expm1(-u * u)
}

// kernelScale returns 1/√γ of the median heuristic: the root of the median of the
// squared distances of all pairs, or 1 if that is 0. The values must be sorted.
func kernelScale(sorted []float64) float64 {
	n := len(sorted)
	pairs := n * (n - 1) / 2
	if pairs == 0 {
		return 1
	}
	low := pairDistance(sorted, (pairs+1)/2)
	high := low
	if pairs%2 == 0 {
		high = pairDistance(sorted, pairs/2+1)
	}
	if high == 0 {
		return 1
	}
	return math.Hypot(low, high) / math.Sqrt2
}

// pairDistance returns the k-th smallest, k ≥ 1, of the distances of all pairs by
// bisection on the float's bits: linear memory where a list of all the distances
// would be quadratic. Bits of floats that are not negative sort as the floats do.
func pairDistance(sorted []float64, k int) float64 {
	low, high := uint64(0), math.Float64bits(math.Abs(sorted[len(sorted)-1]-sorted[0]))
	for low < high {
		mid := low + (high-low)/2
		if pairsWithin(sorted, math.Float64frombits(mid)) >= k {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return math.Float64frombits(low)
}

// pairsWithin counts the pairs that are at most distance apart.
func pairsWithin(sorted []float64, distance float64) int {
	count, far := 0, 0
	for near := range sorted {
		for far+1 < len(sorted) && sorted[far+1]-sorted[near] <= distance {
			far++
		}
		count += far - near
	}
	return count
}
