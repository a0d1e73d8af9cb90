package sqltext

import "bytes"

// skeleton writes tokens without what varies. It goes by the text of the tokens alone, not by their quotes, so that the
// skeleton of a skeleton is itself.
type skeleton struct {
	text   string
	tokens []token
	done   int    // tokens that were written
	buffer []byte // has room for what is written, and for eight bytes more
	size   int    // of what is written

	last word // the keyword written last
	list listState
	// The groups that are open, and behind each the one closed last within it. Deeper ones are not folded.
	groups [16]group
	depth  int
	folded bool // rows went, so that not all names are where they were written
}

// group is a pair of parentheses in the skeleton.
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
	nameDot             // no list: the dot of a name
)

// reset begins a skeleton of this text.
func (k *skeleton) reset(text string) {
	if k.buffer == nil {
		k.buffer = make([]byte, MaxSkeleton+8)
	}
	k.text, k.done = text, 0
	k.size, k.last, k.list, k.depth, k.folded = 0, 0, noList, 0, false
	k.groups[0] = group{}
}

// written is the skeleton, in a slice that may grow and is good until the next reset.
func (k *skeleton) written() []byte { return k.buffer[:k.size] }

// full: no token is written any more.
const full = -1

// catchUp writes the tokens that were not written yet, up to that at end.
func (k *skeleton) catchUp(tokens []token, end int) {
	k.tokens = tokens
	for k.done < end && k.done != full {
		i := k.done
		k.done++
		t := &tokens[i]
		switch t.kind {
		case tokenNumber, tokenString, tokenPlace, tokenHidden:
			k.value()
		case tokenWord, tokenQuoted:
			k.name(t)
		case tokenComma:
			k.comma()
		case tokenDot:
			k.dot(i > 0 && tokens[i-1].isNamePart())
		case tokenOperator:
			k.operator(i, t)
		case tokenOpen:
			k.open()
		case tokenClose:
			k.close()
		default:
			k.plain(k.text[t.start:t.end])
		}
	}
}

// room separates tokens, and makes sure that one more fits.
func (k *skeleton) room(size int) bool {
	n := k.size
	if n+size+1 > MaxSkeleton {
		k.done = full
		return false
	}
	if n > 0 {
		k.buffer[n] = ' '
		k.size = n + 1
	}
	return true
}

// put writes a byte, for which there is room.
func (k *skeleton) put(c byte) {
	k.buffer[k.size] = c
	k.size++
}

func (k *skeleton) plain(s string) {
	if k.room(len(s)) {
		k.size += copy(k.buffer[k.size:], s)
	}
	k.last, k.list = 0, noList
}

// mark writes one byte as a token.
func (k *skeleton) mark(c byte) {
	if k.room(1) {
		k.put(c)
	}
	k.last, k.list = 0, noList
}

// value writes "?", once for a list of them.
func (k *skeleton) value() {
	k.last = 0
	switch k.list {
	case listComma:
		k.size -= 2
		k.list = listValue
		return
	case listOpen:
		k.list = listValue
	default:
		k.list = noList
	}
	if k.room(1) {
		k.put('?')
	}
}

func (k *skeleton) comma() {
	listed := k.list == listValue
	k.mark(',')
	if listed {
		k.list = listComma
	}
	if g := k.group(); g != nil && g.closedTo > 0 && g.closedTo == k.size-2 {
		g.comma = k.size
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
	start := k.size
	k.put('(')
	k.depth++
	if g := k.group(); g != nil {
		*g = group{start: start}
	}
	k.last, k.list = 0, listOpen
}

// close ends a group. If the one before it is the same, this one goes: VALUES (?, ?), (?, ?).
func (k *skeleton) close() {
	k.mark(')')
	if k.depth == 0 || k.done == full {
		return
	}
	g := k.group()
	k.depth--
	outer := k.group()
	if g == nil || outer == nil {
		return
	}
	repeats := outer.comma > 0 && outer.comma+1 == g.start && bytes.Equal(k.buffer[outer.closedAt:outer.closedTo], k.buffer[g.start:k.size])
	if repeats {
		k.size = outer.closedTo
		k.folded = true
	} else {
		outer.closedAt, outer.closedTo = g.start, k.size
	}
	outer.comma = 0
}

// operator writes one, without the signs of values.
func (k *skeleton) operator(i int, t *token) {
	switch t.operator {
	case opPlus, opMinus:
		if !k.isOperandBefore(i) {
			k.signs(i)
			return
		}
	case opStar:
		if k.list == nameDot && k.size < MaxSkeleton {
			k.put('*') // o.*
			k.last, k.list = 0, noList
			return
		}
	}
	if t.end-t.start == 1 {
		k.mark(k.text[t.start])
	} else {
		k.plain(k.text[t.start:t.end])
	}
	if t.operator == opBracket {
		k.list = listOpen
	}
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

func isSign(t *token) bool { return t.operator == opMinus || t.operator == opPlus }

// signs leaves out the signs of a value, and writes others.
func (k *skeleton) signs(i int) {
	end := i + 1
	for end < len(k.tokens) && isSign(&k.tokens[end]) {
		end++
	}
	k.done = end
	if end < len(k.tokens) && k.isLiteral(&k.tokens[end]) {
		return
	}
	for _, t := range k.tokens[i:end] {
		k.mark(k.text[t.start])
	}
}

// isLiteral: it is written as "?".
func (k *skeleton) isLiteral(t *token) bool {
	switch t.kind {
	case tokenNumber, tokenString, tokenPlace, tokenHidden:
		return true
	case tokenWord, tokenQuoted:
		return max(t.word, t.quoted).does(isConstant)
	}
	return false
}
