package reference

import (
	"slices"
	"strings"
)

// run is a value that a field had for a time: every known write from since to seen wrote it.
type run struct {
	since, seen int64
	text        string
	field       Field
	kind        Kind
	// apart is true if something else may have been written between what is kept of the time before and since.
	apart bool
	// more is true if the value was written again after seen, but before the next run; when is not known.
	more bool
}

const runsPerField = 2

func (r *run) is(v Value) bool { return r.kind == v.Kind && r.text == v.Text }

// history is the runs of all fields of a row, by field; of each field at most two, the newest first.
type history []run

// of returns where the runs of a field are.
func (h history) of(f Field) (from, to int) {
	for from < len(h) && h[from].field < f {
		from++
	}
	to = from
	for to < len(h) && h[to].field == f {
		to++
	}
	return from, to
}

// at returns the run of a field as of a time; nil if it had no value then, which is not sure if unsure is true.
func (h history) at(f Field, t int64) (found *run, unsure bool) {
	from, to := h.of(f)
	for i := from; i < to; i++ {
		r := &h[i]
		if t >= r.since {
			if unsure && t > r.seen {
				return nil, true
			}
			return r, false
		}
		unsure = r.apart
	}
	return nil, unsure
}

// write adds a write of a value at a time.
func (h history) write(f Field, v Value, at int64) history {
	from, to := h.of(f)
	i := from
	for i < to && h[i].since > at {
		i++
	}
	if i == to {
		return h.writeFirst(f, v, at, from, to)
	}
	r := &h[i]
	newer := h.newer(i, from)
	switch {
	case at > r.seen:
		return h.writeAfter(v, at, i, from)
	case r.is(v):
		return h // seen before and after
	case at < r.seen:
		return h.split(v, at, i, from, to)
	case r.since < r.seen: // at its end: what is committed last counts
		return h.writeAtEnd(v, at, i, from)
	}
	if r.more && newer != nil {
		newer.apart = true
	}
	r.kind, r.text, r.more = v.Kind, strings.Clone(v.Text), false
	return h.join(i, from, to)
}

// newer is the run after that one, nil if there is none.
func (h history) newer(i, from int) *run {
	if i == from {
		return nil
	}
	return &h[i-1]
}

// writeFirst adds a write before all that is kept.
func (h history) writeFirst(f Field, v Value, at int64, from, to int) history {
	if from < to {
		first := &h[to-1]
		switch {
		case first.apart:
			return h // it is older than what was let go
		case first.is(v):
			first.since = at
			return h
		}
	}
	return h.insert(to, from, newRun(f, v, at))
}

// writeAfter adds a write after run i, and before the one that follows it, if any does.
func (h history) writeAfter(v Value, at int64, i, from int) history {
	r, newer := &h[i], h.newer(i, from)
	unsure := newer != nil && newer.apart
	switch {
	case r.is(v) && !unsure:
		r.seen = at
		return h
	case newer != nil && newer.is(v) && !unsure && !r.more:
		newer.since = at
		return h
	}
	if newer != nil {
		newer.apart = unsure || r.more
	}
	return h.insert(i, from, newRun(r.field, v, at))
}

// writeAtEnd adds a write of another value at the time when run i, which began sooner, was seen last.
func (h history) writeAtEnd(v Value, at int64, i, from int) history {
	r, newer := &h[i], h.newer(i, from)
	more := r.more
	r.seen, r.more = r.since, true
	if newer != nil {
		if newer.is(v) && !newer.apart && !more {
			newer.since = at
			return h
		}
		newer.apart = newer.apart || more
	}
	return h.insert(i, from, newRun(r.field, v, at))
}

// split adds a write of another value amidst run i.
func (h history) split(v Value, at int64, i, from, to int) history {
	r := &h[i]
	began, apart := r.since, r.apart
	r.since, r.apart = r.seen, true
	if i > from {
		return h // it is older than the two that are kept
	}
	write := newRun(r.field, v, at)
	write.apart = at > began || apart || i+1 < to
	if i+1 < to {
		h[i+1] = write
		return h
	}
	return slices.Insert(h, i+1, write)
}

// join makes one of run i and its neighbours that have the same value.
func (h history) join(i, from, to int) history {
	if i+1 < to && !h[i].apart && h[i+1].is(h[i].value()) {
		h[i+1].seen, h[i+1].more = h[i].seen, false
		h = slices.Delete(h, i, i+1)
		to--
	}
	if i > from && i < to && !h[i-1].apart && h[i-1].is(h[i].value()) {
		h[i-1].since, h[i-1].apart = h[i].since, h[i].apart
		h = slices.Delete(h, i, i+1)
	}
	return h
}

// newRun has a text of its own.
func newRun(f Field, v Value, at int64) run {
	return run{since: at, seen: at, text: strings.Clone(v.Text), field: f, kind: v.Kind}
}

func (r *run) value() Value { return Value{Kind: r.kind, Text: r.text} }

// insert puts a run in the place i and lets the oldest of the field go where it is one too many.
func (h history) insert(i, from int, r run) history {
	h = slices.Insert(h, i, r)
	if last := from + runsPerField; last < len(h) && h[last].field == r.field {
		h = slices.Delete(h, last, last+1)
		h[last-1].apart = true
	}
	return h
}
