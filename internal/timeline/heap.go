package timeline

import "bytes"

// event is the turn of a call, or the end of a trace.
type event[C any] struct {
	at    int64
	trace *trace
	call  C
	turn  uint64 // the number of the call among those added
	ends  bool
}

// heap has the event that comes next in front.
type heap[C any] struct {
	list   []event[C]
	before func(a, b C) bool
}

// less orders by time; at the same time by ends before calls, then the trace id, and within a trace as before says, then
// by which was added first.
func (h *heap[C]) less(i, j int) bool {
	a, b := &h.list[i], &h.list[j]
	switch {
	case a.at != b.at:
		return a.at < b.at
	case a.ends != b.ends:
		return a.ends
	}
	if c := bytes.Compare(a.trace.id[:], b.trace.id[:]); c != 0 {
		return c < 0
	}
	if h.before != nil && !a.ends {
		switch {
		case h.before(a.call, b.call):
			return true
		case h.before(b.call, a.call):
			return false
		}
	}
	return a.turn < b.turn
}

func (h *heap[C]) push(e event[C]) {
	h.list = append(h.list, e)
	for i := len(h.list) - 1; i > 0; {
		above := (i - 1) / 2
		if !h.less(i, above) {
			return
		}
		h.list[i], h.list[above] = h.list[above], h.list[i]
		i = above
	}
}

func (h *heap[C]) pop() event[C] {
	first, last := h.list[0], len(h.list)-1
	h.list[0] = h.list[last]
	h.list[last] = event[C]{}
	h.list = h.list[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return first
		}
		h.list[i], h.list[least] = h.list[least], h.list[i]
		i = least
	}
}
