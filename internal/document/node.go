package document

// Kind is what a value is.
type Kind uint8

// The kinds. A JSON number without fraction and exponent is the first of Int,
// Uint and Big that holds it exactly; any other is a Double, or Big if it is
// beyond the largest.
const (
	Null   Kind = iota
	Bool        // true or false
	Int         // a whole number in int64
	Uint        // a whole number above int64 in uint64
	Double      // a number with fraction or exponent: 1.0 and 1e2 are Doubles
	Big         // a number that none of the above holds: its digits are its value
	Text        // a string
	List        // an array
	Object      // names and values
)

var kindNames = [...]string{"null", "bool", "int", "uint", "double", "big", "text", "list", "object"}

// String is the kind's name in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Node is one value of a [Document]. It is small, passed by value and comparable:
// equal nodes are the same value of the same reading. The zero Node is not valid
// and answers like a null without anything in it, and so does a node whose
// document was read anew or reset.
type Node struct {
	d       *Document
	at      uint32
	reading uint32
}

var nothing entry

func (n Node) entry() *entry {
	if n.d == nil || n.reading != n.d.reading {
		return &nothing
	}
	return &n.d.nodes[n.at]
}

// Valid says whether there is a value, which may be null.
func (n Node) Valid() bool { return n.d != nil && n.reading == n.d.reading }

// Kind is what the value is, Null if the node is not valid.
func (n Node) Kind() Kind { return n.entry().kind }

// Bool is the value of a Bool, false of anything else.
func (n Node) Bool() bool {
	e := n.entry()
	return e.kind == Bool && e.bits != 0
}

// Int is the value of an Int, 0 of anything else.
func (n Node) Int() int64 {
	e := n.entry()
	if e.kind != Int {
		return 0
	}
	return int64(e.bits)
}

// Uint is the value of a Uint, 0 of anything else: a number that fits int64 is an Int.
func (n Node) Uint() uint64 {
	e := n.entry()
	if e.kind != Uint {
		return 0
	}
	return e.bits
}

// Double is the value of a Double, always finite, and 0 of anything else.
func (n Node) Double() float64 {
	e := n.entry()
	if e.kind != Double {
		return 0
	}
	return double(e.bits)
}

// Text is what a Text says, unescaped and always valid UTF-8, or the digits of a
// number as they were written (but 0 for the whole number -0), and empty of
// anything else. It is lent until the document is read anew or reset.
func (n Node) Text() string {
	e := n.entry()
	if e.kind < Int || e.kind > Text {
		return ""
	}
	return n.d.text(e.text)
}

// Len is the number of elements of a List, the number of distinct names of an
// Object, and 0 of anything else.
func (n Node) Len() int {
	e := n.entry()
	if e.kind < List {
		return 0
	}
	return int(e.text.size)
}

// Item is the i-th element of a List or the i-th member's value of an Object, in
// O(1); not valid unless 0 <= i < Len().
func (n Node) Item(i int) Node {
	if i < 0 || i >= n.Len() {
		return Node{}
	}
	return Node{d: n.d, at: n.entry().text.at + uint32(i), reading: n.reading}
}

// Name is the i-th member's name, unescaped, in the order in which the names
// appeared first; empty for anything but an Object and unless 0 <= i < Len(). It
// is lent until the document is read anew or reset.
func (n Node) Name(i int) string {
	e := n.entry()
	if e.kind != Object || i < 0 || i >= int(e.text.size) {
		return ""
	}
	return n.d.text(n.d.nodes[e.text.at+uint32(i)].name)
}

// Field is the value of the member with this name. Of two members with one name
// the last counts, as in most parsers. It takes O(1), with up to 16 names looked
// at one by one.
func (n Node) Field(name string) (Node, bool) {
	e := n.entry()
	if e.kind != Object {
		return Node{}, false
	}
	at, found := n.d.member(e, name)
	if !found {
		return Node{}, false
	}
	return Node{d: n.d, at: at, reading: n.reading}, true
}
