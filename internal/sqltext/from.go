package sqltext

// joinKind tells which sides of a join its ON restricts.
type joinKind uint8

const (
	innerJoin joinKind = iota
	leftJoin           // the right side
	fullJoin           // none that can be told
)

// from reads references to tables, from behind FROM, UPDATE or the like. Targets are those before a SET or a FROM.
func (p *parser) from(i, end int, sc int32, target bool) int {
	expect := true
	join, last := innerJoin, int32(badRef)
	for i < end {
		switch p.kind(i) {
		case tokenSemicolon:
			return i
		case tokenComma:
			expect, join = true, innerJoin
			i++
			continue
		case tokenOpen:
			i = p.fromGroup(i, sc, expect, join, &last)
			expect = false
			continue
		case tokenWord, tokenQuoted:
		default:
			if expect && p.kind(i) != tokenOperator {
				expect = false // a variable or what a sanitiser left
			}
			i++
			continue
		}
		switch key := p.key(i); key {
		case kwJoin, kwStraightJoin, kwApply:
			expect = true
			i++
			continue
		case kwLeft:
			join = leftJoin
			i++
			continue
		case kwRight, kwFull:
			join = fullJoin
			i++
			continue
		case kwInner, kwCross:
			join = innerJoin
			i++
			continue
		case kwOn:
			if p.key(i+1) == kwConflict || p.key(i+1) == kwDuplicate {
				return i
			}
			i = p.condition(i+1, end, onCondition(sc, join, last))
			join = innerJoin
			continue
		case kwUsing:
			if p.kind(i+1) != tokenOpen {
				return i
			}
			i = p.behind(i + 1)
			join = innerJoin
			continue
		case kwOuter, kwNatural, kwLateral, kwAs, kwTable, kwWith:
			i++
			continue
		case kwOnly, kwPartition, kwDefault:
			if key != kwOnly || expect && p.tokens[min(i+1, len(p.tokens)-1)].isName() {
				i++
				continue
			}
		}
		if p.endsFrom(i, expect) {
			return i
		}
		if !expect {
			i++
			continue
		}
		last, i = p.reference(i, sc, target)
		expect = false
	}
	return i
}

// onCondition is how the ON of a join is read.
func onCondition(sc int32, join joinKind, last int32) condition {
	c := condition{scope: sc, only: noRef, on: true}
	switch join {
	case leftJoin:
		c.only = last
		if last == noRef {
			c.only = badRef
		}
	case fullJoin:
		c.only = badRef
	}
	return c
}

// endsFrom: another clause begins at i.
func (p *parser) endsFrom(i int, expect bool) bool {
	w := p.tokens[i].word
	if expect {
		return w.does(isReserved)
	}
	switch w.id() {
	case kwWhere, kwFrom, kwValues, kwWhen, kwSet, kwSelect, kwInsert, kwUpdate, kwDelete, kwMerge:
		return true
	}
	return w.does(endsWhere)
}

// fromGroup reads a derived table or joins in parentheses; behind a table, they are hints.
func (p *parser) fromGroup(i int, sc int32, expect bool, join joinKind, last *int32) int {
	switch {
	case !expect:
		return p.group(i, sc)
	case p.isQuery(i):
		p.nested(i+1, p.inside(i), sc)
		next := p.behind(i)
		alias, next := p.alias(next)
		*last = p.addRef(ref{first: -1, alias: alias, scope: sc})
		return next
	case p.depth == maxDepth:
		p.limited = true
		return p.behind(i)
	}
	p.depth++
	outer := p.outerGroup
	p.outerGroup = outer || join != innerJoin
	p.from(i+1, p.inside(i), sc, false)
	p.outerGroup = outer
	p.depth--
	*last = badRef
	_, next := p.alias(p.behind(i))
	return next
}

// reference reads the name of a table with its alias. A function that returns rows is no table.
func (p *parser) reference(i int, sc int32, target bool) (last int32, next int) {
	first := i
	name, next, ok := p.name(i)
	if !ok {
		return badRef, i + 1
	}
	r := ref{first: int32(first), last: int32(name), scope: sc}
	if p.kind(next) == tokenOpen && !target {
		next = p.group(next, sc)
		r.first = -1
	}
	if r.first >= 0 && first == name && p.isCommon(r.first) {
		r.first = -1
	}
	if p.is(next, opStar) {
		next++
	}
	r.alias, next = p.alias(next)
	if r.alias < 0 && r.first < 0 {
		r.alias = int32(name)
	}
	return p.addRef(r), next
}

// alias reads an alias at i, if there is one.
func (p *parser) alias(i int) (alias int32, next int) {
	if p.key(i) == kwAs && i < len(p.tokens) {
		i++
	}
	if i >= len(p.tokens) || !p.tokens[i].isName() || p.does(i, endsWhere|endsOn) {
		return -1, i
	}
	switch p.key(i) {
	case kwApply, kwIgnore:
		return -1, i
	}
	return int32(i), i + 1
}

// isCommon: it is the name of a common table expression.
func (p *parser) isCommon(name int32) bool {
	for _, c := range p.common {
		if p.same(c, name) {
			return true
		}
	}
	return false
}

// buryTargets drops the names before the FROM of an UPDATE or a DELETE that stand for a table within it.
func (p *parser) buryTargets(from, to int) {
	for i := from; i < to; i++ {
		t := &p.refs[i]
		for j := to; j < len(p.refs); j++ {
			r := &p.refs[j]
			if r.scope != t.scope || t.first < 0 {
				continue
			}
			if name := p.shownName(r); name >= 0 && p.same(name, t.last) {
				t.dead = true
				if p.scopes[t.scope].target == int32(i) {
					p.scopes[t.scope].target = int32(j)
				}
			}
		}
	}
}

// shownName is the token by which columns name the table, -1 if there is none.
func (p *parser) shownName(r *ref) int32 {
	if r.alias >= 0 {
		return r.alias
	}
	if r.first < 0 {
		return -1
	}
	return r.last
}
