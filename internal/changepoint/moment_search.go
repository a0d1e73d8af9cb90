package changepoint

import "math"

// momentSearch is PELT for the costs that follow from a segment's moments.
//
// Candidates for the last change are the boundaries behind us. The newest are
// open: each carries the moments of the points since it, merged with every new
// cell. The older ones are closed into blocks: each keeps its moments up to the
// block's end, and the block alone carries those of the points since.
//
// Costs are superadditive, cost(s,t) ≥ cost(s,e) + cost(e,t) for s < e < t, which
// is what PELT prunes by. The same inequality bounds a whole block from below by
// floor + cost(end,t), so most blocks are neither looked into nor pruned one by
// one. In a quiet series, where PELT can prune nothing, this saves nearly all.
type momentSearch struct {
	settings Settings
	grid     grid
	total    []float64 // total[b]: least cost of the points before b, plus one penalty
	mean     []float64 // of the points from boundary b on, see above
	dev      []float64 // sum of squared deviations of the same points
	inverse  []float64 // inverse[k] = 1/k
	open     int       // the first open candidate
	blocks   []block
}

// choice is the best last change so far.
type choice struct {
	total float64
	start int
}

func (m *momentSearch) run(series []float64, g grid, last []int32) {
	m.reset(g)
	centre := roughMean(series)
	for b := 1; b <= g.cells; b++ {
		cell := m.cell(series, b-1, centre)
		best := choice{total: math.Inf(1)}
		best = m.advanceBlocks(best, b, cell)
		best = m.advanceOpen(best, b, cell)
		m.total[b] = best.total + m.settings.Penalty
		last[b] = int32(best.start)
		if b < g.cells { // the last cell may be short
			m.closeBlock(b)
		}
	}
}

func (m *momentSearch) reset(g grid) {
	m.grid = g
	m.total = resize(m.total, g.cells+1)
	m.mean = resize(m.mean, g.cells)
	m.dev = resize(m.dev, g.cells)
	for k := len(m.inverse); k <= g.n; k++ {
		m.inverse = append(m.inverse, 1/float64(k))
	}
	m.total[0] = 0
	m.open = 0
	m.blocks = m.blocks[:0]
}

// cell returns the moments of cell c, shifted by the series' mean, since costs do
// not depend on the level and small numbers round less.
func (m *momentSearch) cell(series []float64, c int, centre float64) moments {
	points := series[m.grid.point(c):m.grid.point(c+1)]
	if len(points) == 1 {
		return moments{n: 1, mean: points[0] - centre}
	}
	cell := momentsOf(points)
	cell.mean -= centre
	return cell
}

// advanceOpen merges the cell that ends at boundary b into the open candidates
// and looks for the best among those that are far enough away.
func (m *momentSearch) advanceOpen(best choice, b int, cell moments) choice {
	m.mean[b-1], m.dev[b-1] = cell.mean, 0 // the newest has no points yet
	mean := m.mean[m.open:b]
	dev := m.dev[m.open:b][:len(mean)]
	n, inverse, jump := float64(cell.n), m.inverse, m.grid.jump
	k := (b-1-m.open)*jump + cell.n // points since the candidate
	for i := range mean {
		share := n * inverse[k]
		delta := cell.mean - mean[i]
		mean[i] += delta * share
		dev[i] += cell.dev + delta*delta*(n-n*share)
		k -= jump
	}
	ready := min(m.grid.starts(b), b) - m.open
	if ready <= 0 {
		return best
	}
	return m.cheaper(best, m.open, b, dev[:ready])
}

// cheaper returns the cheapest of best and the candidates first, first+1, …, for
// segments up to boundary b with the given sums of squared deviations.
func (m *momentSearch) cheaper(best choice, first, b int, dev []float64) choice {
	total := m.total[first:][:len(dev)]
	if m.settings.Cost == L2 {
		for i, v := range dev {
			if v += total[i]; v < best.total {
				best = choice{v, first + i}
			}
		}
		return best
	}
	n, inverse := m.grid.point(b)-m.grid.point(first), m.inverse
	for i, v := range dev {
		variance := v*inverse[n] + smallVariance
		// A logarithm costs more than all the rest, and few candidates need it.
		if total[i]+float64(n)*logFloor(variance) < best.total {
			if v = total[i] + float64(n)*math.Log(variance); v < best.total {
				best = choice{v, first + i}
			}
		}
		n -= m.grid.jump
	}
	return best
}

// logFloor returns at most ln x, and at least ln x - 0.015, of a normal x > 0.
// With x = 2^e·(1+t), log2 x = e + log2(1+t) and log2(1+t) ≥ t + c·t(1-t), where
// c is the largest for which the slopes at t = 1 allow it.
func logFloor(x float64) float64 {
	const c = 1 - 1/(2*math.Ln2)
	bits := math.Float64bits(x)
	e := int(bits>>52) - 1023
	t := math.Float64frombits(bits&(1<<52-1)|1023<<52) - 1
	return math.Ln2 * (float64(e) + t + c*t*(1-t))
}

// cost of a segment of n points.
func (m *momentSearch) cost(n int, dev float64) float64 {
	if m.settings.Cost == L2 {
		return dev
	}
	return m.logCost(n, dev)
}

func (m *momentSearch) logCost(n int, dev float64) float64 {
	return float64(n) * math.Log(dev*m.inverse[n]+smallVariance)
}
