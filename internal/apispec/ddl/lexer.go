package ddl

import (
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	wordToken   tokenKind = iota + 1 // a keyword or a name, in lower case
	nameToken                        // a quoted name, in lower case
	textToken                        // a string, unescaped
	numberToken                      // digits, with a point and an exponent
	markToken                        // any other character, and ::, <>, !=, <=, >=, ||
)

// token is a piece of a statement.
type token struct {
	kind       tokenKind
	text       string
	start, end int // in the text
	line       int
	mate       int // of an opening parenthesis, how many tokens further on the closing one is; 0 if there is none
}

// lexer makes tokens, one statement at a time.
type lexer struct {
	text     string
	dialect  Dialect
	at, line int

	tokens  []token
	limited bool // the statement had more tokens than are kept
	lost    bool // there is text that is not read: another file, or what follows a quote that is never closed
}

// statement reads the tokens of the next statement that has any; false at the end.
func (l *lexer) statement() bool {
	found := l.read()
	match(l.tokens)
	return found
}

func (l *lexer) read() bool {
	l.tokens, l.limited = l.tokens[:0], false
	depth := 0 // of BEGIN in the body of a trigger or function
	for l.skipBlanks(); l.at < len(l.text); l.skipBlanks() {
		if len(l.tokens) == 0 && l.directive() {
			continue
		}
		if l.text[l.at] == ';' {
			l.at++
			if depth > 0 {
				continue
			}
			if len(l.tokens) > 0 {
				l.skipData()
				return true
			}
			continue
		}
		t := l.token()
		depth = max(0, depth+l.nesting(&t))
		if len(l.tokens) < maxTokens {
			l.tokens = append(l.tokens, t)
		} else {
			l.limited = true
		}
	}
	return len(l.tokens) > 0
}

// nesting is how a token changes the depth of blocks, within which a semicolon does not end the statement.
func (l *lexer) nesting(t *token) int {
	if t.kind != wordToken || !l.hasBody() {
		return 0
	}
	before := l.tokens[len(l.tokens)-1].text
	switch t.text {
	case "begin", "case":
		if before == "end" { // END CASE
			return 0
		}
		return 1
	case "if", "loop", "while", "repeat":
		if before == "end" { // END IF ends no BEGIN
			return 1
		}
	case "end":
		return -1
	}
	return 0
}

// hasBody is true for a statement that makes what has statements in it.
func (l *lexer) hasBody() bool {
	if len(l.tokens) == 0 || l.tokens[0].text != "create" {
		return false
	}
	const header = 12
	for _, t := range l.tokens[:min(len(l.tokens), header)] {
		switch t.text {
		case "trigger", "function", "procedure", "event", "package":
			return true
		case "table", "view", "index", "type":
			return false
		}
	}
	return false
}

// token reads what stands at the place, which is no blank.
func (l *lexer) token() token {
	t := token{start: l.at, line: l.line}
	c := l.text[l.at]
	switch {
	case c == '\'':
		t.kind, t.text = textToken, l.quoted('\'', l.dialect == MySQL)
	case c == '"' || c == '`':
		t.kind, t.text = nameToken, lower(l.quoted(c, false))
	case c == '[' && l.bracketed():
		t.kind, t.text = nameToken, lower(l.quoted(']', false))
	case c == '$' && l.dialect != MySQL && l.dollarQuoted(&t):
	case isDigit(c) || c == '.' && l.at+1 < len(l.text) && isDigit(l.text[l.at+1]):
		t.kind, t.text = numberToken, l.number()
	case isLetter(c):
		l.word(&t)
	default:
		t.kind, t.text = markToken, l.mark()
	}
	t.end = l.at
	return t
}

// word reads a name or a keyword, or the string that a prefix belongs to: E'..', N'..', _utf8'..'.
func (l *lexer) word(t *token) {
	start := l.at
	for l.at < len(l.text) && (isLetter(l.text[l.at]) || isDigit(l.text[l.at]) || l.text[l.at] == '$') {
		l.at++
	}
	t.kind, t.text = wordToken, lower(clip(l.text[start:l.at], maxName))
	if l.at == len(l.text) || l.text[l.at] != '\'' {
		return
	}
	switch {
	case t.text == "e":
		t.kind, t.text = textToken, l.quoted('\'', true)
	case t.text == "n", t.text[0] == '_':
		t.kind, t.text = textToken, l.quoted('\'', l.dialect == MySQL)
	}
}

// quoted reads up to the closing quote, which stands for itself where it is there twice.
func (l *lexer) quoted(closing byte, backslashes bool) string {
	var out []byte
	i := l.at + 1
	for ; i < len(l.text); i++ {
		c := l.text[i]
		switch {
		case c == '\\' && backslashes && i+1 < len(l.text):
			i++
			c = unescaped(l.text[i])
		case c == closing && i+1 < len(l.text) && l.text[i+1] == closing:
			i++
		case c == closing:
			l.moveTo(i + 1)
			return clip(string(out), maxText)
		}
		if len(out) <= maxText {
			out = append(out, c)
		}
	}
	l.lost = true
	l.moveTo(len(l.text))
	return clip(string(out), maxText)
}

func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return c
}

// bracketed: a name in brackets stands here, and no list or type of lists, as PostgreSQL has them.
func (l *lexer) bracketed() bool {
	if l.dialect != Generic || l.at+1 == len(l.text) {
		return l.dialect == SQLite
	}
	line := l.lineText()
	isArray := len(l.tokens) > 0 && is(l.tokens[len(l.tokens)-1], "array")
	return isLetter(line[min(1, len(line)-1)]) && strings.Contains(line, "]") && !isArray
}

// dollarQuoted reads $tag$..$tag$; false if none stands here.
func (l *lexer) dollarQuoted(t *token) bool {
	rest := l.text[l.at:]
	end := strings.IndexByte(rest[1:min(len(rest), maxName)], '$')
	if end < 0 {
		return false
	}
	tag := rest[:end+2]
	for i := 1; i < len(tag)-1; i++ {
		if !isLetter(tag[i]) && !isDigit(tag[i]) {
			return false
		}
	}
	closing := strings.Index(rest[len(tag):], tag)
	if closing < 0 {
		l.lost = true
		l.moveTo(len(l.text))
	} else {
		t.text = clip(rest[len(tag):len(tag)+closing], maxText)
		l.moveTo(l.at + 2*len(tag) + closing)
	}
	t.kind = textToken
	return true
}

func (l *lexer) number() string {
	start := l.at
	for l.at < len(l.text) {
		c := l.text[l.at]
		isSign := (c == '+' || c == '-') && l.at > start && l.text[l.at-1]|0x20 == 'e'
		if !isDigit(c) && c != '.' && !isLetter(c) && !isSign {
			break
		}
		l.at++
	}
	return clip(l.text[start:l.at], maxName)
}

func (l *lexer) mark() string {
	for _, long := range [...]string{"::", "<>", "!=", "<=", ">=", "||"} {
		if l.has(long) {
			l.at += len(long)
			return long
		}
	}
	_, size := utf8.DecodeRuneInString(l.text[l.at:])
	l.at += size
	return l.text[l.at-size : l.at]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf }

// lower is how names in statements are read: letters beyond ASCII stay.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// clip cuts a text at the beginning of a character, and makes what is no UTF-8 readable.
func clip(s string, most int) string {
	if len(s) > most {
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
