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

// reset begins a text.
func (l *lexer) reset(text string, d Dialect) {
	tokens, opens := l.tokens[:0], l.opens[:0]
	if most := min(len(text), maxTokens) + 1; cap(tokens) < most {
		tokens = make([]token, 0, most)
	}
	*l = lexer{text: text, dialect: d, tokens: tokens, opens: opens, marks: marks{highestP: -1}}
}

// run makes the tokens, and shows them to the skeleton: at once where nothing that follows changes how they are
// written, else before the next of these. What most texts are made of stands here, with the place in a variable of its
// own.
func (l *lexer) run(k *skeleton) {
	text := l.text
	at := 0
	for at < len(text) {
		c := text[at]
		if c == ' ' {
			if at++; at == len(text) {
				break
			}
			c = text[at]
		}
		n := len(l.tokens)
		if n == maxTokens {
			l.limited = true
			break
		}
		switch starts[c] {
		case startSpace:
			at++
		case startWord:
			at = l.word(at, k)
		case startComma:
			l.add(tokenComma, at, at+1, 0)
			at++
			if k.done == n {
				k.done++
				k.comma()
			}
		case startDot:
			l.at = at
			l.dot()
			at = l.at
			if k.done == n && len(l.tokens) == n+1 && l.tokens[n].kind == tokenDot {
				k.done++
				k.dot(n > 0 && l.tokens[n-1].isNamePart())
			}
		case startOpen:
			l.opens = append(l.opens, int32(n))
			l.add(tokenOpen, at, at+1, 0)
			at++
			if k.done == n {
				k.done++
				k.open()
			}
		case startClose:
			l.closing(at)
			at++
			if k.done == n {
				k.done++
				k.close()
			}
		case startEqual:
			if at+1 < len(text) && classes[text[at+1]]&onward != 0 {
				l.at = at
				l.operator()
				at = l.at
				continue
			}
			l.add(tokenOperator, at, at+1, 0).operator = opEqual
			at++
			if k.done == n {
				k.done++
				k.mark('=')
			}
		case startDigit:
			l.at = at
			l.number()
			at = l.at
		case startPlace:
			l.at = at
			l.placeholder(c)
			at = l.at
			if k.done == n && l.tokens[n].kind == tokenPlace {
				k.done++
				k.value()
			}
		case startQuote:
			l.at = at
			l.mark(c)
			at = l.at
			if t := &l.tokens[n]; k.done == n && t.kind == tokenQuoted && !t.quoted.does(isConstant) {
				k.done++
				k.name(t)
			}
		default:
			l.at = at
			l.mark(c)
			at = l.at
		}
	}
	k.catchUp(l.tokens, len(l.tokens))
	l.truncated = l.truncated || len(l.opens) > 0 || l.executed
	for _, open := range l.opens {
		l.tokens[open].mate = int32(len(l.tokens))
	}
}

// add appends a token, for which there is room.
func (l *lexer) add(kind tokenKind, start, end int, flags uint8) *token {
	n := len(l.tokens)
	l.tokens = l.tokens[:n+1]
	t := &l.tokens[n]
	*t = token{start: uint32(start), end: uint32(end), kind: kind, flags: flags}
	return t
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
	case ';':
		l.single(tokenSemicolon)
	case '-', '/', '#':
		l.comment(c)
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

func (l *lexer) closing(at int) {
	if n := len(l.opens); n > 0 {
		l.tokens[l.opens[n-1]].mate = int32(len(l.tokens))
		l.opens = l.opens[:n-1]
	} else {
		l.truncated = true // it begins in mid-statement
	}
	l.add(tokenClose, at, at+1, 0)
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
