package sqltext

import "bytes"

// skeleton writes tokens without what varies. It goes by the text of the tokens alone, not by their quotes, so that the
// skeleton of a skeleton is itself.
type skeleton struct {
	text   string
	tokens []token
	out    []byte

	last word // the keyword written last
	list listState
	// The groups that are open, and behind each the one closed last within it. Deeper ones are not folded.
	groups [16]group
	depth  int
	full   bool
}

// group is a pair of parentheses in out.
type group struct {
	start              int // of the one that is open
	closedAt, closedTo int // of the last one closed within it; closedTo is 0 if there is none
	comma              int // where the comma behind that ends, 0 if none is there
}

// listState tells how far a list of "?" was read.
type listState uint8

const (
	noList    listState = iota
	listOpen            // "("
	listValue           // "( ?"
	listComma           // "( ? ,"
)

func (k *skeleton) write() []byte {
	for i := 0; i < len(k.tokens) && !k.full; i++ {
		t := &k.tokens[i]
		switch t.kind {
		case tokenNumber, tokenString, tokenPlace, tokenHidden:
			k.value()
		case tokenWord, tokenQuoted:
			k.name(i, t)
		case tokenOpen:
			k.open()
		case tokenClose:
			k.close()
		case tokenComma:
			k.comma()
		case tokenDot:
			k.dot(i)
		case tokenOperator:
			if k.isSign(t) && !k.isOperandBefore(i) {
				i = k.signs(i)
				continue
			}
			if k.text[t.start:t.end] == "*" && i > 1 && k.tokens[i-1].kind == tokenDot && k.isNamePart(i-2) && len(k.out) < MaxSkeleton {
				k.out = append(k.out, '*') // o.*
				k.last, k.list = 0, noList
				continue
			}
			k.plain(k.text[t.start:t.end])
			if c := k.text[t.start]; c == '[' {
				k.list = listOpen
			}
		default:
			k.plain(k.text[t.start:t.end])
		}
	}
	return k.out
}

// room separates tokens, and makes sure that one more fits.
func (k *skeleton) room(size int) bool {
	if len(k.out)+size+1 > MaxSkeleton {
		k.full = true
		return false
	}
	if len(k.out) > 0 {
		k.out = append(k.out, ' ')
	}
	return true
}

func (k *skeleton) plain(s string) {
	if k.room(len(s)) {
		k.out = append(k.out, s...)
	}
	k.last, k.list = 0, noList
}

// value writes "?", once for a list of them.
func (k *skeleton) value() {
	k.last = 0
	switch k.list {
	case listComma:
		k.out = k.out[:len(k.out)-2]
		k.list = listValue
		return
	case listOpen:
		k.list = listValue
	default:
		k.list = noList
	}
	if k.room(1) {
		k.out = append(k.out, '?')
	}
}

func (k *skeleton) comma() {
	listed := k.list == listValue
	k.plain(",")
	if listed {
		k.list = listComma
	}
	if g := k.group(); g != nil && g.closedTo > 0 && g.closedTo == len(k.out)-2 {
		g.comma = len(k.out)
	}
}

// group is the innermost group that is open, nil if it is too deep.
func (k *skeleton) group() *group {
	if k.depth < len(k.groups) {
		return &k.groups[k.depth]
	}
	return nil
}

func (k *skeleton) open() {
	if !k.room(1) {
		return
	}
	start := len(k.out)
	k.out = append(k.out, '(')
	k.depth++
	if g := k.group(); g != nil {
		*g = group{start: start}
	}
	k.last, k.list = 0, listOpen
}

// close ends a group. If the one before it is the same, this one goes: VALUES (?, ?), (?, ?).
func (k *skeleton) close() {
	k.plain(")")
	if k.depth == 0 || k.full {
		return
	}
	g := k.group()
	k.depth--
	outer := k.group()
	if g == nil || outer == nil {
		return
	}
	repeats := outer.comma > 0 && outer.comma+1 == g.start && bytes.Equal(k.out[outer.closedAt:outer.closedTo], k.out[g.start:])
	if repeats {
		k.out = k.out[:outer.closedTo]
	} else {
		outer.closedAt, outer.closedTo = g.start, len(k.out)
	}
	outer.comma = 0
}

// name writes a word or a quoted name in lower case. Constants are values, but not behind IS and IS NOT.
func (k *skeleton) name(i int, t *token) {
	w := t.word
	if t.kind == tokenQuoted {
		w = t.quoted
	}
	switch w.id() {
	case kwNull, kwTrue, kwFalse:
		if id := k.last.id(); id != kwIs && id != kwNot {
			k.value()
			return
		}
	}
	glued := i > 0 && k.tokens[i-1].kind == tokenDot && i > 1 && k.isNamePart(i-2)
	size := int(t.end-t.start) + 1
	switch {
	case !glued:
		if !k.room(size) {
			return
		}
	case len(k.out)+size > MaxSkeleton:
		k.full = true
		return
	}
	s := k.text[t.start:t.end]
	if t.kind == tokenQuoted {
		k.quoted(s)
	} else {
		k.out = appendLower(k.out, s)
	}
	k.last, k.list = w, noList
}

// quoted writes what stood in quotes as a word.
func (k *skeleton) quoted(s string) {
	if s == "" || classes[s[0]]&digit != 0 || s[0] == '$' {
		k.out = append(k.out, '_')
	}
	for i := range len(s) {
		c := lower[s[i]]
		if classes[c]&inWord == 0 {
			c = '_'
		}
		k.out = append(k.out, c)
	}
}

func (k *skeleton) isNamePart(i int) bool {
	kind := k.tokens[i].kind
	return kind == tokenWord || kind == tokenQuoted
}

// dot writes the dot of a name without spaces.
func (k *skeleton) dot(i int) {
	if i > 0 && k.isNamePart(i-1) && len(k.out) < MaxSkeleton {
		k.out = append(k.out, '.')
		k.last, k.list = 0, noList
		return
	}
	k.plain(".")
}

func (k *skeleton) isSign(t *token) bool {
	c := k.text[t.start]
	return t.end-t.start == 1 && (c == '-' || c == '+')
}

func (k *skeleton) isOperandBefore(i int) bool {
	if i == 0 {
		return false
	}
	t := k.tokens[i-1]
	if t.kind == tokenQuoted {
		t.kind, t.word = tokenWord, t.quoted
	}
	return t.isOperand()
}

// signs leaves out the signs of a value, writes others, and returns the place of the last.
func (k *skeleton) signs(i int) int {
	end := i + 1
	for end < len(k.tokens) && k.tokens[end].kind == tokenOperator && k.isSign(&k.tokens[end]) {
		end++
	}
	if end < len(k.tokens) && k.isLiteral(&k.tokens[end]) {
		return end - 1
	}
	for _, t := range k.tokens[i:end] {
		k.plain(k.text[t.start:t.end])
	}
	return end - 1
}

// isLiteral: it is written as "?".
func (k *skeleton) isLiteral(t *token) bool {
	switch t.kind {
	case tokenNumber, tokenString, tokenPlace, tokenHidden:
		return true
	case tokenWord, tokenQuoted:
		id := max(t.word, t.quoted).id()
		return id == kwNull || id == kwTrue || id == kwFalse
	}
	return false
}

func appendLower(out []byte, s string) []byte {
	start := len(out)
	out = append(out, s...)
	for i, c := range out[start:] {
		out[start+i] = lower[c]
	}
	return out
}
