package forest

import "math"

// quadrature is a Gauss-Legendre rule on [0, 1]: exact for polynomials of a degree
// less than twice the number of points.
type quadrature struct {
	points      []float64 // ascending
	rest        []float64 // 1 − points, without the rounding
	restInverse []float64 // 1/rest
	weights     []float64
}

func newQuadrature(n int) quadrature {
	q := quadrature{
		points: make([]float64, n), rest: make([]float64, n), restInverse: make([]float64, n), weights: make([]float64, n),
	}
	for i := range n {
		// Tricomi's estimate of the root of the Legendre polynomial, then Newton's
		// method, which ends in a few rounds.
		x := -math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var slope float64
		for range 10 {
			var value float64
			value, slope = legendre(n, x)
			x -= value / slope
		}
		q.points[i] = (1 + x) / 2
		q.rest[n-1-i], q.restInverse[n-1-i] = q.points[i], 1/q.points[i]
		q.weights[i] = 1 / ((1 - x*x) * slope * slope)
	}
	return q
}

// legendre returns the Legendre polynomial of degree n ≥ 1 and its derivative, for
// |x| < 1.
func legendre(n int, x float64) (value, slope float64) {
	before, value := 1.0, x
	for k := 2; k <= n; k++ {
		before, value = value, (float64(2*k-1)*x*value-float64(k-1)*before)/float64(k)
	}
	return value, float64(n) * (before - x*value) / (1 - x*x)
}
