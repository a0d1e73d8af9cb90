package changepoint

import "math"

// columnSearch is PELT for the costs that are cheap to compute for all starts of
// a segment at once, once its end is given.
type columnSearch struct {
	settings   Settings
	column     column
	cost       []float64   // cost[p]: cost of the segment from point p on
	total      []float64   // total[b]: least cost of the points before boundary b, plus one penalty
	candidates []candidate // ascending; none behind MinSize points before the end
}

// column computes the costs of the segments with one end.
type column interface {
	// reset takes a series; it stays unchanged until the last fill.
	reset(series []float64)
	// fill sets cost[p] to the cost of series[p:end] for p in from … end-1.
	// Neither end nor from gets smaller from call to call.
	fill(cost []float64, from, end int)
}

// candidate for the last change.
type candidate struct {
	start  int     // boundary
	total  float64 // of the segmentation with its last change there
	dropAt int     // point from which it is dominated; 0: not yet known
}

func (c *columnSearch) run(series []float64, g grid, last []int32) {
	c.cost = resize(c.cost, g.n)
	c.total = resize(c.total, g.cells+1)
	c.total[0] = 0
	c.candidates = c.candidates[:0]
	c.column.reset(series)

	next := 0 // the first boundary that is not yet a candidate
	for b := 1; b <= g.cells; b++ {
		if !g.reachable(b) {
			continue
		}
		end := g.point(b)
		for ; next < g.starts(b); next++ {
			if g.reachable(next) {
				c.candidates = append(c.candidates, candidate{start: next})
			}
		}
		c.drop(end)
		c.column.fill(c.cost, g.point(c.candidates[0].start), end)
		best := c.best(g)
		c.total[b] = best.total + c.settings.Penalty
		last[b] = int32(best.start)
		c.mark(best.total, end+g.minSize)
	}
}

// drop removes the candidates that are dominated from this end on.
func (c *columnSearch) drop(end int) {
	kept := c.candidates[:0]
	for _, k := range c.candidates {
		if k.dropAt == 0 || end < k.dropAt {
			kept = append(kept, k)
		}
	}
	c.candidates = kept
}

func (c *columnSearch) best(g grid) choice {
	best := choice{total: math.Inf(1)}
	for i := range c.candidates {
		k := &c.candidates[i]
		k.total = c.total[k.start] + c.cost[g.point(k.start)]
		if k.total < best.total {
			best = choice{k.total, k.start}
		}
	}
	return best
}

// mark notes which candidates are dominated from point dropAt on.
func (c *columnSearch) mark(best float64, dropAt int) {
	for i := range c.candidates {
		k := &c.candidates[i]
		// total has one penalty that PELT's condition leaves out on both sides.
		if k.dropAt == 0 && k.total > best+c.settings.Penalty {
			k.dropAt = dropAt
		}
	}
}
