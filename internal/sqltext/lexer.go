package sqltext

import "strings"

// lexer makes tokens of a text, in one pass. What cannot be a token is an operator.
type lexer struct {
	text    string
	dialect Dialect
	at      int
	tokens  []token
	opens   []int32 // the parentheses that are open

	executed  bool // within a /*! comment of MySQL, whose content is executed
	truncated bool // unterminated, unbalanced or with an ellipsis
	sanitised bool
	limited   bool
	ambiguous bool // dialects read it in different ways
	percents  bool // placeholders begin with %, so a %% in a literal may stand for one %

	marks marks
}

func (l *lexer) run() {
	for l.at < len(l.text) {
		if len(l.tokens) == maxTokens {
			l.limited = true
			break
		}
		c := l.text[l.at]
		switch class := classes[c]; {
		case class&space != 0:
			l.at++
		case class&letter != 0:
			l.word()
		case class&digit != 0:
			l.number()
		default:
			l.mark(c)
		}
	}
	l.truncated = l.truncated || len(l.opens) > 0 || l.executed
	for _, open := range l.opens {
		l.tokens[open].mate = int32(len(l.tokens))
	}
}

func (l *lexer) add(kind tokenKind, start, end int, flags uint8) *token {
	l.tokens = append(l.tokens, token{start: uint32(start), end: uint32(end), kind: kind, flags: flags})
	return &l.tokens[len(l.tokens)-1]
}

// peek is the byte n behind the place, 0 behind the end.
func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.text) {
		return l.text[l.at+n]
	}
	return 0
}

// operand: the token before stands where an operand does, so that an operator may follow.
func (l *lexer) operand() bool {
	return len(l.tokens) > 0 && l.tokens[len(l.tokens)-1].isOperand()
}

// afterDot: the token before is a dot, so that a name follows.
func (l *lexer) afterDot() bool {
	return len(l.tokens) > 0 && l.tokens[len(l.tokens)-1].kind == tokenDot
}

func (l *lexer) wordEnd(i int) int {
	for i < len(l.text) && classes[l.text[i]]&inWord != 0 {
		i++
	}
	return i
}

// word reads a name, a keyword, or a string with a prefix.
func (l *lexer) word() {
	start := l.at
	end := l.wordEnd(start + 1)
	if end < len(l.text) && l.text[end] == '\'' && end-start <= 12 && l.prefixed(start, end) {
		return
	}
	l.at = end
	l.name(start, end)
}

func (l *lexer) name(start, end int) {
	t := l.add(tokenWord, start, end, 0)
	if n := len(l.tokens); n > 1 && l.tokens[n-2].kind == tokenDot {
		t.flags = qualified
		return
	}
	t.word = lookUp(l.text[start:end])
}

// prefixed reads N'..', E'..', X'..', B'..' and the _charset'..' of MySQL.
func (l *lexer) prefixed(start, end int) bool {
	prefix := l.text[start:end]
	switch {
	case foldsTo(prefix, "n"):
		l.string(end, 0, false)
	case foldsTo(prefix, "e") && l.dialect.dollarQuotes():
		l.string(end, 0, true)
	case foldsTo(prefix, "x"), foldsTo(prefix, "b"):
		l.string(end, opaqueText, false)
	case prefix[0] == '_' && (l.dialect == MySQL || l.dialect == Generic):
		l.string(end, opaqueText, l.dialect == MySQL)
	default:
		return false
	}
	return true
}

// number reads digits, with a point and an exponent. Digits that run on into letters are a name.
func (l *lexer) number() {
	start, i := l.at, l.at
	var flags uint8
	i = l.digitsEnd(i)
	if i < len(l.text) && l.text[i] == '.' && !strings.HasPrefix(l.text[i:], "...") {
		flags = floating
		i = l.digitsEnd(i + 1)
	}
	if i < len(l.text) && l.text[i]|0x20 == 'e' {
		sign := i + 1
		if sign < len(l.text) && (l.text[sign] == '+' || l.text[sign] == '-') {
			sign++
		}
		if end := l.digitsEnd(sign); end > sign {
			flags, i = floating, end
		}
	}
	end := l.wordEnd(i)
	l.at = end
	switch {
	case end == i:
		l.add(tokenNumber, start, end, flags)
	case l.text[start] == '0' && start+1 == i && l.text[i]|0x20 == 'x' || flags != 0:
		l.add(tokenNumber, start, end, opaqueText)
	default:
		l.name(start, end)
	}
}

func (l *lexer) digitsEnd(i int) int {
	for i < len(l.text) && classes[l.text[i]]&digit != 0 {
		i++
	}
	return i
}

// mark reads what begins with neither a letter nor a digit.
func (l *lexer) mark(c byte) {
	switch c {
	case '\'':
		l.string(l.at, 0, l.dialect == MySQL)
	case '"':
		if l.dialect == MySQL && !l.namePlace() {
			l.string(l.at, doubleQuote, true)
			return
		}
		l.quoted('"', doubleQuote)
	case '`':
		l.quoted('`', backQuote)
	case '(':
		l.opens = append(l.opens, int32(len(l.tokens)))
		l.single(tokenOpen)
	case ')':
		l.closing()
	case ',':
		l.single(tokenComma)
	case ';':
		l.single(tokenSemicolon)
	case '.':
		l.dot()
	case '-', '/', '#':
		l.comment(c)
	case '?', '$', ':', '@', '%':
		l.placeholder(c)
	case '[', '*', '<':
		l.redacted(c)
	default:
		l.operator()
	}
}

func (l *lexer) single(kind tokenKind) {
	l.add(kind, l.at, l.at+1, 0)
	l.at++
}

func (l *lexer) closing() {
	if n := len(l.opens); n > 0 {
		l.tokens[l.opens[n-1]].mate = int32(len(l.tokens))
		l.opens = l.opens[:n-1]
	} else {
		l.truncated = true // it begins in mid-statement
	}
	l.single(tokenClose)
}

// dot reads the dot of a name, a number that begins with a point, or an ellipsis.
func (l *lexer) dot() {
	if l.peek(1) == '.' && l.peek(2) == '.' {
		l.ellipsis(3)
		return
	}
	n := len(l.tokens)
	touches := n > 0 && l.afterName()
	if !touches && classes[l.peek(1)]&digit != 0 {
		start := l.at
		l.at++
		l.number()
		t := &l.tokens[len(l.tokens)-1]
		t.start, t.kind, t.word = uint32(start), tokenNumber, 0
		t.flags = t.flags&opaqueText | floating
		return
	}
	if touches {
		t := &l.tokens[n-1]
		t.flags |= qualified
		t.word, t.quoted = 0, 0
	}
	l.single(tokenDot)
}

// afterName: the token before is a name that the place touches.
func (l *lexer) afterName() bool {
	t := &l.tokens[len(l.tokens)-1]
	return t.kind == tokenQuoted || t.kind == tokenWord
}

// ellipsis: the (...) of sanitisers stands for literals; any other is for the rest of the text.
func (l *lexer) ellipsis(size int) {
	l.add(tokenEllipsis, l.at, l.at+size, 0)
	l.at += size
	n := len(l.tokens)
	inside := n > 1 && l.tokens[n-2].kind == tokenOpen && strings.HasPrefix(strings.TrimLeft(l.text[l.at:min(len(l.text), l.at+8)], " "), ")")
	if inside {
		l.tokens[n-1].kind = tokenHidden
		l.sanitised = true
		return
	}
	l.truncated = true
}

// longOperators are those that begin with a byte, the longest first.
var longOperators = func() (t [256][]string) {
	for _, op := range []string{
		"<=>", "->>", "#>>", "!~*", "<=", ">=", "<>", "!=", "==", "||", "&&", "::", ":=", "->", "#>", "#-", "@>", "<@", "~*",
		"!~", "<<", ">>", "=>", "@@", "+=", "-=", "*=", "/=", "%=", "^=", "|=", "&=", "!<", "!>", "??",
	} {
		t[op[0]] = append(t[op[0]], op)
	}
	return t
}()

func (l *lexer) operator() {
	size := 1
	for _, op := range longOperators[l.text[l.at]] {
		if strings.HasPrefix(l.text[l.at:], op) {
			size = len(op)
			break
		}
	}
	l.add(tokenOperator, l.at, l.at+size, 0)
	l.at += size
}
