package sqltext

// value reads a literal or a placeholder at i, with its sign, casts and parentheses; an expression is none.
func (p *parser) value(i, end int) (v rawValue, next int, ok bool) {
	return p.valueWithin(i, end, 4)
}

// valueWithin reads a value in at most so many parentheses.
func (p *parser) valueWithin(i, end, depth int) (v rawValue, next int, ok bool) {
	if i >= end {
		return v, i, false
	}
	signs := 0
	for depth > 0 && i+1 < end && (p.is(i, opMinus) || p.is(i, opPlus)) {
		if p.is(i, opMinus) {
			signs++
		}
		if i++; signs > 1 {
			return v, i, false
		}
	}
	t := &p.tokens[i]
	v.token = int32(i)
	switch t.kind {
	case tokenNumber:
		v.kind = Int
		switch {
		case t.has(opaqueText):
			v.kind = Unknown
		case t.has(floating):
			v.kind = Float
		}
		v.negative = signs == 1
	case tokenString, tokenPlace, tokenHidden:
		v.kind = p.quotedKind(t)
		if signs > 0 {
			v.kind = Unknown
		}
	case tokenOpen:
		if depth == 0 {
			return v, i, false
		}
		inner, n, ok := p.valueWithin(i+1, p.inside(i), depth-1)
		if !ok || n != p.inside(i) {
			return v, i, false
		}
		if v = inner; signs > 0 {
			v.kind = Unknown
		}
		return v, p.casts(p.behind(i), end), true
	case tokenWord:
		return p.wordValue(i, end, depth, v)
	default:
		return v, i, false
	}
	return v, p.casts(i+1, end), true
}

func (p *parser) quotedKind(t *token) Kind {
	switch {
	case t.kind == tokenHidden || t.has(opaqueText):
		return Unknown
	case t.kind == tokenPlace && t.has(counted) && p.lexer.marks.highest > 0:
		return Unknown // among $1, ? is what a sanitiser left
	case t.kind == tokenPlace:
		return Placeholder
	}
	return Text
}

// wordValue reads NULL, TRUE, FALSE and CAST(value AS type).
func (p *parser) wordValue(i, end, depth int, v rawValue) (rawValue, int, bool) {
	switch p.key(i) {
	case kwNull:
		v.kind = Null
	case kwTrue, kwFalse:
		v.kind = Bool
	case kwDefault:
		v.kind = Unknown
	case kwCast:
		if p.kind(i+1) != tokenOpen || depth == 0 {
			return v, i, false
		}
		inner, n, ok := p.valueWithin(i+2, p.inside(i+1), depth-1)
		if !ok || p.key(n) != kwAs {
			return v, i, false
		}
		return inner, p.casts(p.behind(i+1), end), true
	default:
		return v, i, false
	}
	return v, p.casts(i+1, end), true
}

// casts skips ::type, also of several words and with a size.
func (p *parser) casts(i, end int) int {
	for i < end && p.is(i, opCast) {
		_, next, ok := p.name(i + 1)
		if !ok {
			return i
		}
		i = next
		for i < end && p.kind(i) == tokenWord && p.tokens[i].word == 0 { // double precision
			i++
		}
		if i < end && p.kind(i) == tokenOpen {
			i = p.behind(i)
		}
		for i+1 < end && p.is(i, opBracket) && p.is(i+1, opEndBracket) {
			i += 2
		}
	}
	return i
}

// list reads the values of an IN; a list of one is that value.
func (p *parser) list(b, e int) (rawValue, bool) {
	from := len(p.values)
	var first rawValue
	for i, n := b, 0; ; n++ {
		v, next, ok := p.value(i, e)
		if !ok || next < e && p.kind(next) != tokenComma {
			p.values = p.values[:from]
			return rawValue{}, false
		}
		if n == 0 {
			first = v
		}
		if !p.keep(v) {
			return rawValue{}, false
		}
		if next >= e {
			if n == 0 {
				p.values = p.values[:from]
				return first, true
			}
			return rawValue{kind: List, list: int32(from), length: int32(len(p.values) - from)}, true
		}
		i = next + 1
	}
}

// keep adds a value to those of lists.
func (p *parser) keep(v rawValue) bool {
	if len(p.values) == maxValues {
		p.limited = true
		return false
	}
	p.values = append(p.values, v)
	return true
}
