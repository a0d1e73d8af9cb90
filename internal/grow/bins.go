package grow

import (
	"context"
	"iter"
	"math"
	"sync"
	"sync/atomic"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

const (
	maxBins    = 255 // of values
	missingBin = maxBins

	missingRank = math.MaxUint32
)

// column is a feature's distinct values, and which of its bins each row's value is in.
type column struct {
	distinct []float32 // ascending
	bins     []uint8   // of each row; missingBin
	count    int       // bins of values
	missing  bool      // some value is
}

// constant says that no split of the feature is possible.
func (c *column) constant() bool { return len(c.distinct) == 0 || len(c.distinct) == 1 && !c.missing }

// exact says that each bin holds one distinct value, so that its number is the rank.
func (c *column) exact() bool { return c.count == len(c.distinct) }

// threshold between values of neighbouring ranks in a node.
func (c *column) threshold(ranks [2]uint32) float32 {
	if ranks[1] == missingRank {
		return math.MaxFloat32
	}
	return between(c.distinct[ranks[0]], c.distinct[ranks[1]])
}

// matrix is a table made ready. Ranks are by row, as small nodes look at several
// features of a few rows, and bins by column, as large nodes run through all rows.
type matrix struct {
	columns []column
	ranks   []uint32 // of each row's values among the distinct ones, or missingRank
}

// newMatrix makes a table ready.
func newMatrix(ctx context.Context, t *dataset.Table, workers int) (*matrix, error) {
	m := &matrix{columns: make([]column, len(t.Columns)), ranks: make([]uint32, len(t.Columns)*t.Rows())}
	var next atomic.Int64
	var team sync.WaitGroup
	for range min(workers, len(m.columns)) {
		team.Go(func() {
			var keys, spare []uint64
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(m.columns) {
					return
				}
				keys = resize(keys, t.Rows())
				spare = resize(spare, t.Rows())
				m.columns[i] = newColumn(t.Columns[i], m.ranks[i:], len(m.columns), keys, spare)
			}
		})
	}
	team.Wait()
	return m, context.Cause(ctx)
}

// newColumn cuts values into bins. Up to 255 distinct values have a bin each. More
// are shared out so that bins have about the same mass, where half of the mass is
// spread over the rows and half over the distinct values: neither a crowd nor a
// long tail is left with a few bins. Ranks are a stride apart; the buffers are as long
// as the values.
func newColumn(values []float32, ranks []uint32, stride int, keys, spare []uint64) column {
	c := column{bins: make([]uint8, len(values))}
	present := 0
	for row, v := range values {
		if v != v {
			ranks[row*stride], c.bins[row], c.missing = missingRank, missingBin, true
			continue
		}
		keys[present] = uint64(order(v))<<32 | uint64(row)
		present++
	}
	keys = radixSort(keys[:present], spare[:present])
	for start, end := range runs(keys) {
		for _, key := range keys[start:end] {
			ranks[int(uint32(key))*stride] = uint32(len(c.distinct))
		}
		c.distinct = append(c.distinct, values[uint32(keys[start])])
	}
	share := binShares{rows: float64(present), values: float64(len(c.distinct))}
	for start, end := range runs(keys) {
		bin := c.count
		if len(c.distinct) > maxBins {
			bin = share.next(end - start)
		}
		for _, key := range keys[start:end] {
			c.bins[uint32(key)] = uint8(bin)
		}
		c.count = bin + 1
	}
	return c
}

// runs yields the starts and ends of the runs of equal upper halves in sorted keys.
func runs(keys []uint64) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		start := 0
		for i := 1; i <= len(keys); i++ {
			if i == len(keys) || keys[i-1]>>32 != keys[i]>>32 {
				if !yield(start, i) {
					return
				}
				start = i
			}
		}
	}
}

// binShares shares out ascending values among bins.
type binShares struct {
	rows, values float64 // in all
	bin          int     // the last one
	mass         float64 // of the last bin
	before       float64 // mass of the bins before it
}

// next returns the bin of the next value, which that many rows have.
func (s *binShares) next(rows int) int {
	mass := float64(rows)/s.rows/2 + 1/s.values/2
	// A bin takes a value in as long as that brings it nearer to its fair share of
	// what the bins before have left.
	fair := (1 - s.before) / float64(maxBins-s.bin)
	if s.mass > 0 && s.mass+mass/2 > fair && s.bin < maxBins-1 {
		s.before += s.mass
		s.mass = 0
		s.bin++
	}
	s.mass += mass
	return s.bin
}

// order maps values to numbers of the same order, and -0 like 0.
func order(v float32) uint32 {
	b := math.Float32bits(v + 0) // -0 + 0 is 0
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// between returns the threshold of neighbouring values: their middle, or the lower
// one where float32 has no number from the middle up to below the upper one.
func between(lower, upper float32) float32 {
	middle := float32((float64(lower) + float64(upper)) / 2)
	if middle >= upper {
		return lower
	}
	return middle
}

// resize returns a slice of length n, the old array where it is large enough; its
// contents are undefined.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
