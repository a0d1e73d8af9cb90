package sqltext

// statements reads all statements of a text.
func (p *parser) statements() {
	for i := 0; i < len(p.tokens); {
		if p.tokens[i].kind == tokenSemicolon {
			i++
			continue
		}
		p.operation = 0
		next := p.statement(i, len(p.tokens), p.newScope(-1, 0, true))
		p.noteOperation()
		if next < len(p.tokens) && p.tokens[next].kind != tokenSemicolon && !p.does(next, isOperation) {
			next = p.walk(next, p.statementEnd(next), -1)
			p.opaque = true
		}
		i = max(next, i+1)
	}
	p.truncated = p.truncated || p.endsEarly()
}

func (p *parser) statementEnd(i int) int {
	for i < len(p.tokens) && p.tokens[i].kind != tokenSemicolon {
		i++
	}
	return i
}

// endsEarly: the last token needs more.
func (p *parser) endsEarly() bool {
	n := len(p.tokens)
	if n == 0 {
		return false
	}
	switch t := &p.tokens[n-1]; t.kind {
	case tokenOperator:
		return !p.is(n-1, opEndBracket) && !p.is(n-1, opEndBrace)
	case tokenComma, tokenDot, tokenEllipsis:
		return true
	case tokenWord:
		switch t.word.id() {
		case kwUpdate: // FOR UPDATE
			return n == 1 || p.key(n-2) != kwFor && p.key(n-2) != kwKey
		case kwValues: // DEFAULT VALUES
			return n == 1 || p.key(n-2) != kwDefault
		}
		return t.word.does(needsMore)
	}
	return false
}

// statement reads one that begins at i, within the scope that is given to it.
func (p *parser) statement(i, end int, sc int32) int {
	first := p.tokens[i].word
	switch first.id() {
	case kwWith:
		return p.with(i, end, sc)
	case kwExplain:
		p.operate(first)
		for i++; i < end && !p.does(i, isOperation) || p.key(i) == kwAnalyze; i++ {
			if p.kind(i) == tokenSemicolon {
				return i
			}
		}
		if i < end {
			return p.statement(i, end, sc)
		}
		return i
	case kwSelect, kwValues:
		return p.query(i, end, sc)
	case kwInsert, kwReplace, kwUpsert:
		p.operate(first)
		return p.insert(i+1, end, sc)
	case kwUpdate:
		p.operate(first)
		return p.update(i+1, end, sc)
	case kwDelete:
		p.operate(first)
		return p.remove(i+1, end, sc)
	case kwMerge:
		p.operate(first)
		return p.merge(i+1, end, sc)
	}
	if p.kind(i) == tokenOpen && p.isQuery(i) {
		return p.query(i, end, sc)
	}
	p.operate(first)
	if !first.does(isInert) {
		p.opaque = true
		return p.definition(i, end, sc)
	}
	return p.other(i+1, end)
}

// noteOperation keeps the operation of the statement that was read. One that touches no rows counts only where no other
// does, and several of the same once.
func (p *parser) noteOperation() {
	w, n := p.operation, p.done
	switch {
	case w == 0, n > 0 && (w.does(isInert) || p.operations[n-1] == w):
	case n == 1 && p.operations[0].does(isInert):
		p.operations[0] = w
	case n < len(p.operations):
		p.operations[n] = w
		p.done++
	}
}

// operate keeps the first operation of a statement.
func (p *parser) operate(w word) {
	if p.operation == 0 && w.does(isOperation) && p.depth == 0 {
		p.operation = w
	}
}

// other skips a statement that touches no rows. Where no semicolon ends it, the next one begins with its verb.
func (p *parser) other(i, end int) int {
	for ; i < end; i++ {
		switch p.key(i) {
		case kwSelect, kwInsert, kwUpdate, kwDelete, kwMerge:
			return i
		}
		if p.kind(i) == tokenSemicolon {
			return i
		}
	}
	return i
}

// clauses reads what follows a verb, up to the end, a semicolon, a UNION or the verb of another statement.
func (p *parser) clauses(i, end int, sc int32) int {
	for i < end {
		t := &p.tokens[i]
		switch t.kind {
		case tokenSemicolon:
			return i
		case tokenOpen:
			i = p.group(i, sc)
			continue
		case tokenWord:
		default:
			i++
			continue
		}
		switch t.word.id() {
		case kwFrom:
			if p.key(i-1) != kwDistinct || p.key(i-2) != kwIs && p.key(i-2) != kwNot {
				i = p.from(i+1, end, sc, false)
				continue
			}
		case kwInto:
			i = p.into(i+1, sc)
			continue
		case kwWhere:
			i = p.condition(i+1, end, condition{scope: sc, only: noRef})
			continue
		case kwHaving, kwQualify:
			i = p.condition(i+1, end, condition{scope: sc, only: noRef, hide: true})
			continue
		case kwUnion, kwIntersect, kwExcept, kwMinus:
			if p.isUnion(i) {
				return i
			}
		case kwFor:
			for n := 1; n <= 3; n++ { // FOR UPDATE, FOR NO KEY UPDATE
				if p.key(i+n) == kwUpdate {
					i += n
					break
				}
			}
		case kwOn:
			if p.key(i+1) == kwConflict || p.key(i+1) == kwDuplicate {
				return i
			}
		case kwSelect, kwInsert, kwUpdate, kwDelete, kwMerge:
			return i
		}
		i++
	}
	return i
}

// into reads the table that a SELECT makes.
func (p *parser) into(i int, sc int32) int {
	last, next, ok := p.name(i)
	if !ok {
		return i
	}
	p.addRef(ref{first: int32(i), last: int32(last), alias: -1, scope: sc, written: true})
	return next
}

// group looks for sub-selects in the parentheses at i, and returns the place behind them.
func (p *parser) group(i int, sc int32) int {
	if p.isQuery(i) {
		p.nested(i+1, p.inside(i), sc)
	} else {
		p.walk(i+1, p.inside(i), sc)
	}
	return p.behind(i)
}

// walk looks for sub-selects.
func (p *parser) walk(i, end int, sc int32) int {
	end = min(end, len(p.tokens))
	for i < end {
		if p.tokens[i].kind == tokenOpen && p.isQuery(i) {
			p.nested(i+1, p.inside(i), sc)
			i = p.behind(i)
			continue
		}
		i++
	}
	return i
}
