package changepoint

import "math"

// smallVariance keeps the logarithm of a constant segment's variance finite; its
// value is that of ruptures' CostNormal.
const smallVariance = 1e-6

// moments of some points: their number, mean and sum of squared deviations from
// the mean. Merging moments (Chan, Golub and LeVeque, 1979) cancels nothing,
// unlike a difference of prefix sums.
type moments struct {
	n         int
	mean, dev float64
}

// add merges one more point.
func (m *moments) add(x float64) {
	m.n++
	delta := x - m.mean
	m.mean += delta / float64(m.n)
	m.dev += delta * (x - m.mean)
}

func momentsOf(points []float64) moments {
	var m moments
	for _, x := range points {
		m.add(x)
	}
	return m
}

// roughMean is quicker than momentsOf, and less exact.
func roughMean(points []float64) float64 {
	sum := 0.0
	for _, x := range points {
		sum += x
	}
	return sum / float64(len(points))
}

// Standardise appends the series to dst, shifted and scaled to mean 0 and
// population standard deviation 1, so that one penalty serves series of any unit.
// A constant series becomes zeros. If a value is not finite, or so large that its
// square is not, all become NaN, which Find refuses. dst may be series[:0].
func Standardise(dst, series []float64) []float64 {
	m := momentsOf(series)
	scale := 1 / math.Sqrt(m.dev/float64(m.n))
	switch {
	case m.dev == 0:
		scale = 0
	case math.IsInf(m.dev, 1):
		scale = math.NaN()
	}
	for _, x := range series {
		dst = append(dst, (x-m.mean)*scale)
	}
	return dst
}
