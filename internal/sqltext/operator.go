package sqltext

import "strings"

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

// shortOperators are those of one byte.
var shortOperators = func() (t [256]operator) {
	for c := range t {
		t[c] = otherOperator
	}
	for c, op := range map[byte]operator{'=': opEqual, '-': opMinus, '+': opPlus, '*': opStar, '[': opBracket, ']': opEndBracket, '}': opEndBrace} {
		t[c] = op
	}
	return t
}()

func longOperator(op string) operator {
	switch op {
	case "==":
		return opDoubleEqual
	case ":=":
		return opAssign
	case "::":
		return opCast
	case "||":
		return opBars
	case "&&":
		return opAmpersands
	}
	return otherOperator
}

func (l *lexer) operator() {
	c := l.text[l.at]
	if classes[l.peek(1)]&onward != 0 {
		for _, op := range longOperators[c] {
			if strings.HasPrefix(l.text[l.at:], op) {
				l.operate(len(op), longOperator(op))
				return
			}
		}
	}
	l.operate(1, shortOperators[c])
}

// operate adds an operator of so many bytes.
func (l *lexer) operate(size int, op operator) {
	l.add(tokenOperator, l.at, l.at+size, 0).operator = op
	l.at += size
}
