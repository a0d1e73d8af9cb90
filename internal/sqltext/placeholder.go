package sqltext

import "strings"

// placeholder reads a bound parameter in any of its styles, or the operator that begins like one.
func (l *lexer) placeholder(c byte) {
	switch c {
	case '?':
		l.question()
	case '$':
		l.dollar()
	case ':', '@':
		l.named(c)
	case '%':
		l.percent()
	}
}

// place adds a placeholder with an index, -1 for none.
func (l *lexer) place(start, end, index int, flags uint8) {
	l.add(tokenPlace, start, end, flags).mate = int32(index)
	l.at = end
}

// next adds a placeholder that counts by its place in the text.
func (l *lexer) next(end int) {
	l.place(l.at, end, int(l.marks.places), counted)
	l.marks.places++
}

// question reads ?, ?1, and the operators of JSON that begin with it.
func (l *lexer) question() {
	next := l.peek(1)
	switch {
	case next == '?':
		l.operator()
	case classes[next]&digit != 0:
		end := l.digitsEnd(l.at + 1)
		l.numbered(l.at+1, end)
	default:
		// After an operand it is an operator, or the text is not what it seems: nobody knows which "?" is the nth.
		l.marks.loose = l.marks.loose || l.operand()
		l.next(l.at + 1)
	}
}

// numbered adds $1, ?1 or :1.
func (l *lexer) numbered(start, end int) {
	n := 0
	for _, c := range []byte(l.text[start:min(end, start+6)]) {
		n = n*10 + int(c-'0')
	}
	if n == 0 || n > 1<<16 {
		l.place(start, end, -1, 0)
		return
	}
	l.marks.highest = max(l.marks.highest, int32(n))
	l.place(start, end, n-1, 0)
}

// dollar reads $1, $name, $tag$..$tag$, and the $? of sanitisers.
func (l *lexer) dollar() {
	next := l.peek(1)
	switch {
	case next == '?':
		l.sanitised = true
		l.add(tokenHidden, l.at, l.at+2, 0)
		l.at += 2
	case classes[next]&digit != 0:
		l.numbered(l.at+1, l.digitsEnd(l.at+1))
	case next == '$' || classes[next]&letter != 0:
		i := l.at + 1
		for i < len(l.text) && classes[l.text[i]]&(letter|digit) != 0 {
			i++
		}
		if i < len(l.text) && l.text[i] == '$' && l.dialect.dollarQuotes() {
			l.dollarString(i + 1)
			return
		}
		if i == l.at+1 {
			l.operator()
			return
		}
		l.place(l.at+1, i, -1, byName)
	default:
		l.operator()
	}
}

// dollarString reads the string whose tag ends at start.
func (l *lexer) dollarString(start int) {
	l.ambiguous = l.ambiguous || l.dialect == Generic
	tag := l.text[l.at:start]
	n := strings.Index(l.text[start:], tag)
	if n < 0 {
		l.truncated = true
		l.add(tokenString, start, len(l.text), opaqueText)
		l.at = len(l.text)
		return
	}
	l.literal(start, start+n, 0)
	l.at = start + n + len(tag)
}

// named reads :name, :1, @name, @p1, and the variables @@name, which are no placeholders.
func (l *lexer) named(c byte) {
	next := l.peek(1)
	switch {
	case c == ':' && classes[next]&digit != 0:
		l.numbered(l.at+1, l.digitsEnd(l.at+1))
	case classes[next]&(letter|digit) != 0:
		start := l.at + 1
		end := l.wordEnd(start)
		if number, ok := numberedName(l.text[start:end]); ok {
			l.marks.highestP = max(l.marks.highestP, int16(number))
			l.marks.zero = l.marks.zero || number == 0
		}
		l.place(start, end, -1, byName)
	case c == '@' && next == '@' && classes[l.peek(2)]&letter != 0:
		start := l.at
		l.at = l.wordEnd(start + 2)
		l.add(tokenWord, start, l.at, 0)
	default:
		l.operator()
	}
}

// numberedName is the number of p0, p1 and so on.
func numberedName(name string) (int, bool) {
	if len(name) < 2 || len(name) > 4 || name[0]|0x20 != 'p' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(name[1:]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// percent reads the %s and %(name)s of Python. After an operand it is an operator.
func (l *lexer) percent() {
	next := l.peek(1)
	switch {
	case l.operand():
	case next == 's' && classes[l.peek(2)]&inWord == 0:
		l.percents = true
		l.next(l.at + 2)
		return
	case next == '(':
		rest := l.text[l.at+2 : min(len(l.text), l.at+2+maxName)]
		if n := strings.Index(rest, ")s"); n > 0 && l.wordEnd(l.at+2) >= l.at+2+n {
			start := l.at + 2
			l.percents = true
			l.place(start, start+n, -1, byName)
			l.at += 2
			return
		}
	}
	l.operator()
}

// redacted reads what sanitisers write in place of literals, or the token that begins like it.
func (l *lexer) redacted(c byte) {
	rest := l.text[l.at:]
	var size int
	switch {
	case c == '*' && strings.HasPrefix(rest, "***"):
		size = len(rest) - len(strings.TrimLeft(rest, "*"))
	case c == '[' && len(rest) >= 10 && foldsTo(rest[:10], "[redacted]"), c == '<' && len(rest) >= 10 && foldsTo(rest[:10], "<redacted>"):
		size = 10
	case c == '*' && l.peek(1) == '/' && l.executed:
		l.executed = false
		l.at += 2
		return
	case c == '[':
		l.bracket()
		return
	default:
		l.operator()
		return
	}
	l.sanitised = true
	l.add(tokenHidden, l.at, l.at+size, 0)
	l.at += size
}

// bracket reads [name], or the subscript of an array.
func (l *lexer) bracket() {
	if l.dialect.brackets() || l.dialect == Generic && classes[l.peek(1)]&letter != 0 && (!l.operand() || l.afterDot()) {
		l.quoted(']', backQuote)
		return
	}
	l.operator()
}
