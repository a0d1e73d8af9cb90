package sqltext

import "strings"

// string reads a literal whose opening quote stands at i. A quote in it is written twice, and after a backslash where
// the dialect has such escapes.
func (l *lexer) string(i int, flags uint8, backslashes bool) {
	quote := l.text[i]
	start, end := i+1, i+1
	for ; ; end++ {
		if end >= len(l.text) {
			l.truncated = true
			l.literal(start, len(l.text), flags|opaqueText)
			l.at = len(l.text)
			return
		}
		switch c := l.text[end]; {
		case c == quote:
			if end+1 >= len(l.text) || l.text[end+1] != quote {
				l.literal(start, end, flags)
				l.at = end + 1
				return
			}
			flags |= doubled
			end++
		case c == '\\' && backslashes:
			flags |= escaped
			end++
		case c == '\\' && l.dialect == Generic:
			l.ambiguous = true // MySQL and the others disagree about where the string ends
		}
	}
}

// literal adds a string, or what a sanitiser wrote in its place.
func (l *lexer) literal(start, end int, flags uint8) {
	kind := tokenString
	if isRedaction(l.text[start:end]) {
		kind = tokenHidden
		l.sanitised = true
	}
	l.add(kind, start, end, flags)
}

// isRedaction: what sanitisers write in place of the content of a string.
func isRedaction(s string) bool {
	if len(s) == 0 || len(s) > len("[redacted]") {
		return false
	}
	switch s[0] {
	case '?', '*', '[', '<', 'r', 'R':
		return s == "?" || s == "***" || s == "*****" || foldsTo(s, "[redacted]") || foldsTo(s, "<redacted>") || foldsTo(s, "redacted")
	}
	return false
}

// quoted reads a name in quotes.
func (l *lexer) quoted(closing byte, flags uint8) {
	start, end := l.at+1, l.at+1
	dotBefore := l.afterDot()
	for {
		n := strings.IndexByte(l.text[end:], closing)
		if n < 0 {
			l.truncated = true
			end = len(l.text)
			l.at = end
			break
		}
		end += n
		if end+1 >= len(l.text) || l.text[end+1] != closing {
			l.at = end + 1
			break
		}
		flags |= doubled
		end += 2
	}
	if l.dialect == Generic && closing == '"' && strings.IndexByte(l.text[start:end], '\\') >= 0 {
		l.ambiguous = true // a string of MySQL, which ends elsewhere
	}
	t := l.add(tokenQuoted, start, end, flags)
	if dotBefore {
		t.flags |= qualified
		return
	}
	t.quoted = lookUp(l.text[start:end])
}

// namePlace: in MySQL, "x" is a string, unless ANSI_QUOTES is set, which a text does not tell. It is taken for a name
// behind a dot, before one, and where only the name of a table or an alias can stand.
func (l *lexer) namePlace() bool {
	if end := l.wordEnd(l.at + 1); end+1 < len(l.text) && l.text[end] == '"' && l.text[end+1] == '.' {
		return true
	}
	if len(l.tokens) == 0 {
		return false
	}
	last := &l.tokens[len(l.tokens)-1]
	switch last.word.id() {
	case kwFrom, kwJoin, kwStraightJoin, kwInto, kwUpdate, kwTable, kwAs:
		return true
	}
	return last.kind == tokenDot
}

// comment skips a comment, or reads the operator that begins like one.
func (l *lexer) comment(c byte) {
	next := l.peek(1)
	switch {
	case c == '-' && next == '-' && (l.dialect != MySQL || classes[l.peek(2)]&space != 0 || l.at+2 >= len(l.text)):
		l.skipLine()
	case c == '#' && l.dialect == MySQL:
		l.skipLine()
	case c == '#' && l.dialect == SQLServer && classes[next]&letter != 0:
		l.temporary(l.at + 1)
	case c == '#' && l.dialect == SQLServer && next == '#' && classes[l.peek(2)]&letter != 0:
		l.temporary(l.at + 2)
	case c == '#' && l.dialect == Generic:
		l.ambiguous = true
		l.operator()
	case c == '/' && next == '*':
		l.block()
	case c == '-' && next == '-':
		l.operate(1, opMinus) // MySQL: two of them
	default:
		l.operator()
	}
}

// temporary reads the name of a temporary table of SQL Server.
func (l *lexer) temporary(i int) {
	start := l.at
	l.at = l.wordEnd(i)
	l.name(start, l.at)
}

func (l *lexer) skipLine() {
	n := strings.IndexByte(l.text[l.at:], '\n')
	if n < 0 {
		l.at = len(l.text)
		return
	}
	l.at += n + 1
}

// block skips a comment /* */. That of MySQL which begins with ! is executed, so its content is read.
func (l *lexer) block() {
	if l.peek(2) == '!' || l.peek(2) == 'M' && l.peek(3) == '!' {
		if l.dialect == MySQL {
			l.executed = true
			l.at = l.digitsEnd(l.at + strings.IndexByte(l.text[l.at:], '!') + 1)
			return
		}
		l.ambiguous = l.ambiguous || l.dialect == Generic
	}
	depth, from := 1, l.at+2
	for i := from; ; from = i {
		n := strings.IndexByte(l.text[i:], '*')
		if n < 0 {
			l.truncated = true
			l.at = len(l.text)
			return
		}
		i += n
		switch {
		case i+1 < len(l.text) && l.text[i+1] == '/':
			i += 2
			if depth--; depth == 0 {
				l.at = i
				return
			}
		case i > from && l.text[i-1] == '/':
			l.ambiguous = l.ambiguous || l.dialect == Generic
			if l.dialect.nestedComments() {
				depth++
			}
			i++
		default:
			i++
		}
	}
}
