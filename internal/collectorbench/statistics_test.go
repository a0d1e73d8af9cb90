package main

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIntervalCoversTheMedian(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	covered := 0
	const experiments = 40
	for range experiments {
		values := make([]float64, 20)
		for i := range values {
			values[i] = 5 + rng.NormFloat64()
		}
		low, high := interval(values)
		if low <= 5 && 5 <= high {
			covered++
		}
		assert.Less(t, high-low, 2.0)
	}
	assert.GreaterOrEqual(t, covered, experiments*8/10)
}

func TestMedianOfEvenAndOdd(t *testing.T) {
	assert.Equal(t, 2.0, median([]float64{3, 1, 2}))
	assert.Equal(t, 2.5, median([]float64{4, 1, 2, 3}))
}

func TestRatioOfAConstant(t *testing.T) {
	low, high := ratioInterval([]float64{1, 2, 3}, []float64{2, 4, 6})
	assert.InDelta(t, 0.5, low, 1e-12)
	assert.InDelta(t, 0.5, high, 1e-12)
}
