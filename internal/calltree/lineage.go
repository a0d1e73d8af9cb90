package calltree

import "slices"

// gaps are missing parents: none, one, or several.
type gaps struct {
	first   uint64
	several bool
}

func (g *gaps) add(missing uint64) {
	switch g.first {
	case 0:
		g.first = missing
	case missing:
	default:
		g.several = true
	}
}

func (g *gaps) any() bool { return g.first != 0 || g.several }

// beneath tells whether one of the gaps may be beneath a call whose own chain of
// ancestors ends at a missing parent, or at none (0). What hangs on that very
// parent cannot be beneath the call: it would be its own ancestor.
func (g *gaps) beneath(own uint64) bool { return g.several || g.first != 0 && g.first != own }

// loss is what was let go although a call might have needed it.
type loss struct {
	of gaps
	at int64
}

// add notes the loss of what hung on a missing parent; 0 is for what may have hung anywhere.
func (l *loss) add(missing uint64, now, wait int64) {
	if now-l.at > 2*wait { // calls that the old one touches are judged by then
		l.of = gaps{}
	}
	l.at = now
	if missing == 0 {
		l.of.several = true
		return
	}
	l.of.add(missing)
}

// touches tells whether a call may miss what was lost. Nothing is kept for
// longer than the wait, so a loss further back than that touches nobody.
func (l *loss) touches(own uint64, arrived, wait int64) bool {
	return l.of.beneath(own) && arrived-l.at <= wait
}

// Values of record.top besides places.
const (
	cyclic  = -1 // the chain of ancestors comes back to itself
	walking = -2
	unknown = -3
)

// resolve finds the owner and the top of every span, each chain being walked once,
// and which client spans are answered.
func (t *trace[C, S]) resolve(path *[]int32) {
	if t.resolved {
		return
	}
	t.resolved = true
	t.statementGaps, t.callGaps = gaps{}, gaps{}
	t.unanswered = 0
	n := t.spans.len
	for i := range n {
		span := t.spans.at(i)
		span.top, span.answered = unknown, false
		if span.kind == client {
			t.unanswered++
		}
	}
	for i := range n {
		if t.spans.at(i).top == unknown {
			*path = t.walk(i, (*path)[:0])
		}
	}
}

// walk goes up from a span to what is resolved already or to the end of the
// chain, and back down with the owner and the top.
func (t *trace[C, S]) walk(from int, path []int32) []int32 {
	owner, top := int32(none), int32(unknown)
	for at := int32(from); top == unknown; {
		span := t.spans.at(int(at))
		span.top = walking
		path = append(path, at)
		if span.parentless() {
			top = at
			break
		}
		up := t.find(span.parent)
		if up == none {
			top = at
			t.gap(span)
			break
		}
		above := t.spans.at(up)
		if span.kind == call && above.kind == client && !above.answered {
			above.answered = true
			t.unanswered--
		}
		switch above.top {
		case unknown:
			at = int32(up)
			continue
		case walking:
			top, owner = cyclic, t.cycle(path, int32(up))
		default:
			top, owner = above.top, above.owner
			if above.kind == call {
				owner = int32(up)
			}
		}
	}
	for _, at := range slices.Backward(path) {
		span := t.spans.at(int(at))
		span.owner, span.top = owner, top
		if owner == at { // round the cycle
			span.owner = none
		}
		if span.kind == call {
			owner = at
		}
	}
	return path
}

// gap notes that a span's parent is not there. Whatever is beneath a server span
// with an unknown parent belongs to that span, so only calls can be missing there.
func (t *trace[C, S]) gap(span *record) {
	t.callGaps.add(span.parent)
	if span.kind != call {
		t.statementGaps.add(span.parent)
	}
}

// cycle notes a gap that may belong to anybody, and returns the first server
// span above the end of the path, which goes on at the given place of the path.
func (t *trace[C, S]) cycle(path []int32, on int32) int32 {
	start := len(path) - 1
	for path[start] != on {
		start--
	}
	t.callGaps.several = true
	owner := int32(none)
	for _, at := range path[start:] {
		switch {
		case t.spans.at(int(at)).kind != call:
			t.statementGaps.several = true
		case owner == none:
			owner = at
		}
	}
	return owner
}

// missing is the parent at which the chain above a span ends, or 0.
func (t *trace[C, S]) missing(span *record) uint64 {
	if span.top == cyclic {
		return 0
	}
	if top := t.spans.at(int(span.top)); !top.parentless() {
		return top.parent
	}
	return 0
}
