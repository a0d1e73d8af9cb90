package forest

import "math"

// AveragePathLength is the mean length of an unsuccessful search in a binary
// search tree of n rows, c(n) in Liu, Ting, Zhou, "Isolation Forest", equation 1.
func AveragePathLength(n float64) float64 {
	switch {
	case n <= 1:
		return 0
	case n <= 2:
		return 1
	}
	const euler = 0.57721566490153286
	return 2*(math.Log(n-1)+euler) - 2*(n-1)/n
}

// Score is the anomaly score of a row with the given mean path length (≥ 0) in
// trees grown on sampleSize rows: 2^(−E(h)/c(ψ)) in Liu, Ting, Zhou, "Isolation
// Forest", equation 2. It lies in (0, 1]: near 1 for what is isolated at once,
// about 0.5 for a row like any other. Trees of less than two rows tell nothing,
// their score is 0.5.
func Score(meanPathLength float64, sampleSize int) float64 {
	usual := AveragePathLength(float64(sampleSize))
	if usual == 0 {
		return 0.5
	}
	return math.Exp2(-meanPathLength / usual)
}
