package sqltext

import "strings"

// Bounds of a statement.
const (
	MaxText       = 64 << 10 // bytes of a text that are read
	MaxSkeleton   = 4 << 10  // bytes
	MaxTables     = 32
	MaxPairs      = 128     // of WHERE and SET together
	MaxLiteral    = 1 << 10 // bytes of a literal or of a bound parameter; a longer one is unknown
	maxName       = 256     // bytes of one part of a name
	maxParts      = 4       // of a name
	maxTokens     = 16 << 10
	maxRefs       = 64 // references to tables, one bit each
	maxScopes     = 64 // SELECTs and the like, one bit each
	maxCommon     = 64 // common table expressions
	maxValues     = 1024
	maxDepth      = 32
	maxOperations = 4
)

// Statement is what one text touches. It is immutable and safe for concurrent use.
type Statement struct {
	// Skeleton is the text without what varies from one execution to the next: all in lower case, one space between
	// tokens (none around the dots of names), no comments, identifiers unquoted. Literals and placeholders are "?",
	// lists of them "( ? )", repeated rows one row. At most MaxSkeleton bytes.
	Skeleton string

	// Operation is the verb in upper case, the main one after WITH; "" if there is none. Of several statements in one
	// text it is all of their verbs, "SELECT; DROP", but for those that touch no rows; at most 4.
	Operation string

	// Tables in order of appearance, each once, in lower case and unquoted, with the schema as written; at most
	// MaxTables. Names of common table expressions and functions are not among them.
	Tables []string

	Where []Pair // what rows are pinned to, and behind that what joins carry it to
	Set   []Pair // what UPDATE and INSERT write

	Truncated bool // the text ends or begins in mid-statement, or is as long as cut ones are
	Sanitised bool // it has a mark that only sanitisers write; a lone "?" may be one or a placeholder, see Column
	Limited   bool // a bound was hit: there is more than is told here

	opaque    bool // not understood: all columns are hidden
	setOpaque bool // writes columns that it does not name
	nested    bool // its only table is read in a derived table: pairs there are those of the whole
	marks     marks
	partial   *partial // nil if all pairs stand in the text, and for the whole statement
}

// marks are what the placeholders of a text have in common.
type marks struct {
	places   int32 // "?" and "%s"
	highest  int32 // the highest $n, the number itself
	highestP int16 // the highest @pN, -1 if there is none
	zero     bool  // @p0 is there
	loose    bool  // not every "?" is certainly a placeholder
}

// partial tells which pairs say less than others.
type partial struct {
	sub     [2]pairBits // by section, those that do not stand for the whole statement: of sub-selects and outer joins
	carried pairBits    // of WHERE, those of columns that equal a pinned one
}

type pairBits [MaxPairs / 64]uint64

func (b *pairBits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b *pairBits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (s *Statement) setSub(in Section, i int) { s.ownPartial().sub[in&1].set(i) }
func (s *Statement) setCarried(i int)         { s.ownPartial().carried.set(i) }
func (s *Statement) isSub(in Section, i int) bool {
	return s.partial != nil && s.partial.sub[in&1].has(i)
}

func (s *Statement) ownPartial() *partial {
	if s.partial == nil {
		s.partial = new(partial)
	}
	return s.partial
}

// Pair is a column and its value.
type Pair struct {
	Table  string // as in Tables; "" where it is not known
	Column string // lower case, unquoted
	Value  Value  // of kind Unknown if it is hidden
}

// Kind is what a value is.
type Kind uint8

// Unknown is an expression, or what a sanitiser left.
const (
	Unknown Kind = iota
	Null
	Bool
	Int
	Float
	Text
	Placeholder
	List
)

// Value is a literal, a placeholder or a list of them.
type Value struct {
	Kind  Kind
	Text  string  // a literal unescaped, digits as written, "true" or "false"
	Index int     // of a placeholder by position, from 0; -1 if it has none
	Name  string  // of a placeholder by name, without its mark
	List  []Value // of kind List: values in a IN, or of the rows of an INSERT that differ
}

// Equal is true if the values are the same in kind and text. Unknown ones equal nothing.
func (v *Value) Equal(w *Value) bool {
	if v.Kind == Unknown || v.Kind != w.Kind || v.Text != w.Text || v.Index != w.Index || v.Name != w.Name || len(v.List) != len(w.List) {
		return false
	}
	for i := range v.List {
		if !v.List[i].Equal(&w.List[i]) {
			return false
		}
	}
	return true
}

// Bare is the name of a table without its schema.
func Bare(table string) string {
	return table[strings.LastIndexByte(table, '.')+1:]
}

// sameTable: the name has the schema of the table, or none.
func sameTable(table, name string) bool {
	return table == name || table != "" && Bare(table) == name
}
