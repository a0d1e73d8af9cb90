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
	begin, from := i, len(p.pairs)
	cases, betweens := 0, 0
	or := false
	for i < end {
		t := &p.tokens[i]
		operand := i > begin && p.tokens[i-1].isOperand()
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
				stop = cases == 0 && operand && p.endsCondition(i, c)
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
	}
	return i
}

// joint tells whether an operator of MySQL joins conditions.
func (p *parser) joint(i int) keyword {
	switch d := p.lexer.dialect; {
	case p.is(i, "||") && (d == MySQL || d == Generic):
		return kwOr
	case p.is(i, "&&") && d == MySQL:
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
	pair, kind := p.comparison(b, e)
	switch {
	case kind == noPair || c.hide && kind == aPair:
		p.hideAll(b, e, c)
	case kind == aPair:
		pair.scope, pair.only = c.scope, c.only
		p.addPair(pair)
	}
}

type comparison uint8

const (
	noPair  comparison = iota
	aPair              // a column equals a value
	aJoin              // a column equals a column
	nothing            // a value equals a value
)

// comparison reads what is one from end to end.
func (p *parser) comparison(b, e int) (rawPair, comparison) {
	pair, next, ok := p.column(b)
	if !ok {
		return p.reversed(b, e)
	}
	switch {
	case p.is(next, "=") || p.is(next, "=="):
		if v, n, ok := p.value(next+1, e); ok && n == e {
			pair.value = v
			return pair, aPair
		}
		if other, n, ok := p.column(next + 1); ok && n == e && !p.isLoose(&other) && !p.isLoose(&pair) {
			return pair, aJoin
		}
	case p.key(next) == kwIn && p.kind(next+1) == tokenOpen && p.behind(next+1) == e:
		if v, ok := p.list(next+2, p.inside(next+1)); ok {
			pair.value = v
			return pair, aPair
		}
	case p.key(next) == kwIs && p.key(next+1) == kwNull && next+2 == e:
		pair.value = rawValue{kind: Null, token: int32(next + 1)}
		return pair, aPair
	}
	return pair, noPair
}

// reversed reads value = column.
func (p *parser) reversed(b, e int) (rawPair, comparison) {
	v, next, ok := p.value(b, e)
	if !ok {
		return rawPair{}, noPair
	}
	if next == e {
		return rawPair{}, nothing
	}
	if !p.is(next, "=") && !p.is(next, "==") || p.tokens[b].has(doubleQuote) {
		return rawPair{}, noPair
	}
	if pair, n, ok := p.column(next + 1); ok && n == e {
		pair.value = v
		return pair, aPair
	}
	if _, n, ok := p.value(next+1, e); ok && n == e {
		return rawPair{}, nothing
	}
	return rawPair{}, noPair
}

// isLoose: "x" may be a string where no such column is there.
func (p *parser) isLoose(pair *rawPair) bool {
	return pair.qualifier < 0 && p.tokens[pair.column].has(doubleQuote) && p.lexer.dialect.looseDoubleQuotes()
}

// column reads the name of a column, with its table and schema or without.
func (p *parser) column(i int) (pair rawPair, next int, ok bool) {
	last, next, ok := p.name(i)
	if !ok || p.kind(next) == tokenOpen || p.kind(next) == tokenDot || p.kind(next) == tokenString {
		return rawPair{}, i, false
	}
	if t := &p.tokens[last]; t.kind == tokenWord {
		c := p.text[t.start]
		if c == '@' || classes[c]&digit != 0 && p.lexer.dialect != MySQL {
			return rawPair{}, i, false // a variable, or a number such as 1_000
		}
	}
	pair = rawPair{qualifier: -1, column: int32(last), only: noRef}
	if last > i {
		q := last - 1
		for q > i && p.tokens[q].kind == tokenDot {
			q--
		}
		pair.qualifier = int32(q)
	}
	return pair, next, true
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
		case p.is(i, "::") || p.key(i) == kwAs:
			i += 2 // a type
			continue
		case t.kind == tokenString && t.has(doubleQuote): // in MySQL; with ANSI_QUOTES a column
			p.hideColumn(rawPair{qualifier: -1, column: int32(i)}, c)
		}
		if pair, next, ok := p.column(i); ok {
			p.hideColumn(pair, c)
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
func (p *parser) hideColumn(pair rawPair, c condition) {
	pair.scope, pair.only = c.scope, c.only
	for i := len(p.pairs) - 1; i >= max(0, len(p.pairs)-8); i-- {
		q := &p.pairs[i]
		if q.scope != pair.scope || q.set || q.only != pair.only || q.value.kind != Unknown || !p.same(q.column, pair.column) || q.qualifier < 0 != (pair.qualifier < 0) {
			continue
		}
		if q.qualifier < 0 || p.same(q.qualifier, pair.qualifier) {
			return
		}
	}
	p.addPair(pair)
}
