package changepoint

import (
	"fmt"
	"slices"
)

// Detector finds change points by PELT. It keeps its buffers, so that a further
// [Detector.Find] of a series no longer than before allocates nothing. Not for
// concurrent use.
type Detector struct {
	settings Settings
	search   search
	last     []int32
}

// search fills last[b] with the boundary where the last segment starts in the
// best segmentation of the points before boundary b.
type search interface {
	run(series []float64, g grid, last []int32)
}

// New returns a detector, or the error of [Settings.Validate].
func New(s Settings) (*Detector, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("changepoint: %w", err)
	}
	d := &Detector{settings: s}
	switch s.Cost {
	case L1:
		d.search = &columnSearch{settings: s, column: new(medianColumn)}
	case RBF:
		d.search = &columnSearch{settings: s, column: new(kernelColumn)}
	default:
		d.search = &momentSearch{settings: s}
	}
	return d, nil
}

// Find appends the ends of the best segmentation of the series to dst: exclusive,
// ascending, the last one is len(series). A series of fewer than 2·MinSize points
// is one segment, an empty one has none. A series that is too long for the cost
// ([Cost.MaxPoints]) or has a value that is NaN, infinite or beyond [MaxAbs] gives
// an error and dst as it was.
func (d *Detector) Find(dst []int, series []float64) ([]int, error) {
	if err := d.settings.checkSeries(series); err != nil {
		return dst, fmt.Errorf("changepoint: %w", err)
	}
	n := len(series)
	if n == 0 {
		return dst, nil
	}
	if n < 2*d.settings.MinSize {
		return append(dst, n), nil
	}
	g := newGrid(n, d.settings)
	d.last = resize(d.last, g.cells+1)
	d.search.run(series, g, d.last)

	found := len(dst)
	for b := g.cells; b > 0; b = int(d.last[b]) {
		dst = append(dst, g.point(b))
	}
	slices.Reverse(dst[found:])
	return dst, nil
}

// grid cuts n points into cells of jump points, the last one possibly shorter.
// Segments start and end at boundaries: boundary b lies before cell b, the
// boundary cells lies behind the last point.
type grid struct {
	n, jump, minSize, cells int
}

func newGrid(n int, s Settings) grid {
	return grid{n: n, jump: s.Jump, minSize: s.MinSize, cells: (n + s.Jump - 1) / s.Jump}
}

// point is the number of points before boundary b.
func (g grid) point(b int) int { return min(b*g.jump, g.n) }

// reachable says whether the points before boundary b can be segmented at all.
func (g grid) reachable(b int) bool { return b == 0 || g.point(b) >= g.minSize }

// starts is the number of boundaries 0 … starts-1 that lie minSize points or more
// before boundary b.
func (g grid) starts(b int) int {
	room := g.point(b) - g.minSize
	if room < 0 {
		return 0
	}
	return room/g.jump + 1
}

// resize returns a slice of length n, the old array where it is large enough; its
// contents are undefined.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
