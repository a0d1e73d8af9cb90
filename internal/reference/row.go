package reference

import (
	"slices"
	"unsafe"
)

// row is what is committed of an entity, or what a transaction sees of it.
type row struct {
	hash       uint64
	key        string
	next       *row // with the same hash
	within     place[row]
	history    history
	shown      []showing // the one shown longest ago first
	born, last int64     // the earliest and the latest write
	from       int64     // what was written up to then may be lost, if lossy is true
	commit     uint64    // that wrote last
	bytes      int64     // as counted last
	lookup     uint64    // transaction that looked it up last
	round      uint32    // of the collection's proof in which it was found
	collection Collection
	lossy      bool
	forgot     bool // it was shown to callers that are not in shown
}

// showing is to whom a row was shown, and when first.
type showing struct {
	caller uint64 // number
	at     int64
}

func (r *row) place() *place[row] { return &r.within }

const (
	mapEntry = 32 // bytes of a pair in a map of that kind, with the room that maps leave
	smallest = 16 // bytes that a short text takes
)

func textSize(text string) int64 {
	if text == "" {
		return 0
	}
	return int64(max(len(text), smallest))
}

// size is about how much memory the row takes.
func (r *row) size() int64 {
	size := mapEntry + int64(unsafe.Sizeof(*r)) + textSize(r.key) +
		int64(cap(r.history))*int64(unsafe.Sizeof(run{})) + int64(cap(r.shown))*int64(unsafe.Sizeof(showing{}))
	for i := range r.history {
		size += textSize(r.history[i].text)
	}
	return size
}

func (r *row) write(w *put, entries []Entry, maxShown int) {
	r.born, r.last = min(r.born, w.at), max(r.last, w.at)
	for i := range entries {
		r.history = r.history.write(entries[i].Field, entries[i].Value, w.at)
	}
	if w.caller != nil {
		r.show(w.caller.number, w.at, maxShown)
	}
}

func (r *row) show(caller uint64, at int64, most int) {
	i := slices.IndexFunc(r.shown, func(s showing) bool { return s.caller == caller })
	switch {
	case i >= 0:
		at = min(at, r.shown[i].at)
		copy(r.shown[i:], r.shown[i+1:])
		r.shown = r.shown[:len(r.shown)-1]
	case len(r.shown) >= most:
		copy(r.shown, r.shown[1:])
		r.shown = r.shown[:len(r.shown)-1]
		r.forgot = true
	}
	r.shown = append(r.shown, showing{caller, at})
}

// shownTo tells since when a caller is known to have been shown the row.
func (r *row) shownTo(caller uint64) (since int64, ok bool) {
	for i := range r.shown {
		if r.shown[i].caller == caller {
			return r.shown[i].at, true
		}
	}
	return 0, false
}

// lose notes that a write at that time was lost.
func (r *row) lose(at int64) {
	if !r.lossy || at > r.from {
		r.from = at
	}
	r.lossy, r.forgot = true, true
}

// outdated is true if what was lost may have been written after a value, which is nil for none, and by that time.
func (r *row) outdated(found *run, t int64) bool {
	if !r.lossy {
		return false
	}
	return found == nil || found.since < r.from && (t < found.seen || found.seen < r.from)
}

// become makes the row a copy of another, with lists of its own.
func (r *row) become(o *row) {
	history, shown := r.history[:0], r.shown[:0]
	history = append(history, o.history...)
	shown = append(shown, o.shown...)
	*r = *o
	r.history, r.shown = history, shown
	r.next, r.within = nil, place[row]{}
}

// Row is what is known of an entity as of a time. The zero Row has no fields. It is valid until its transaction writes
// something and until any transaction ends.
type Row struct {
	row    *row
	others *pending // writes to it that are not committed
	of     *Transaction
	at     int64
}

// Get returns the value of a field, and whether it is known to have one; see [Row.Look].
func (r Row) Get(f Field) (Value, bool) {
	v, answer := r.Look(f)
	return v, answer == Known
}

// Look returns the value of a field. It is [Missing] if the row was never seen to have one, as of the row's time, or had
// lost it then; and [Unknown] if there may have been one.
func (r Row) Look(f Field) (Value, Answer) {
	if r.row == nil {
		return Value{}, Unknown
	}
	found, unsure := r.row.history.at(f, r.at)
	if unsure || r.row.outdated(found, r.at) || r.contested(f, found) {
		return Value{}, Unknown
	}
	switch {
	case found == nil || found.kind == Absent:
		return Value{}, Missing
	case found.kind == Unclear:
		return Value{}, Unknown
	}
	return found.value(), Known
}

// changes is true if a field would have another value.
func changes(found *run, v Value) bool {
	if found == nil {
		return v.Kind != Absent
	}
	return !found.is(v)
}

// mostContested is how many values of open transactions are looked at before all of them are taken to matter.
const mostContested = 256

// contested is true if a transaction that is still open may give the field another value.
func (r Row) contested(f Field, found *run) bool {
	looked := 0
	for p := r.others; p != nil; p = p.next {
		if p.of == r.of || !p.writes(r.row.collection, r.row.key) || p.first > r.at {
			continue
		}
		for i := p.from; i != noPut; i = p.of.puts[i].next {
			w := &p.of.puts[i]
			if w.at > r.at || found != nil && w.at < found.since {
				continue
			}
			for _, e := range p.of.entriesOf(w) {
				if looked++; looked > mostContested || e.Field == f && changes(found, e.Value) {
					return true
				}
			}
		}
	}
	return false
}
