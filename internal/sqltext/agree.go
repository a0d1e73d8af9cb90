package sqltext

import "math/bits"

// resolve finds the table of a pair.
func (p *parser) resolve(q *rawPair) {
	if q.set && q.qualifier < 0 {
		q.ref = p.scopes[q.scope].target
	} else {
		q.ref = p.refOf(q.columnName, q.scope)
	}
	if q.only != noRef && q.ref != q.only {
		q.value = rawValue{} // the other side of an outer join
	}
}

// refOf is the reference that a column belongs to, noRef if that is not known.
func (p *parser) refOf(name columnName, sc int32) int32 {
	if name.qualifier >= 0 {
		return p.referenceNamed(name.qualifier, sc)
	}
	return p.onlyReference(sc)
}

// referenceNamed goes outwards from the scope.
func (p *parser) referenceNamed(name, sc int32) int32 {
	for ; sc >= 0; sc = p.scopes[sc].parent {
		for i := range p.refs {
			r := &p.refs[i]
			if r.scope != sc || r.dead {
				continue
			}
			if shown := p.shownName(r); shown >= 0 && p.same(shown, name) {
				return int32(i)
			}
		}
	}
	return noRef
}

// onlyReference of the scope; noRef if there are none or several.
func (p *parser) onlyReference(sc int32) int32 {
	found := int32(noRef)
	for i := range p.refs {
		if r := &p.refs[i]; r.scope != sc || r.dead {
			continue
		}
		if found != noRef {
			return noRef
		}
		found = int32(i)
	}
	return found
}

// tableOf is the place of the pair's table, -1 if it is not known.
func (p *parser) tableOf(q *rawPair) int32 {
	if q.ref < 0 {
		return -1
	}
	return p.refs[q.ref].table
}

// agree hides the pairs that do not hold for all that a statement touches: those that another branch of a UNION, another
// statement, or another reference to the table does not have. Whether values agree is for Column to see.
func (p *parser) agree() {
	if len(p.scopes) == 1 && !p.shared || len(p.pairs) == 0 {
		return
	}
	var reads [MaxTables]uint64     // references by table
	var readers, writers uint64     // scopes
	var groups [maxScopes][2]uint64 // scopes of a group that read, and that write
	for i := range p.refs {
		if r := &p.refs[i]; r.table >= 0 && !r.written {
			reads[r.table] |= 1 << i
			readers |= 1 << r.scope
		}
	}
	for i := range p.scopes {
		if p.scopes[i].writes {
			writers |= 1 << i
		}
		g := &groups[p.scopes[i].group%maxScopes]
		g[0] |= readers & (1 << i)
		g[1] |= writers & (1 << i)
	}
	for i := range p.pairs {
		q := &p.pairs[i]
		branches := &groups[p.scopes[q.scope].group%maxScopes]
		needed := branches[0]
		if q.set {
			needed = branches[1]
		}
		var refs uint64
		if t := p.tableOf(q); t >= 0 && !q.set {
			refs = reads[t]
		}
		if bits.OnesCount64(needed) <= 1 && bits.OnesCount64(refs) <= 1 {
			continue
		}
		if scopes, has := p.holders(q); needed&^scopes != 0 || refs&^has != 0 {
			q.value = rawValue{}
		}
	}
}

// holders are the scopes and the references that have a pair of this column.
func (p *parser) holders(q *rawPair) (scopes, refs uint64) {
	for i := range p.pairs {
		r := &p.pairs[i]
		if r.set != q.set || !p.same(r.column, q.column) {
			continue
		}
		scopes |= 1 << r.scope
		if r.ref >= 0 {
			refs |= 1 << r.ref
		}
	}
	return scopes, refs
}

// isNested: one table is read, and that within a derived table, so that what is pinned there is pinned for the whole.
func (p *parser) isNested() bool {
	tables := 0
	for i := range p.refs {
		r := &p.refs[i]
		if r.table < 0 || r.written {
			continue
		}
		if p.scopes[r.scope].main {
			return false
		}
		tables++
	}
	return tables == 1
}
