package main

import (
	"math/rand/v2"
	"slices"
)

// resamples of the bootstrap.
const resamples = 10_000

// median, not the mean: now and then somebody else needs the machine's cache in the middle of a round.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// differences are those of the same rounds.
func differences(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

// interval is the 95 % interval of the median by bootstrap.
func interval(values []float64) (low, high float64) {
	return bootstrap(len(values), func(rounds []int) float64 { return median(pick(values, rounds)) })
}

// ratioInterval is the 95 % interval of the ratio of two medians over the same rounds.
func ratioInterval(a, b []float64) (low, high float64) {
	return bootstrap(len(a), func(rounds []int) float64 { return median(pick(a, rounds)) / median(pick(b, rounds)) })
}

func bootstrap(n int, statistic func(rounds []int) float64) (low, high float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	values := make([]float64, resamples)
	rounds := make([]int, n)
	for i := range values {
		for j := range rounds {
			rounds[j] = rng.IntN(n)
		}
		values[i] = statistic(rounds)
	}
	slices.Sort(values)
	return values[resamples*25/1000], values[resamples*975/1000]
}

func pick(values []float64, rounds []int) []float64 {
	out := make([]float64, len(rounds))
	for i, round := range rounds {
		out[i] = values[round]
	}
	return out
}
