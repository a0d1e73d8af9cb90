package sqltext

// maxEqualities bounds what is kept of columns that equal columns.
const maxEqualities = 64

// equality is a column that equals a column in every row, or in every row of the ref that an outer join restricts.
type equality struct {
	left, right columnName
	scope       int32
	only        int32 // as of a pair
}

// equate keeps an equality, unless it does not hold for all rows.
func (p *parser) equate(left, right columnName, c condition) {
	switch {
	case c.hide || c.only == badRef || p.outerGroup:
	case len(p.equalities) == maxEqualities:
		p.limited = true
	default:
		p.equalities = append(p.equalities, equality{left, right, c.scope, c.only})
	}
}

// unequate forgets the equalities of a scope from the one at i, because they stand under an OR.
func (p *parser) unequate(i int, sc int32) {
	kept := p.equalities[:i]
	for _, e := range p.equalities[i:] {
		if e.scope != sc {
			kept = append(kept, e)
		}
	}
	p.equalities = kept
}

// joined is a column that takes part in an equality.
type joined struct {
	columnName
	scope int32
	ref   int32 // noRef where a name without a table may be of several
	class int32 // columns of the same class are equal in every row
}

// carry pins the columns that equal a pinned one, with a pair of their own each. Within a class of equal columns, any
// pair pins all. Along the ON of an outer join, what is pinned for the whole pins the column of the table that may be
// missing, for that table alone, and nothing comes back. NULL equals nothing. It tells whether there were any.
func (p *parser) carry() bool {
	if len(p.equalities) == 0 || len(p.pairs) == 0 || p.limited {
		return false
	}
	direct := len(p.pairs)
	p.joined, p.pins = p.joined[:0], p.pins[:0]
	for _, e := range p.equalities {
		left, right := p.joinedColumn(e.left, e.scope), p.joinedColumn(e.right, e.scope)
		if e.only == noRef {
			p.join(left, right)
		}
	}
	for i := range direct {
		p.addPin(&p.pairs[i])
	}
	for _, pin := range p.pins {
		for i := range p.joined {
			if i != pin.column && p.joined[i].class == p.joined[pin.column].class {
				p.carryTo(i, noRef, pin.value)
			}
		}
	}
	for _, e := range p.equalities {
		if e.only != noRef {
			p.carryAlong(e)
		}
	}
	return len(p.pairs) > direct
}

// pin is a value that a class of columns has.
type pin struct {
	column int // place in p.joined of the one that the text pins
	value  rawValue
}

// addPin keeps the value of a pair, once for a class.
func (p *parser) addPin(q *rawPair) {
	if !q.pins() {
		return
	}
	column := p.joinedOf(q)
	if column < 0 {
		return
	}
	for i := range p.pins {
		if o := &p.pins[i]; p.joined[o.column].class == p.joined[column].class && p.sameValue(o.value, q.value) {
			return
		}
	}
	p.pins = append(p.pins, pin{column, q.value})
}

// carryAlong pins the column of the table that an outer join restricts.
func (p *parser) carryAlong(e equality) {
	from, to := p.joinedColumn(e.left, e.scope), p.joinedColumn(e.right, e.scope)
	if from >= 0 && p.joined[from].ref == e.only {
		from, to = to, from
	}
	if from < 0 || to < 0 || p.joined[to].ref != e.only || p.joined[from].ref == e.only {
		return
	}
	for _, pin := range p.pins {
		if p.joined[pin.column].class == p.joined[from].class {
			p.carryTo(to, e.only, pin.value)
		}
	}
}

// pins: the pair pins its column for the whole of its scope.
func (q *rawPair) pins() bool {
	return !q.set && q.only == noRef && q.value.kind != Unknown && q.value.kind != Null
}

// carryTo adds a pair for one of p.joined, unless it is there.
func (p *parser) carryTo(i int, only int32, v rawValue) {
	column := p.joined[i]
	if p.limited {
		return
	}
	for j := range p.pairs {
		q := &p.pairs[j]
		if !q.set && q.only == only && q.scope == column.scope && q.ref == column.ref && p.same(q.column, column.column) && p.sameValue(q.value, v) {
			return
		}
	}
	n := len(p.pairs)
	p.addPair(column.columnName, column.scope, only, false, v)
	if len(p.pairs) > n {
		q := &p.pairs[n]
		q.ref, q.carried = column.ref, true
	}
}

// join makes one class of two.
func (p *parser) join(a, b int) {
	if a < 0 || b < 0 {
		return
	}
	from, to := p.joined[a].class, p.joined[b].class
	for i := range p.joined {
		if p.joined[i].class == from {
			p.joined[i].class = to
		}
	}
}

// joinedColumn is the place of a column in p.joined, -1 if it is of another scope.
func (p *parser) joinedColumn(name columnName, sc int32) int {
	ref := p.refOf(name, sc)
	if !p.isLocal(name, ref, sc) {
		return -1
	}
	if known := p.findJoined(name, sc, ref); known >= 0 {
		return known
	}
	n := len(p.joined)
	p.joined = append(p.joined, joined{columnName: name, scope: sc, ref: ref, class: int32(n)})
	return n
}

// joinedOf is the place of the pair's column in p.joined, -1 if it is not there.
func (p *parser) joinedOf(q *rawPair) int {
	if q.set || !p.isLocal(q.columnName, q.ref, q.scope) {
		return -1
	}
	return p.findJoined(q.columnName, q.scope, q.ref)
}

func (p *parser) findJoined(name columnName, sc, ref int32) int {
	for i := range p.joined {
		if j := &p.joined[i]; j.scope == sc && j.ref == ref && p.same(j.column, name.column) {
			return i
		}
	}
	return -1
}

// isLocal: the column is one of the scope, not of a statement around it.
func (p *parser) isLocal(name columnName, ref, sc int32) bool {
	if ref < 0 {
		return name.qualifier < 0
	}
	return p.refs[ref].scope == sc
}

// dropHidden forgets the pairs that were carried and do not hold for all that the statement touches: without them, the
// column is as it was.
func (p *parser) dropHidden() {
	kept := p.pairs[:0]
	for i := range p.pairs {
		if q := &p.pairs[i]; !q.carried || q.value.kind != Unknown {
			kept = append(kept, *q)
		}
	}
	p.pairs = kept
}
