package sqltext

// condition is how a condition is read.
type condition struct {
	scope int32
	only  int32 // see rawPair
	hide  bool  // it stands under NOT or the like
	on    bool  // it ends where the ON of a join does
	group bool  // it stands in parentheses, and ends with them
}

// condition reads what stands between ANDs, up to the end or the clause behind it. An OR hides all of it.
func (p *parser) condition(i, end int, c condition) int {
	end = min(end, len(p.tokens))
	begin, from, equalities := i, len(p.pairs), len(p.equalities)
	cases, betweens := 0, 0
	or := false
	for i < end {
		t := &p.tokens[i]
		stop := false
		switch t.kind {
		case tokenOpen:
			i = p.behind(i)
			continue
		case tokenSemicolon:
			stop = !c.group
		case tokenComma:
			if !c.group {
				stop = true
				p.opaque = p.opaque || !c.on
			}
		case tokenOperator:
			if joint := p.joint(i); joint != noKeyword && cases == 0 {
				p.atom(begin, i, c)
				begin = i + 1
				or = or || joint == kwOr
			}
		case tokenWord:
			switch t.word.id() {
			case kwCase:
				cases++
			case kwEnd:
				cases--
			case kwBetween:
				if cases == 0 {
					betweens++
				}
			case kwAnd, kwOr, kwXor:
				if cases > 0 {
					break
				}
				if t.word.id() == kwAnd && betweens > 0 {
					betweens--
					break
				}
				p.atom(begin, i, c)
				begin = i + 1
				or = or || t.word.id() != kwAnd
				betweens = 0
			default:
				stop = cases == 0 && i > begin && p.endsCondition(i, c) && p.tokens[i-1].isOperand()
			}
		}
		if stop {
			break
		}
		i++
	}
	i = min(i, end)
	p.truncated = p.truncated || cases > 0 || betweens > 0
	p.atom(begin, i, c)
	if or {
		p.hide(from, c.scope)
		p.unequate(equalities, c.scope)
	}
	return i
}

// joint tells whether an operator of MySQL joins conditions.
func (p *parser) joint(i int) keyword {
	switch d := p.lexer.dialect; {
	case p.is(i, opBars) && (d == MySQL || d == Generic):
		return kwOr
	case p.is(i, opAmpersands) && d == MySQL:
		return kwAnd
	}
	return noKeyword
}

func (p *parser) endsCondition(i int, c condition) bool {
	w := p.tokens[i].word
	if c.group {
		return false
	}
	switch w.id() {
	case kwLeft, kwRight:
		if p.kind(i+1) == tokenOpen {
			return false
		}
	case kwSelect, kwInsert, kwUpdate, kwDelete, kwWhen:
		return true
	}
	return w.does(endsWhere) || c.on && w.does(endsOn)
}

// hide makes the pairs of a scope unknown, from the one at i.
func (p *parser) hide(i int, sc int32) {
	for ; i < len(p.pairs); i++ {
		if q := &p.pairs[i]; q.scope == sc && !q.set {
			q.value = rawValue{}
		}
	}
}

// atom reads one condition. If it is a pair it is added; else all columns in it are, hidden.
func (p *parser) atom(b, e int, c condition) {
	for b < e && p.key(b) == kwNot {
		b++
		c.hide = true
	}
	if b >= e {
		return
	}
	if p.kind(b) == tokenOpen && p.behind(b) == e && !p.isQuery(b) {
		if p.depth < maxDepth {
			p.depth++
			c.group = true
			p.condition(b+1, p.inside(b), c)
			p.depth--
			return
		}
		p.limited = true
		return
	}
	if p.key(b) == kwCurrent && e == b+3 { // CURRENT OF a cursor
		p.opaque = true
		return
	}
	if !p.comparison(b, e, c) {
		p.hideAll(b, e, c)
	}
}

// comparison reads what is one from end to end, and adds its pair; false if columns are in it otherwise.
func (p *parser) comparison(b, e int, c condition) bool {
	name, next, ok := p.column(b)
	if !ok {
		return p.reversed(b, e, c)
	}
	if next >= e {
		return false
	}
	switch t := &p.tokens[next]; {
	case t.operator == opEqual || t.operator == opDoubleEqual:
		if v, n, ok := p.value(next+1, e); ok && n == e {
			return p.pin(name, v, c)
		}
		if other, n, ok := p.column(next + 1); ok && n == e && !p.isLoose(other) && !p.isLoose(name) {
			p.equate(name, other, c)
			return true
		}
	case t.word.id() == kwIn && p.kind(next+1) == tokenOpen && p.behind(next+1) == e:
		if v, ok := p.list(next+2, p.inside(next+1)); ok {
			return p.pin(name, v, c)
		}
	case t.word.id() == kwIs && p.key(next+1) == kwNull && next+2 == e:
		return p.pin(name, rawValue{kind: Null, token: int32(next + 1)}, c)
	}
	return false
}

// reversed reads value = column. A value that equals a value is no column's matter.
func (p *parser) reversed(b, e int, c condition) bool {
	v, next, ok := p.value(b, e)
	if !ok {
		return false
	}
	if next == e {
		return true
	}
	if !p.is(next, opEqual) && !p.is(next, opDoubleEqual) || p.tokens[b].has(doubleQuote) {
		return false
	}
	if name, n, ok := p.column(next + 1); ok && n == e {
		return p.pin(name, v, c)
	}
	_, n, ok := p.value(next+1, e)
	return ok && n == e
}

// pin adds a pair, unless it does not hold for all rows.
func (p *parser) pin(name columnName, v rawValue, c condition) bool {
	if !c.hide {
		p.addPair(name, c.scope, c.only, false, v)
	}
	return !c.hide
}

// isLoose: "x" may be a string where no such column is there.
func (p *parser) isLoose(name columnName) bool {
	return name.qualifier < 0 && p.tokens[name.column].has(doubleQuote) && p.lexer.dialect.looseDoubleQuotes()
}

// column reads the name of a column, with its table and schema or without.
func (p *parser) column(i int) (name columnName, next int, ok bool) {
	last, next, ok := p.name(i)
	if !ok {
		return name, i, false
	}
	switch p.kind(next) {
	case tokenOpen, tokenDot, tokenString:
		return name, i, false
	}
	if t := &p.tokens[last]; t.kind == tokenWord {
		c := p.text[t.start]
		if c == '@' || classes[c]&digit != 0 && p.lexer.dialect != MySQL {
			return name, i, false // a variable, or a number such as 1_000
		}
	}
	name = columnName{qualifier: -1, column: int32(last)}
	if last > i {
		q := last - 1
		for q > i && p.tokens[q].kind == tokenDot {
			q--
		}
		name.qualifier = int32(q)
	}
	return name, next, true
}

// hideAll adds all columns from b to e, hidden, and reads the sub-selects there.
func (p *parser) hideAll(b, e int, c condition) {
	for i := b; i < e; {
		t := &p.tokens[i]
		switch {
		case t.kind == tokenOpen && p.isQuery(i):
			p.nested(i+1, p.inside(i), c.scope)
			i = p.behind(i)
			continue
		case p.is(i, opCast) || p.key(i) == kwAs:
			i += 2 // a type
			continue
		case t.kind == tokenString && t.has(doubleQuote): // in MySQL; with ANSI_QUOTES a column
			p.hideColumn(columnName{qualifier: -1, column: int32(i)}, c)
		}
		if name, next, ok := p.column(i); ok {
			p.hideColumn(name, c)
			i = next
			continue
		}
		if _, next, ok := p.name(i); ok {
			i = next
			continue
		}
		i++
	}
}

// hideColumn adds a column, hidden, unless it was only just added.
func (p *parser) hideColumn(name columnName, c condition) {
	for i := len(p.pairs) - 1; i >= max(0, len(p.pairs)-8); i-- {
		q := &p.pairs[i]
		if q.scope != c.scope || q.set || q.only != c.only || q.value.kind != Unknown || !p.same(q.column, name.column) || q.qualifier < 0 != (name.qualifier < 0) {
			continue
		}
		if q.qualifier < 0 || p.same(q.qualifier, name.qualifier) {
			return
		}
	}
	p.addPair(name, c.scope, c.only, false, rawValue{})
}
