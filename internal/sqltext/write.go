package sqltext

// update reads from behind UPDATE.
func (p *parser) update(i, end int, sc int32) int {
	p.understood = true
	p.scopes[sc].writes = true
	i = p.modifiers(i, end)
	from := len(p.refs)
	i = p.from(i, end, sc, true)
	to := len(p.refs)
	if to == from+1 {
		p.scopes[sc].target = int32(from)
	}
	if p.key(i) != kwSet || i >= end {
		p.truncated = true
		return i
	}
	i = p.assignments(i+1, end, sc)
	i = p.clauses(i, end, sc)
	p.buryTargets(from, to)
	return i
}

// modifiers skips IGNORE, TOP (n), OR REPLACE and the like.
func (p *parser) modifiers(i, end int) int {
	for i < end {
		switch p.key(i) {
		case kwOr:
			i += 2
		case kwIgnore, kwQuick, kwLowPriority, kwOverwrite:
			i++
		case kwTop:
			if i++; p.kind(i) == tokenOpen {
				i = p.behind(i)
			} else {
				i++
			}
		default:
			return i
		}
	}
	return i
}

// assignments reads column = value, up to the next clause.
func (p *parser) assignments(i, end int, sc int32) int {
	for i < end {
		next := p.assignmentEnd(i, end)
		p.assignment(i, next, sc)
		if i = next; p.kind(i) != tokenComma || i >= end {
			return i
		}
		i++
	}
	return i
}

// assignmentEnd is the comma or the clause that ends the one at i.
func (p *parser) assignmentEnd(i, end int) int {
	cases := 0
	for begin := i; i < end; i++ {
		switch p.kind(i) {
		case tokenOpen:
			i = p.behind(i) - 1
			continue
		case tokenComma, tokenSemicolon:
			return i
		}
		switch p.key(i) {
		case kwCase:
			cases++
		case kwEnd:
			cases--
		case kwFrom:
			if p.key(i-1) != kwDistinct {
				return i
			}
		case kwWhere, kwSelect, kwInsert, kwUpdate, kwDelete, kwWhen:
			if cases <= 0 {
				return i
			}
		default:
			if cases <= 0 && i > begin && p.tokens[i-1].isOperand() && p.does(i, endsWhere) {
				return i
			}
		}
	}
	p.truncated = p.truncated || cases > 0
	return i
}

func (p *parser) assignment(b, e int, sc int32) {
	if b >= e {
		p.truncated = true
		return
	}
	if p.kind(b) == tokenOpen { // (a, b) = (1, 2)
		for i := b + 1; i < p.inside(b); i++ {
			if name, next, ok := p.column(i); ok {
				p.set(name, rawValue{}, sc)
				i = next - 1
			}
		}
		p.walk(p.behind(b), e, sc)
		return
	}
	name, next, ok := p.column(b)
	if !ok {
		if p.kind(b) != tokenPlace { // a variable
			p.setOpaque = true
		}
		p.walk(b, e, sc)
		return
	}
	var v rawValue
	if p.is(next, opEqual) || p.is(next, opAssign) {
		if read, n, ok := p.value(next+1, e); ok && n == e {
			v = read
		}
	}
	p.set(name, v, sc)
	p.walk(next, e, sc)
}

// set adds a pair of SET. Without a table of its own it belongs to the target.
func (p *parser) set(name columnName, v rawValue, sc int32) {
	p.addPair(name, sc, noRef, true, v)
}

// remove reads from behind DELETE.
func (p *parser) remove(i, end int, sc int32) int {
	p.understood = true
	i = p.modifiers(i, end)
	from := len(p.refs)
	if p.key(i) == kwFrom {
		i++
	}
	i = p.from(i, end, sc, true)
	to := len(p.refs)
	p.truncated = p.truncated || to == from && !p.limited
	if i < end && (p.key(i) == kwFrom || p.key(i) == kwUsing) {
		i = p.from(i+1, end, sc, false)
	}
	i = p.clauses(i, end, sc)
	p.buryTargets(from, to)
	return i
}

// merge finds the tables of a MERGE. Its pairs are not read.
func (p *parser) merge(i, end int, sc int32) int {
	p.opaque = true
	if p.key(i) == kwInto {
		i++
	}
	i = p.from(i, end, sc, true)
	if i < end && p.key(i) == kwUsing {
		i = p.from(i+1, end, sc, false)
	}
	return p.walk(i, min(end, p.statementEnd(i)), sc)
}
