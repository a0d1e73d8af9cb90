package changepoint

import (
	"cmp"
	"math"
	"slices"
)

// costTable holds the costs of all segments, from the definitions and with no code
// of the package: table[s][e-s-1] is the cost of [s,e).
type costTable [][]float64

func newCostTable(c Cost, series []float64) costTable {
	switch c {
	case L1:
		return deviationTable(series)
	case RBF:
		return kernelTable(series)
	case Normal:
		table := squareTable(series)
		for _, row := range table {
			for i, squares := range row {
				k := float64(i + 1)
				row[i] = k * math.Log(squares/k+1e-6)
			}
		}
		return table
	default:
		return squareTable(series)
	}
}

// squareTable has the sums of squared deviations from the mean, point by point
// after Welford.
func squareTable(x []float64) costTable {
	table := make(costTable, len(x))
	for s := range x {
		mean, sum := x[s], 0.0
		for i, v := range x[s:] {
			delta := v - mean
			mean += delta / float64(i+1)
			sum += delta * (v - mean)
			table[s] = append(table[s], sum)
		}
	}
	return table
}

// deviationTable has the sums of absolute deviations from the median.
func deviationTable(x []float64) costTable {
	table := make(costTable, len(x))
	for s := range x {
		var sorted []float64
		for _, v := range x[s:] {
			at, _ := slices.BinarySearch(sorted, v)
			sorted = slices.Insert(sorted, at, v)
			median := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
			sum := 0.0
			for _, y := range sorted {
				sum += math.Abs(y - median)
			}
			table[s] = append(table[s], sum)
		}
	}
	return table
}

// kernelTable has n - ΣΣ k(x,y)/n, γ from a list of all distances.
func kernelTable(x []float64) costTable {
	gamma := bruteGamma(x)
	// gram[i][j] is the sum of k over the first i and the first j points.
	gram := make([][]float64, len(x)+1)
	gram[0] = make([]float64, len(x)+1)
	for i := range x {
		gram[i+1] = make([]float64, len(x)+1)
		row := 0.0
		for j := range x {
			row += math.Exp(-gamma * (x[i] - x[j]) * (x[i] - x[j]))
			gram[i+1][j+1] = gram[i][j+1] + row
		}
	}
	table := make(costTable, len(x))
	for s := range x {
		for e := s + 1; e <= len(x); e++ {
			n := float64(e - s)
			table[s] = append(table[s], n-(gram[e][e]-gram[s][e]-gram[e][s]+gram[s][s])/n)
		}
	}
	return table
}

func bruteGamma(x []float64) float64 {
	var distances []float64
	for i := range x {
		for j := range i {
			distances = append(distances, (x[i]-x[j])*(x[i]-x[j]))
		}
	}
	if len(distances) == 0 {
		return 1
	}
	slices.Sort(distances)
	median := (distances[(len(distances)-1)/2] + distances[len(distances)/2]) / 2
	if median == 0 {
		return 1
	}
	return 1 / median
}

// total is the penalised cost of a segmentation.
func (t costTable) total(s Settings, ends []int) float64 {
	sum, start := -s.Penalty, 0
	for _, e := range ends {
		sum += t[start][e-start-1] + s.Penalty
		start = e
	}
	return sum
}

// optimum is the least penalised cost of all segmentations, by optimal
// partitioning: every last change is tried at every end, nothing is pruned.
func (t costTable) optimum(s Settings) float64 {
	n := len(t)
	if n < s.MinSize {
		return t[0][n-1]
	}
	best := make([]float64, n+1)
	best[0] = -s.Penalty
	for e := 1; e <= n; e++ {
		best[e] = math.Inf(1)
		if e%s.Jump != 0 && e != n {
			continue
		}
		for start := 0; start <= e-s.MinSize; start += s.Jump {
			best[e] = min(best[e], best[start]+s.Penalty+t[start][e-start-1])
		}
	}
	return best[n]
}

// prunedAtOnce is PELT that drops a dominated start at once, as ruptures does, not
// when its dominator has become a possible last change. Not exact with a MinSize
// above 1.
func (t costTable) prunedAtOnce(s Settings) []int {
	n := len(t)
	best := make([]float64, n+1)
	ends := make([][]int, n+1)
	best[0] = -s.Penalty
	var starts []int
	for e := s.MinSize; e <= n; e++ {
		if e%s.Jump != 0 && e != n {
			continue
		}
		if start := (e - s.MinSize) / s.Jump * s.Jump; start == 0 || start >= s.MinSize {
			starts = append(starts, start)
		}
		upTo := func(start int) float64 { return best[start] + s.Penalty + t[start][e-start-1] }
		last := slices.MinFunc(starts, func(a, b int) int { return cmp.Compare(upTo(a), upTo(b)) })
		best[e] = upTo(last)
		ends[e] = append(slices.Clone(ends[last]), e)
		starts = slices.DeleteFunc(starts, func(start int) bool { return upTo(start) > best[e]+s.Penalty })
	}
	return ends[n]
}
