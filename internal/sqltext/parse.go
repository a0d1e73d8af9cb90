package sqltext

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// Parse reads a text. It never fails: see the fields that say how much of it is there.
func Parse(text string, d Dialect) *Statement {
	p := parsers.Get().(*parser)
	st := p.parse(text, d)
	p.text, p.lexer.text = "", ""
	parsers.Put(p)
	return st
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

// parser extracts what a statement touches from its tokens. Its slices serve one text after the other.
type parser struct {
	lexer  lexer
	text   string
	tokens []token
	out    []byte // the skeleton and all names and literals that are kept

	refs   []ref
	pairs  []rawPair
	values []rawValue // of lists
	scopes []scope
	common []int32 // tokens of the names of the common table expressions that are visible
	depth  int

	operation  word
	understood bool // a statement that reads or writes rows is there
	opaque     bool
	setOpaque  bool
	limited    bool
	truncated  bool
	columns    []int32 // tokens of the columns of an INSERT
}

// ref is a reference to a table in a FROM, or what is written to.
type ref struct {
	first, last int32 // tokens of the name; first is -1 for a derived table or a common table expression
	alias       int32 // token, -1 for none
	scope       int32
	table       int32 // place in Tables
	written     bool  // it is the target of an INSERT: none of its rows are read
	dead        bool  // it was the alias of another
}

// scope is where columns without a table belong: one SELECT, UPDATE, DELETE or INSERT.
type scope struct {
	parent int32 // -1 for none
	group  int32 // of the branches of a UNION, and of all statements of a text, which is group 0
	main   bool
	writes bool
	target int32 // ref of the table that SET is about, -1 if it is not known
}

// rawPair is a pair before its names are made.
type rawPair struct {
	qualifier int32 // token, -1 for none
	column    int32 // token
	scope     int32
	only      int32 // in the ON of an outer join: the ref that it restricts; noRef else, badRef for none
	ref       int32 // of the table, once it is known
	set       bool
	value     rawValue
	at, size  int32 // of the column's name in out
}

const (
	noRef  = -1
	badRef = -2
)

// rawValue is a value before its text is made.
type rawValue struct {
	kind     Kind
	negative bool
	token    int32
	list     int32 // place in values
	length   int32
	at, size int32 // of its text in out
}

func (p *parser) parse(text string, d Dialect) *Statement {
	text, cut := whole(text)
	p.text = text
	p.lexer = lexer{text: text, dialect: d, tokens: p.lexer.tokens[:0], opens: p.lexer.opens[:0], marks: marks{highestP: -1}}
	p.lexer.run()
	p.tokens = p.lexer.tokens
	p.reset()
	p.truncated = cut || p.lexer.truncated
	p.limited = p.lexer.limited
	p.opaque = p.lexer.ambiguous

	k := skeleton{text: text, tokens: p.tokens, out: p.out[:0]}
	p.out = k.write()
	p.statements()
	return p.finish()
}

func (p *parser) reset() {
	p.refs, p.pairs, p.values, p.scopes, p.common = p.refs[:0], p.pairs[:0], p.values[:0], p.scopes[:0], p.common[:0]
	p.columns = p.columns[:0]
	p.depth, p.operation = 0, 0
	p.understood, p.setOpaque = false, false
}

// whole is what is read of a text, in valid UTF-8, and whether it was cut.
func whole(text string) (string, bool) {
	cut := len(text) > MaxText
	if cut {
		text = text[:MaxText]
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	end := len(text)
	for end > 0 && classes[text[end-1]] == space {
		end--
	}
	short, ellipsis := strings.CutSuffix(text[:end], "…")
	return short, cut || ellipsis
}

// kind of the token, tokenSemicolon behind the end.
func (p *parser) kind(i int) tokenKind {
	if i < len(p.tokens) {
		return p.tokens[i].kind
	}
	return tokenSemicolon
}

// key is the keyword at i.
func (p *parser) key(i int) keyword {
	if i < len(p.tokens) {
		return p.tokens[i].word.id()
	}
	return noKeyword
}

func (p *parser) does(i int, what uint16) bool {
	return i < len(p.tokens) && p.tokens[i].word.does(what)
}

// is: the token at i is this operator.
func (p *parser) is(i int, op string) bool {
	if p.kind(i) != tokenOperator {
		return false
	}
	t := &p.tokens[i]
	return p.text[t.start:t.end] == op
}

// behind is the place behind the parenthesis that opens at i.
func (p *parser) behind(i int) int {
	return min(int(p.tokens[i].mate)+1, len(p.tokens))
}

// inside is where the parenthesis that opens at i ends.
func (p *parser) inside(i int) int { return int(p.tokens[i].mate) }

// isQuery: a sub-select begins with the parenthesis at i.
func (p *parser) isQuery(i int) bool {
	for n := range 4 {
		switch p.key(i + 1 + n) {
		case kwSelect, kwWith, kwValues:
			return true
		}
		if p.kind(i+1+n) != tokenOpen {
			return false
		}
	}
	return false
}

// name reads a name with dots at i and returns the place behind it; ok is false if none is there.
func (p *parser) name(i int) (last, next int, ok bool) {
	if i >= len(p.tokens) || !p.tokens[i].isName() {
		return 0, i, false
	}
	last, next = i, i+1
	for next < len(p.tokens) && p.tokens[next].kind == tokenDot {
		n := next + 1
		for p.kind(n) == tokenDot { // db..table
			n++
		}
		if k := p.kind(n); n >= len(p.tokens) || k != tokenWord && k != tokenQuoted {
			break
		}
		last, next = n, n+1
	}
	return last, next, true
}

func (p *parser) newScope(parent, group int32, main bool) int32 {
	if len(p.scopes) == maxScopes {
		p.limited = true
		return int32(len(p.scopes) - 1)
	}
	p.scopes = append(p.scopes, scope{parent: parent, group: group, main: main, target: noRef})
	return int32(len(p.scopes) - 1)
}

func (p *parser) addRef(r ref) int32 {
	if len(p.refs) == maxRefs {
		p.limited = true
		return noRef
	}
	p.refs = append(p.refs, r)
	return int32(len(p.refs) - 1)
}

func (p *parser) addPair(pair rawPair) {
	if len(p.pairs) == MaxPairs {
		p.limited = true
		return
	}
	p.pairs = append(p.pairs, pair)
}

// same: the tokens name the same.
func (p *parser) same(a, b int32) bool {
	return equalNames(p.raw(a), p.raw(b))
}

func (p *parser) raw(i int32) string { return p.text[p.tokens[i].start:p.tokens[i].end] }

func equalNames(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower[a[i]] != lower[b[i]] {
			return false
		}
	}
	return true
}
