package baseline

import (
	"math"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/spanwarden/spanwarden/internal/document"
)

// kind is what a value is.
type kind uint8

const (
	null kind = iota
	boolean
	integer
	decimal
	text
	kinds
	gone // a column that a statement does not name: it equals nothing
)

// number is true for what can be compared with a number.
func (k kind) number() bool { return k == integer || k == decimal }

// scalar is a value that rules compare.
type scalar struct {
	kind   kind
	text   string  // as the function same compares it; lent until the call has been learned
	hash   uint64  // of the text
	number float64 // of a number
	huge   bool    // a whole number that is no int of rules
}

func newScalar(k kind, s string) scalar { return scalar{kind: k, text: s, hash: xxhash.Sum64String(s)} }

func textScalar(s string) scalar { return newScalar(text, s) }

func integerScalar(n int64) scalar {
	s := newScalar(integer, strconv.FormatInt(n, 10))
	s.number = float64(n)
	return s
}

// comparable is true for what can identify something.
func (s *scalar) comparable() bool { return s.kind >= integer && s.kind <= text && s.text != "" }

// scalarOf reads a value of a document; false for what is none.
func scalarOf(n document.Node) (scalar, bool) {
	switch n.Kind() {
	case document.Null:
		return newScalar(null, ""), true
	case document.Bool:
		return newScalar(boolean, strconv.FormatBool(n.Bool())), true
	case document.Int:
		s := newScalar(integer, n.Text())
		s.number = float64(n.Int())
		return s, true
	case document.Uint:
		s := newScalar(integer, n.Text())
		s.number, s.huge = float64(n.Uint()), true
		return s, true
	case document.Big:
		s := newScalar(decimal, n.Text())
		s.number, _ = strconv.ParseFloat(n.Text(), 64)
		s.huge = true
		return s, true
	case document.Double:
		f := n.Double()
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			s := newScalar(decimal, strconv.FormatInt(int64(f), 10))
			s.number = f
			return s, true
		}
		s := newScalar(decimal, strconv.FormatFloat(f, 'g', -1, 64))
		s.number = f
		return s, true
	case document.Text:
		return textScalar(n.Text()), true
	}
	return scalar{}, false
}
