package sqltext

import "bytes"

// keepValue writes the text of a value, unescaped. What cannot be read, or is too long, becomes unknown.
func (p *parser) keepValue(v *rawValue) {
	v.text = span{}
	start := len(p.out)
	switch v.kind {
	case Text, Int, Float, Bool, Placeholder:
	default:
		return
	}
	t := &p.tokens[v.token]
	s := p.text[t.start:t.end]
	switch {
	case v.kind == Placeholder && !t.has(byName):
		return
	case len(s) > MaxLiteral:
		v.kind = Unknown
		return
	case v.negative:
		p.out = append(p.out, '-')
	}
	if v.kind == Bool {
		p.out = appendLower(p.out, s)
	} else {
		p.out = append(p.out, s...)
	}
	if v.kind == Text && !p.unescape(t, start) {
		p.out = p.out[:start]
		v.kind = Unknown
	}
	if v.kind != Unknown {
		v.text = span{int32(start), int32(len(p.out) - start)}
	}
}

// unescape makes of the literal at the end of out what the database reads; false if it is not certain.
func (p *parser) unescape(t *token, start int) bool {
	content := p.out[start:]
	if p.lexer.percents && bytes.Contains(content, []byte("%%")) {
		return false
	}
	if !t.has(doubled | escaped) {
		return true
	}
	quote := byte('\'')
	if t.has(doubleQuote) {
		quote = '"'
	}
	kept := content[:0]
	for i := 0; i < len(content); i++ {
		c := content[i]
		switch {
		case c == quote:
			i++ // written twice
		case c == '\\' && t.has(escaped):
			if i++; i >= len(content) {
				return false
			}
			plain, ok := p.escape(content[i])
			if !ok {
				return false
			}
			c = plain
		}
		kept = append(kept, c)
	}
	p.out = p.out[:start+len(kept)]
	return true
}

// escape is what stands behind a backslash. Escapes by number and those that dialects read differently are not read.
func (p *parser) escape(c byte) (byte, bool) {
	switch c {
	case '\\', '\'', '"':
		return c, true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	}
	return 0, false
}

func appendLower(out []byte, s string) []byte {
	start := len(out)
	out = append(out, s...)
	for i, c := range out[start:] {
		out[start+i] = lower[c]
	}
	return out
}
