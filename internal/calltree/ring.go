package calltree

// knot ties an item into a ring, of which another knot, without an item, is the
// beginning and the end.
type knot[T any] struct {
	prev, next *knot[T]
	of         *T
}

// begin makes an empty ring.
func (k *knot[T]) begin() { k.prev, k.next = k, k }

// tie puts the item last into the ring that begins at the given knot.
func (k *knot[T]) tie(ring *knot[T]) {
	k.prev, k.next = ring.prev, ring
	ring.prev.next, ring.prev = k, k
}

// untie takes the item out of its ring, if it is in one.
func (k *knot[T]) untie() {
	if k.next != nil {
		k.prev.next, k.next.prev = k.next, k.prev
		k.prev, k.next = nil, nil
	}
}

func (k *knot[T]) tied() bool { return k.next != nil }

// slots is how many ticks a wheel looks ahead; what is due later is looked at
// once in a turn.
const slots = 64

// wheel holds traces by the tick in which they are to be looked at. A trace may
// come up earlier than it is due, never later.
type wheel[C, S any] struct {
	slot   [slots]knot[trace[C, S]]
	cursor int64 // the tick that is being worked on
	tick   int64 // its length in ns
}

func (w *wheel[C, S]) begin(tick int64) {
	w.tick = tick
	for i := range w.slot {
		w.slot[i].begin()
	}
}

func (w *wheel[C, S]) at(due int64) int64 {
	return min(max(due/w.tick, w.cursor), w.cursor+slots-1)
}

// place sees to it that the trace comes up when it is due, or before.
func (w *wheel[C, S]) place(t *trace[C, S], due int64) {
	if at := w.at(due); !t.wheel.tied() || at < t.tick {
		w.move(t, at)
	}
}

// later lets the trace come up again when it is due, after it came up too early.
func (w *wheel[C, S]) later(t *trace[C, S], due int64) {
	if at := w.at(due); at != t.tick {
		w.move(t, at)
	}
}

func (w *wheel[C, S]) move(t *trace[C, S], at int64) {
	t.wheel.untie()
	t.tick = at
	t.wheel.tie(&w.slot[at%slots])
}

// advance steps to the next tick, or over many at once; false if it is there.
func (w *wheel[C, S]) advance(now int64) bool {
	target := now / w.tick
	switch {
	case w.cursor >= target:
		return false
	case target-w.cursor < slots:
		w.cursor++
		return true
	}
	// The clock leapt: everything is looked at now.
	here := &w.slot[target%slots]
	for i := range w.slot {
		from := &w.slot[i]
		if from == here {
			continue
		}
		for from.next != from {
			w.move(from.next.of, target)
		}
	}
	for k := here.next; k != here; k = k.next {
		k.of.tick = target
	}
	w.cursor = target
	return true
}
