package forest

import "math"

// point is one of a quadrature on [0, 1].
type point struct {
	at, weight        float64
	rest, restInverse float64 // 1−at without the rounding, and 1/rest
}

// gaussLegendre is the rule of n points that is exact for polynomials of a degree
// less than 2n.
func gaussLegendre(n int) []point {
	rule := make([]point, n)
	for i := range rule {
		// Tricomi's estimate of the root of the Legendre polynomial, then Newton's
		// method, which ends in a few rounds.
		x := -math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var slope float64
		for range 10 {
			var value float64
			value, slope = legendre(n, x)
			x -= value / slope
		}
		at, mirrored := (1+x)/2, &rule[n-1-i]
		rule[i].at, rule[i].weight = at, 1/((1-x*x)*slope*slope)
		mirrored.rest, mirrored.restInverse = at, 1/at
	}
	return rule
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
