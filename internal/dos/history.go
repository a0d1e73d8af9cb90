package dos

import (
	"time"

	"github.com/spanwarden/spanwarden/internal/detect"
)

// history is a service's past, as much of it as the tests look at.
type history struct {
	Length time.Duration `json:"length"` // of the windows, ns; windows of another length do not compare
	Points []point       `json:"points"` // the last windows, oldest first
	Past   past          `json:"past"`   // many windows
	Last   int64         `json:"last"`   // start of the latest window, Unix seconds

	Collapsed *change `json:"collapsed,omitempty"` // going on
	Flooded   *change `json:"flooded,omitempty"`

	Calm    *point `json:"calm,omitempty"` // a typical window before the latest flood
	CalmFor int    `json:"calm_for"`       // windows after the flood for which it counts
}

// change is a finding that goes on. Levels are natural logarithms.
type change struct {
	levels
	Load    float64 `json:"load"`  // collapse: level of calls/gap before it
	Calls   float64 `json:"calls"` // calls a window before it
	Windows int     `json:"windows"`
	Score   float64 `json:"score"`
	Sized   bool    `json:"sized"`
}

// levels of a series on both sides of a change point.
type levels struct {
	Before float64 `json:"before"` // mean of the segment before it
	After  float64 `json:"after"`
	Usual  float64 `json:"usual"` // median of all windows before it
}

// push adds a window, keeping at most n.
func (h *history) push(p point, n int) {
	if len(h.Points) >= n {
		copy(h.Points, h.Points[len(h.Points)-n+1:])
		h.Points = h.Points[:n-1]
	}
	h.Points = append(h.Points, p)
}

// since is how many windows after the latest one this one lies: 1 if it follows,
// more if windows are missing between them, at most limit.
func (h *history) since(w *detect.Window, limit int) int {
	seconds := w.Start.Unix() - h.Last
	if seconds <= 0 {
		return 1
	}
	return int(min(max(1, float64(seconds)/h.Length.Seconds()), float64(limit)))
}

// remember adds the calls of a window to the past, negative for a flood, and
// nothing for the windows that are missing before it.
func (h *history) remember(calls int64, since, n int) {
	for range since - 1 {
		h.Past.add(0, n)
	}
	h.Past.add(calls, n)
}

// flood marks the window that was pushed last as part of a flood, and those before
// it if it is the one in which a flood that began with them is found.
func (h *history) flood(windows int) {
	h.Past.flood(windows - 1)
	for i := len(h.Points) - 1; i >= max(0, len(h.Points)-min(windows, fresh)); i-- {
		h.Points[i].Flood = true
	}
}

// acceptFlood takes a flood that does not end for the new normal.
func (h *history) acceptFlood() {
	for i := range h.Points {
		h.Points[i].Flood = false
	}
}
