package sqltext

// with reads common table expressions, and the statement behind them.
func (p *parser) with(i, end int, sc int32) int {
	i++
	recursive := p.lexer.dialect.recursive()
	if p.key(i) == kwRecursive {
		recursive = true
		i++
	}
	for i < end {
		name := i
		last, next, ok := p.name(i)
		if !ok || last != name {
			break
		}
		if i = next; p.kind(i) == tokenOpen {
			i = p.behind(i)
		}
		for i < end && p.kind(i) == tokenWord && (p.key(i) == kwAs || p.key(i) == kwNot || p.key(i) == kwMaterialized) {
			i++
		}
		if p.kind(i) != tokenOpen {
			break
		}
		if recursive {
			p.declare(int32(name))
		}
		p.nested(i+1, p.inside(i), sc)
		if !recursive {
			p.declare(int32(name))
		}
		i = p.behind(i)
		if p.kind(i) != tokenComma {
			break
		}
		i++
	}
	if i >= end || p.kind(i) == tokenSemicolon {
		p.truncated = true
		return i
	}
	return p.statement(i, end, sc)
}

// declare makes the name of a common table expression visible.
func (p *parser) declare(name int32) {
	if len(p.common) == maxCommon {
		p.limited = true
		return
	}
	p.common = append(p.common, name)
}

// nested reads a statement in parentheses, whose pairs are its own.
func (p *parser) nested(b, e int, parent int32) {
	if b >= e || b >= len(p.tokens) {
		return
	}
	if p.depth == maxDepth {
		p.limited = true
		return
	}
	p.depth++
	visible := len(p.common)
	group := int32(len(p.scopes))
	next := p.statement(b, e, p.newScope(parent, group, false))
	if next < e {
		p.walk(next, e, parent)
		p.opaque = true
	}
	p.common = p.common[:visible]
	p.depth--
}

// query reads SELECTs with UNION between them. Each has a scope of its own in the same group.
func (p *parser) query(i, end int, sc int32) int {
	p.understood = true
	for {
		switch {
		case p.key(i) == kwSelect:
			p.operate(p.tokens[i].word)
			i = p.clauses(i+1, end, sc)
		case p.kind(i) == tokenOpen && i < end:
			i = p.branch(i, end, sc)
		case p.key(i) == kwValues:
			p.opaque = p.opaque || p.depth == 0
			i = p.clauses(i+1, end, sc)
		default:
			return i
		}
		if i >= end || !p.isUnion(i) {
			return i
		}
		if i++; p.kind(i) == tokenWord && p.key(i) != kwSelect && p.key(i) != kwValues {
			i++ // ALL or DISTINCT
		}
		s := p.scopes[sc]
		sc = p.newScope(s.parent, s.group, s.main)
	}
}

// branch reads a SELECT in parentheses that is a branch of a UNION, and what follows.
func (p *parser) branch(i, end int, sc int32) int {
	if p.depth == maxDepth {
		p.limited = true
		return p.behind(i)
	}
	p.operateWithin(i)
	p.depth++
	if b, e := i+1, p.inside(i); b < e {
		var next int
		if p.key(b) == kwWith {
			next = p.with(b, e, sc)
		} else {
			next = p.query(b, e, sc)
		}
		p.opaque = p.opaque || next < e
	}
	p.depth--
	if i = p.behind(i); i < end && !p.isUnion(i) {
		i = p.clauses(i, end, sc)
	}
	return i
}

// operateWithin keeps the verb of a statement that begins with parentheses.
func (p *parser) operateWithin(i int) {
	for n := range 4 {
		if w := p.tokens[min(i+1+n, len(p.tokens)-1)].word; w.id() == kwSelect {
			p.operate(w)
			return
		}
	}
}

func (p *parser) isUnion(i int) bool {
	switch p.key(i) {
	case kwUnion, kwIntersect, kwExcept:
		return true
	case kwMinus:
		return p.key(i+1) == kwSelect || p.kind(i+1) == tokenOpen
	}
	return false
}
