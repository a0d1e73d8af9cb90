package sqltext

import "sync"

// Parse reads a text. It never fails: see the fields that say how much of it is there.
func Parse(text string, d Dialect) *Statement {
	p := parsers.Get().(*parser)
	st := p.parse(text, d)
	p.text, p.lexer.text, p.skeleton.text = "", "", ""
	parsers.Put(p)
	return st
}

var parsers = sync.Pool{New: func() any { return &parser{pairs: make([]rawPair, 0, MaxPairs)} }}

// parser extracts what a statement touches from its tokens. Its slices serve one text after the other.
type parser struct {
	lexer    lexer
	skeleton skeleton
	text     string
	tokens   []token
	out      []byte // the skeleton, and behind it the names and literals that are kept and not in it

	refs   []ref
	pairs  []rawPair
	values []rawValue // of lists
	scopes []scope

	equalities []equality
	joined     []joined
	pins       []pin
	common     []int32 // tokens of the names of the common table expressions that are visible
	depth      int

	operation  word                // of the statement at hand
	operations [maxOperations]word // of all
	done       int                 // how many those are
	understood bool                // a statement that reads or writes rows is there
	opaque     bool
	setOpaque  bool
	limited    bool
	truncated  bool
	shared     bool    // a table is read or written more than once
	outerGroup bool    // within the parentheses of an outer join
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
	columnName
	scope int32
	only  int32 // in the ON of an outer join: the ref that it restricts; noRef else, badRef for none
	ref   int32 // of the table, once it is known
	set   bool
	// It is not in the text, but the column equals another one that is pinned.
	carried bool
	value   rawValue
	name    span // of the column
}

// columnName is the name of a column as tokens.
type columnName struct {
	qualifier int32 // -1 for none
	column    int32
}

// span is a piece of out.
type span struct{ at, size int32 }

func (s span) of(kept string) string { return kept[s.at : s.at+s.size] }

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
	text     span
}

func (p *parser) parse(text string, d Dialect) *Statement {
	text, cut := whole(text)
	p.text = text
	p.lexer.reset(text, d)
	p.skeleton.reset(text)
	p.lexer.run(&p.skeleton)
	p.tokens = p.lexer.tokens
	p.reset()
	p.truncated = cut || p.lexer.truncated
	p.limited = p.lexer.limited
	p.opaque = p.lexer.ambiguous

	p.out = p.skeleton.written()
	p.statements()
	return p.finish()
}

func (p *parser) reset() {
	p.refs, p.pairs, p.values, p.scopes, p.common = p.refs[:0], p.pairs[:0], p.values[:0], p.scopes[:0], p.common[:0]
	p.columns, p.equalities = p.columns[:0], p.equalities[:0]
	p.depth, p.operation, p.done = 0, 0, 0
	p.understood, p.setOpaque, p.outerGroup = false, false, false
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
func (p *parser) is(i int, op operator) bool {
	return i < len(p.tokens) && p.tokens[i].operator == op
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

func (p *parser) addPair(name columnName, sc, only int32, set bool, v rawValue) {
	n := len(p.pairs)
	if n == MaxPairs {
		p.limited = true
		return
	}
	p.pairs = p.pairs[:n+1] // there is room for all
	q := &p.pairs[n]
	q.columnName, q.scope, q.only, q.set, q.carried, q.value = name, sc, only, set, false, v
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
	for i := 0; i < len(a); i += 8 {
		x, y := load(a, i), load(b, i)
		if lowered(x, lettersOf(x)) != lowered(y, lettersOf(y)) {
			return false
		}
	}
	return true
}
