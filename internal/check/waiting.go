package check

import (
	"bytes"
	"cmp"
	"container/heap"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// ranked is a violation with what it is ordered by.
type ranked struct {
	call      *invariant.Call
	rank      int // of the rule
	violation *Violation
}

// waiting are violations that wait for those of traces which began while their own went on.
type waiting struct{ heap byTime }

func (w *waiting) add(r ranked) { heap.Push(&w.heap, r) }

// before hands over, in their order, the violations of calls that began before that.
func (w *waiting) before(start int64, each func(*Violation) error) error {
	for len(w.heap) > 0 && w.heap[0].call.Start < start {
		if err := each(heap.Pop(&w.heap).(ranked).violation); err != nil {
			return err
		}
	}
	return nil
}

// rest hands over all others.
func (w *waiting) rest(each func(*Violation) error) error {
	for len(w.heap) > 0 {
		if err := each(heap.Pop(&w.heap).(ranked).violation); err != nil {
			return err
		}
	}
	return nil
}

// byTime is a [heap.Interface] by the start of the call, its trace id, its span id, and the order of the rules.
type byTime []ranked

func (h byTime) Len() int      { return len(h) }
func (h byTime) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h byTime) Less(i, j int) bool {
	a, b := h[i].call, h[j].call
	return cmp.Or(cmp.Compare(a.Start, b.Start), bytes.Compare(a.TraceID[:], b.TraceID[:]), bytes.Compare(a.SpanID[:], b.SpanID[:]),
		cmp.Compare(h[i].rank, h[j].rank)) < 0
}

// Push is part of [heap.Interface].
func (h *byTime) Push(x any) { *h = append(*h, x.(ranked)) }

// Pop is part of [heap.Interface].
func (h *byTime) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = ranked{}
	*h = (*h)[:len(*h)-1]
	return last
}
