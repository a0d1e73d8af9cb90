package baseline

import (
	"slices"
	"strconv"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// Bounds of what is looked for in the store.
const (
	mostLinks     = 48 // of an API
	mostJoins     = 100
	mostBounds    = 100
	searches      = 60 // values of a place that are looked for in all collections
	searchesAfter = 16 // every so many of those that follow
)

// ownLink is a place that identifies a call of the API itself.
type ownLink struct {
	place      int32
	collection *Collection
}

// Link is the claim that an argument is the key of entities of a collection.
type Link struct {
	Place       int32
	Collection  int32
	Own         bool // of calls of the same API
	Found       Claim
	Merges      int   // of the collection, when the row was compared last
	Seen        []int // rows that had a field, by field, since the last merge
	Firsts      []Ref // of the first of these calls
	Unknown     int   // calls of which nobody can say
	LastUnknown int   // how many sessions had found something when nobody could say last
	Shown       Claim
	Joins       []*Join
	Bounds      []*Join // that the call says no more than the row
	States      []*State
	Keys        Values

	Again    Claim  // own: that there is none
	Previous string // another key that was looked for

	DecoyShown Support
	Decoys     Support
}

// Join is the claim that a field of the row that an argument identifies is what the call says at a place.
type Join struct {
	Field int
	Place int32
	Claim Claim
	// Decoys is how often another row was looked at, Alike how often that one agreed as well.
	Decoys, Alike int
	Reached       int // calls that said at least three quarters of what the row has, for bounds
}

// State is the values that a field of the row had.
type State struct {
	Field  int
	Values Values
}

// lookUp takes in what the store knows of a call's arguments.
func (r *reading) lookUp(t *reference.Transaction, at int64) {
	for _, p := range r.used {
		if p.Group >= 0 || p.Multi || !p.Part.request() || p.Part == requestHeaderPart || len(p.cells) != 1 || !p.cells[0].comparable() {
			continue
		}
		key := reference.Key(valueOf(&p.cells[0]))
		p.Searched++
		if p.cells[0].kind != text && p.Part != pathPart && (keyRank(p.Name) < 0 || keyRank(p.Name) > 2) {
			continue // a quantity
		}
		if p.Searched <= searches || p.Searched%searchesAfter == 0 {
			r.search(p, t, key, at)
		}
		for _, l := range r.Links {
			if l.Place == p.ID {
				r.link(l, p, t, key, at)
			}
		}
	}
}

// search looks for collections of which a value is a key.
func (r *reading) search(p *Place, t *reference.Transaction, key string, at int64) {
	for i, c := range r.scene.Collections {
		if len(r.Links) == mostLinks {
			return
		}
		if c.Calls || c.Into > 0 { // only the API itself looks there, and nobody any more
			continue
		}
		if slices.ContainsFunc(r.Links, func(l *Link) bool { return l.Place == p.ID && l.Collection == int32(i) }) {
			continue
		}
		if _, found := t.Peek(c.id, key, at); found {
			r.Links = append(r.Links, &Link{Place: p.ID, Collection: int32(i)})
		}
	}
}

func (r *reading) link(l *Link, p *Place, t *reference.Transaction, key string, at int64) {
	c := r.scene.Collections[l.Collection]
	if c.Into > 0 {
		return
	}
	if l.Merges != c.Merges { // its rows tell more from now on
		l.Merges, l.Seen, l.Firsts, l.States, l.Bounds = c.Merges, nil, nil, nil, nil
	}
	row, answer := t.Row(c.id, key, at)
	switch answer {
	case reference.Unknown:
		l.Unknown++
		l.LastUnknown = l.Found.Held.Sessions
		return
	case reference.Missing:
		l.Found.observe(r.m, false, p.cells[0].text)
		return
	}
	l.Found.observe(r.m, true, "")
	if l.Own {
		l.Again.observe(r.m, false, p.cells[0].text)
		return
	}
	l.Keys.observe(&p.cells[0], r.m)
	r.joins(l, p, c, row)
	if l.Previous != "" && l.Previous != key {
		if other, found := t.Peek(c.id, l.Previous, at); found {
			r.decoy(l, c, other)
			r.decoyBounds(l, c, other)
		}
	}
	r.shownTo(l, t, c, key, at, p)
	l.Previous = key
}

// joins compares the row with what else the call says.
func (r *reading) joins(l *Link, p *Place, c *Collection, row reference.Row) {
	r.fields = r.fields[:0]
	for f := range c.Names {
		v, ok := r.value1(c, row, f)
		if !ok {
			v.kind = gone
		}
		r.fields = append(r.fields, v)
	}
	l.Joins = r.compareRow(l.Joins, func(v, b *scalar) bool { return v.comparable() && v.hash == b.hash })
	l.Bounds = r.compareRow(l.Bounds, func(v, b *scalar) bool { return v.kind.number() && b.kind.number() && b.number <= v.number })
	for len(l.Seen) < len(r.fields) {
		l.Seen = append(l.Seen, 0)
	}
	if len(l.Firsts) < youth {
		l.Firsts = append(l.Firsts, r.m.ref)
	}
	for f := range r.fields {
		v := &r.fields[f]
		if v.kind == gone {
			continue
		}
		l.Seen[f]++
		if !isCaller(c.Names[f]) {
			r.state(l, f, *v)
		}
		if l.Seen[f] <= youth {
			r.newJoins(l, p, c, f, v)
		}
	}
}

// compareRow takes in whether claims about the row hold, and returns those that are alive.
func (r *reading) compareRow(all []*Join, holds func(v, b *scalar) bool) []*Join {
	alive := all[:0]
	for _, j := range all {
		q, v := r.Places[j.Place], &r.fields[j.Field]
		if q.mark == r.call && len(q.cells) == 1 && v.kind != gone {
			if b := &q.cells[0]; b.kind != null && (b.kind != text || b.text != "") { // rules pass these by
				j.Claim.observe(r.m, holds(v, b), b.text)
				if 4*b.number >= 3*v.number && v.number > 0 {
					j.Reached++
				}
			}
		}
		if j.Claim.alive() {
			alive = append(alive, j)
		}
	}
	clear(all[len(alive):])
	return alive
}

// newJoins begins claims about a field that was seen for the first times.
func (r *reading) newJoins(l *Link, p *Place, c *Collection, f int, v *scalar) {
	peers := 0
	for _, q := range r.used {
		if q == p || q.Group >= 0 || q.Multi || len(q.cells) != 1 || q.Secret || q.Part != userPart && (!q.Part.request() || q.Part == requestHeaderPart) {
			continue
		}
		if peers++; peers > mostPeers {
			return
		}
		b := &q.cells[0]
		if isCaller(c.Names[f]) && v.hash == p.cells[0].hash {
			continue // what is called as its caller is
		}
		if b.comparable() && v.comparable() && v.hash == b.hash {
			l.Joins = r.newJoin(l, l.Joins, mostJoins, f, q)
		}
		if v.kind.number() && b.kind.number() && b.number <= v.number {
			l.Bounds = r.newJoin(l, l.Bounds, mostBounds, f, q)
		}
	}
}

// mostPeers is how many arguments of a call are compared with a row.
const mostPeers = 64

func (r *reading) newJoin(l *Link, all []*Join, most, f int, q *Place) []*Join {
	if len(all) >= most || slices.ContainsFunc(all, func(j *Join) bool { return j.Field == f && j.Place == q.ID }) {
		return all
	}
	j := &Join{Field: f, Place: q.ID}
	var refs []Ref
	broke := r.both(q.Valued, l.Seen[f])
	if l.Seen[f] == len(l.Firsts) && broke == l.Seen[f]-1 { // all rows had the field
		refs = l.Firsts
	}
	j.Claim.before(broke, refs)
	j.Claim.observe(r.m, true, "")
	return append(all, j)
}

// value1 is a field of a row.
func (r *reading) value1(c *Collection, row reference.Row, f int) (scalar, bool) {
	id, ok := r.scene.store.Field(c.id, c.Written[f])
	if !ok {
		return scalar{}, false
	}
	v, ok := row.Get(id)
	if !ok {
		return scalar{}, false
	}
	s := newScalar(kindOf(v.Kind), v.Text)
	if s.kind.number() {
		s.number, _ = strconv.ParseFloat(s.text, 64)
	}
	return s, true
}

func kindOf(k reference.Kind) kind {
	switch k {
	case reference.Bool:
		return boolean
	case reference.Int:
		return integer
	case reference.Float:
		return decimal
	case reference.Text:
		return text
	}
	return null
}

// state takes in the state of a row.
func (r *reading) state(l *Link, f int, v scalar) {
	if keyRank(r.scene.Collections[l.Collection].Key) != 0 {
		return
	}
	for _, s := range l.States {
		if s.Field == f {
			if v.kind == null || v.kind == decimal { // no rule has words for these
				s.Values.More = true
			}
			if !s.Values.More {
				s.Values.observe(&v, r.m)
			}
			return
		}
	}
	s := &State{Field: f}
	if s.Values.More = v.kind == null || v.kind == decimal; !s.Values.More {
		s.Values.observe(&v, r.m)
	}
	l.States = append(l.States, s)
}

// decoy compares what the call says with a row that it is not about.
func (r *reading) decoy(l *Link, c *Collection, row reference.Row) {
	for _, j := range l.Joins {
		q := r.Places[j.Place]
		if q.mark != r.call || len(q.cells) != 1 {
			continue
		}
		if v, ok := r.value1(c, row, j.Field); ok {
			j.Decoys++
			if v.hash == q.cells[0].hash {
				j.Alike++
			}
		}
	}
}

// decoyBounds is decoy for what is at most a number of the row.
func (r *reading) decoyBounds(l *Link, c *Collection, row reference.Row) {
	for _, j := range l.Bounds {
		q := r.Places[j.Place]
		if q.mark != r.call || len(q.cells) != 1 {
			continue
		}
		if v, ok := r.value1(c, row, j.Field); ok && v.kind.number() {
			j.Decoys++
			if q.cells[0].number <= v.number {
				j.Alike++
			}
		}
	}
}

// shownTo takes in whether the caller could know the row.
func (r *reading) shownTo(l *Link, t *reference.Transaction, c *Collection, key string, at int64, p *Place) {
	switch r.answer(t, c, key, at) {
	case reference.Known:
		l.Shown.observe(r.m, true, "")
	case reference.Missing:
		l.Shown.observe(r.m, false, p.cells[0].text)
	}
	if l.Previous == "" || l.Previous == key {
		return
	}
	switch r.answer(t, c, l.Previous, at) {
	case reference.Known:
		l.Decoys.add(r.m)
		l.DecoyShown.add(r.m)
	case reference.Missing:
		l.Decoys.add(r.m)
	}
}

// answer tells whether a row was shown to the session or to the user.
func (r *reading) answer(t *reference.Transaction, c *Collection, key string, at int64) reference.Answer {
	missing, unknown := false, false
	for _, caller := range []string{r.session, r.user} {
		if caller == "" {
			continue
		}
		switch t.Shown(c.id, key, caller, at) {
		case reference.Known:
			return reference.Known
		case reference.Missing:
			missing = true
		case reference.Unknown:
			unknown = true
		}
	}
	if missing && !unknown {
		return reference.Missing
	}
	return reference.Unknown
}
