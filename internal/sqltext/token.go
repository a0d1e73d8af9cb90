package sqltext

type tokenKind uint8

const (
	tokenWord   tokenKind = iota // a keyword or a name
	tokenQuoted                  // a quoted name
	tokenNumber
	tokenString
	tokenPlace  // a placeholder
	tokenHidden // what a sanitiser left for a literal
	tokenDot
	tokenOpen
	tokenClose
	tokenComma
	tokenSemicolon
	tokenEllipsis
	tokenOperator
)

// What else there is to know about a token.
const (
	doubled    uint8 = 1 << iota // a string or name with its quote in it, written twice
	escaped                      // a string with backslash escapes
	opaqueText                   // a literal whose value is not read: x'..', one that is unterminated
	doubleQuote
	backQuote // ` or [
	floating  // a number with a point or an exponent
	byName    // a placeholder with a name, which is the text of the token
	qualified // a part of a name with dots

	counted = escaped // of a placeholder: it counts by its place, as ? and %s do
)

// token is a piece of the text. Of quoted ones, start and end are those of the content.
type token struct {
	start, end uint32
	// Of a tokenOpen the token that closes it; of a placeholder its index, -1 for none; of a name where the skeleton has
	// it as it is kept, 0 for nowhere.
	mate     int32
	kind     tokenKind
	word     word // of a tokenWord that is not qualified
	quoted   word // of a tokenQuoted likewise; for the skeleton, which does not show quotes
	operator operator
	flags    uint8
}

func (t *token) has(flag uint8) bool { return t.flags&flag != 0 }

// isName: it may name a table or a column.
func (t *token) isName() bool {
	return t.kind == tokenQuoted || t.kind == tokenWord && !t.word.does(isReserved)
}

func (t *token) isNamePart() bool { return t.kind == tokenWord || t.kind == tokenQuoted }

// isOperand: an operator after it has two sides.
func (t *token) isOperand() bool {
	switch t.kind {
	case tokenWord:
		return t.word == 0 || t.word.does(isValue)
	case tokenQuoted, tokenNumber, tokenString, tokenPlace, tokenHidden, tokenClose:
		return true
	}
	return false
}

// operator is what a tokenOperator is.
type operator uint8

const (
	noOperator    operator = iota // another token
	otherOperator                 // any that is not asked for
	opEqual
	opDoubleEqual
	opAssign
	opMinus
	opPlus
	opStar
	opCast
	opBracket
	opEndBracket
	opEndBrace
	opBars
	opAmpersands
)

// Classes of bytes. Those beyond ASCII count as letters.
const (
	space uint8 = 1 << iota
	letter
	digit
	inWord
	onward // an operator may go on with it
	apostrophe
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f:
			t[c] = space
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c >= 0x80:
			t[c] = letter | inWord
		case '0' <= c && c <= '9':
			t[c] = digit | inWord
		case c == '$':
			t[c] = inWord
		}
		switch c {
		case '\'':
			t[c] = apostrophe
		case '=', '>', '~', '|', '&', ':', '<', '-', '@', '?', '*':
			t[c] |= onward
		}
	}
	return t
}()

// lower maps ASCII letters to small ones.
var lower = func() (t [256]byte) {
	for c := range t {
		t[c] = byte(c)
		if 'A' <= c && c <= 'Z' {
			t[c] += 'a' - 'A'
		}
	}
	return t
}()

// What the first byte of a token tells.
const (
	startOther uint8 = iota
	startSpace
	startWord
	startDigit
	startComma
	startDot
	startOpen
	startClose
	startEqual
	startPlace // a placeholder or an operator
	startQuote // of names; in MySQL of strings too
)

var starts = func() (t [256]uint8) {
	for c, class := range classes {
		switch {
		case class&space != 0:
			t[c] = startSpace
		case class&letter != 0:
			t[c] = startWord
		case class&digit != 0:
			t[c] = startDigit
		}
	}
	t['?'], t['$'], t[':'], t['@'], t['%'] = startPlace, startPlace, startPlace, startPlace, startPlace
	t['"'], t['`'] = startQuote, startQuote
	t[','], t['.'], t['('], t[')'], t['='] = startComma, startDot, startOpen, startClose, startEqual
	return t
}()
