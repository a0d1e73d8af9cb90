package changepoint

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// benchSeries returns distinct standardised series: a new level after every
// length points (0: never), noise throughout.
func benchSeries(n, length int) [][]float64 {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	many := make([][]float64, 64)
	for i := range many {
		level := 0.0
		for p := range n {
			if length > 0 && p%length == 0 {
				level = 4 * random.NormFloat64()
			}
			many[i] = append(many[i], level+random.NormFloat64())
		}
		many[i] = Standardise(many[i][:0], many[i])
	}
	return many
}

func benchmarkFind(b *testing.B, c Cost, n, length int) {
	d, err := New(Settings{Cost: c, MinSize: 2, Jump: 1, Penalty: 3 * math.Log(float64(n))})
	if err != nil {
		b.Fatal(err)
	}
	many := benchSeries(n, length)
	ends, err := d.Find(nil, many[0])
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		ends, _ = d.Find(ends[:0], many[i%len(many)])
		i++
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{20, 100, 1000} {
		for _, c := range allCosts {
			for _, length := range []int{0, n / 2, n / 5, n / 20} {
				if length == 1 {
					continue
				}
				b.Run(fmt.Sprintf("%v/n=%d/level=%d", c, n, length), func(b *testing.B) {
					benchmarkFind(b, c, n, length)
				})
			}
		}
	}
}
