package changepoint

import "math"

const (
	// blockSize is the number of candidates that are skipped or dropped together.
	blockSize = 24
	// openTail is the least number of younger candidates that stay outside a
	// block. A block's floor counts its candidates' costs up to the block's end;
	// a few points' distance keeps very short, very cheap stretches out of it.
	openTail = 4
)

// block holds the candidates first … first+blockSize-1.
type block struct {
	first, end int     // end: the boundary at which it was closed
	floor      float64 // least total + cost up to end among the candidates
	since      moments // of the points from end on
	bound      float64 // no candidate was cheaper than this at the latest boundary
	dropAt     int     // boundary's point from which the block is dominated; 0: not yet known
}

// advanceBlocks merges the cell that ends at boundary b into the blocks, drops
// those that are dominated and looks into those that may hold a better candidate.
func (m *momentSearch) advanceBlocks(best choice, b int, cell moments) choice {
	kept := 0
	for i := range m.blocks {
		group := &m.blocks[i]
		// total has the penalty that PELT's condition leaves out on both sides.
		if group.dropAt == 0 && group.bound > m.total[b-1] {
			group.dropAt = m.grid.point(b-1) + m.grid.minSize
		}
		if group.dropAt > 0 && m.grid.point(b) >= group.dropAt {
			continue
		}
		m.mergeBlock(group, cell)
		group.bound = group.floor + m.cost(group.since.n, group.since.dev)
		if group.bound < best.total {
			inside := m.bestInside(group, b)
			group.bound = inside.total
			if inside.total < best.total {
				best = inside
			}
		}
		if kept < i {
			m.blocks[kept] = *group
		}
		kept++
	}
	m.blocks = m.blocks[:kept]
	return best
}

func (m *momentSearch) mergeBlock(group *block, cell moments) {
	if group.since.n == 0 {
		group.since = cell
		return
	}
	group.since.n += cell.n
	share := float64(cell.n) * m.inverse[group.since.n]
	delta := cell.mean - group.since.mean
	group.since.mean += delta * share
	group.since.dev += cell.dev + delta*delta*float64(cell.n)*(1-share)
}

// bestInside returns the block's cheapest candidate for segments up to boundary b.
func (m *momentSearch) bestInside(group *block, b int) choice {
	var all [blockSize]float64
	mean := m.mean[group.first:][:blockSize]
	dev := m.dev[group.first:][:blockSize]
	since := float64(group.since.n)
	before := (group.end - group.first) * m.grid.jump
	for i := range all {
		delta := mean[i] - group.since.mean
		weight := since * float64(before) * m.inverse[before+group.since.n]
		all[i] = dev[i] + group.since.dev + delta*delta*weight
		before -= m.grid.jump
	}
	return m.cheaper(choice{total: math.Inf(1)}, group.first, b, all[:])
}

// closeBlock closes the oldest open candidates at boundary b once there are
// enough, all of them minSize points or more away.
func (m *momentSearch) closeBlock(b int) {
	end := m.open + blockSize
	if b-end < openTail || end > m.grid.starts(b) {
		return
	}
	floor := math.Inf(1)
	for s := m.open; s < end; s++ {
		floor = min(floor, m.total[s]+m.cost((b-s)*m.grid.jump, m.dev[s]))
	}
	m.blocks = append(m.blocks, block{first: m.open, end: b, floor: floor, bound: math.Inf(-1)})
	m.open = end
}
