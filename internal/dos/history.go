package dos

import "slices"

// history is a service's past, as much of it as the tests look at.
type history struct {
	Points []point  `json:"points"` // the last windows, oldest first
	Calls  []uint32 `json:"calls"`  // a ring of the calls of many windows, floods left out
	Next   int      `json:"next"`   // place in the ring
	Seen   int64    `json:"seen"`   // windows, ever
	Last   int64    `json:"last"`   // start of the latest window, Unix seconds

	Collapsed *change `json:"collapsed,omitempty"` // going on
	Flooded   *change `json:"flooded,omitempty"`

	Calm    *point `json:"calm,omitempty"` // a typical window before the latest flood
	CalmFor int    `json:"calm_for"`       // windows after the flood for which it counts
}

// change is a finding that goes on.
type change struct {
	Before  float64 `json:"before"` // level before it, of the log series
	After   float64 `json:"after"`
	Usual   float64 `json:"usual"` // median level of all windows before it
	Calls   float64 `json:"calls"` // calls a window before it
	Windows int     `json:"windows"`
	Score   float64 `json:"score"`
	Sized   bool    `json:"sized"`
}

// push adds a window, keeping at most n.
func (h *history) push(p point, n int) {
	if len(h.Points) >= n {
		copy(h.Points, h.Points[len(h.Points)-n+1:])
		h.Points = h.Points[:n-1]
	}
	h.Points = append(h.Points, p)
	h.Seen++
}

// remember adds the calls of a window to the long history.
func (h *history) remember(calls int64, n int) {
	c := uint32(min(calls, 1<<32-1))
	if len(h.Calls) < n {
		h.Calls = append(h.Calls, c)
		return
	}
	h.Next %= n
	h.Calls[h.Next] = c
	h.Next++
}

// high is the 99th percentile of the calls in the long history.
func (h *history) high(scratch []uint32) (float64, []uint32) {
	scratch = append(scratch[:0], h.Calls...)
	if len(scratch) == 0 {
		return 0, scratch
	}
	slices.Sort(scratch)
	return float64(scratch[(len(scratch)-1)*99/100]), scratch
}
