package invariant

import (
	"math"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/spanwarden/spanwarden/internal/document"
)

// value is what a term comes to: a cell, or else a box, which may be an error.
type value struct {
	cell *cell
	box  ref.Val
}

// cell is a value of a common kind without a box around it. It is good until its part is evaluated again.
type cell struct {
	kind   cellKind
	text   string
	number uint64 // of whole and moment int64, of fraction the bits of the float64
	node   document.Node
	digits [len(time.DateOnly)]byte // of a text that is made here
}

type cellKind uint8

const (
	textCell     cellKind = iota
	wholeCell             // int64
	fractionCell          // float64
	momentCell            // ns since the epoch
	nodeCell              // a list or an object in a body
)

func (c *cell) ofText(s string) value {
	c.kind, c.text = textCell, s
	return value{cell: c}
}

func (c *cell) ofWhole(n int64) value {
	c.kind, c.number = wholeCell, uint64(n)
	return value{cell: c}
}

func (c *cell) ofMoment(ns int64) value {
	c.kind, c.number = momentCell, uint64(ns)
	return value{cell: c}
}

func (c *cell) ofFraction(x float64) value {
	c.kind, c.number = fractionCell, math.Float64bits(x)
	return value{cell: c}
}

// ofNode is the value of a node of a body.
func (c *cell) ofNode(n document.Node) value {
	switch n.Kind() {
	case document.Text:
		return c.ofText(n.Text())
	case document.Int:
		return c.ofWhole(n.Int())
	case document.Double:
		return c.ofFraction(n.Double())
	case document.List, document.Object:
		c.kind, c.node = nodeCell, n
		return value{cell: c}
	}
	return value{box: valueOf(n)}
}

// ofBox takes a value out of its box where there is a cell for it.
func (c *cell) ofBox(v ref.Val) value {
	switch v := v.(type) {
	case types.String:
		return c.ofText(string(v))
	case types.Int:
		return c.ofWhole(int64(v))
	case types.Double:
		return c.ofFraction(float64(v))
	case *objectNode:
		return c.ofNode(v.node)
	case *listNode:
		return c.ofNode(v.node)
	}
	return value{box: v}
}

// boxed is the value as the interpreter has it.
func (v value) boxed() ref.Val {
	if v.cell == nil {
		return v.box
	}
	switch v.cell.kind {
	case textCell:
		return types.String(v.cell.text)
	case wholeCell:
		return types.Int(v.cell.whole())
	case fractionCell:
		return types.Double(v.cell.fraction())
	case momentCell:
		return types.Timestamp{Time: time.Unix(0, v.cell.whole()).UTC()}
	}
	return valueOf(v.cell.node)
}

func (c *cell) isList() bool { return c.kind == nodeCell && c.node.Kind() == document.List }

// isComposed is true for what may be large.
func (v value) isComposed() bool {
	if v.cell != nil {
		return v.cell.kind == nodeCell
	}
	_, is := v.box.(traits.Sizer)
	return is
}

func (c *cell) whole() int64 { return int64(c.number) }

func (c *cell) fraction() float64 { return math.Float64frombits(c.number) }

// text is the text that the value is.
func (v value) text() (string, bool) {
	if v.cell != nil {
		return v.cell.text, v.cell.kind == textCell
	}
	s, ok := v.box.(types.String)
	return string(s), ok
}

// whole is the whole number that the value is, if it fits into 64 bits with a sign.
func (v value) whole() (int64, bool) {
	if v.cell != nil {
		return v.cell.whole(), v.cell.kind == wholeCell
	}
	n, ok := v.box.(types.Int)
	return int64(n), ok
}

func (v value) isText() bool {
	_, is := v.text()
	return is
}

// isNumber is true for what [isNumber] is true for.
func (v value) isNumber() bool {
	if v.cell != nil {
		return v.cell.kind == wholeCell || v.cell.kind == fractionCell
	}
	return isNumber(v.box)
}

// failed is true for an error.
func (v value) failed() bool {
	if v.cell != nil {
		return false
	}
	_, is := v.box.(*types.Err)
	return is
}

// why is the reason of an error.
func (v value) why() truth {
	switch v.box {
	case ref.Val(errMissing):
		return because(Missing)
	case ref.Val(errUnknown):
		return because(Unknown)
	case ref.Val(errUnobserved):
		return because(Unobserved)
	case ref.Val(errMismatch):
		return because(Mismatch)
	}
	return because(reasonOf(v.box.(*types.Err)))
}

// truth is what a value comes to where CEL wants a truth value.
func (v value) truth() truth {
	if v.cell != nil {
		return because(Mismatch)
	}
	switch is := v.box.(type) {
	case types.Bool:
		return truthOf(bool(is))
	case *types.Err:
		return v.why()
	}
	return because(Mismatch)
}

// extent is that of [extent].
func (v value) extent() uint64 {
	switch {
	case v.cell == nil:
		return extent(v.box)
	case v.cell.kind == textCell:
		return uint64(len(v.cell.text)) / 10
	case v.cell.kind == nodeCell:
		return nodes(v.cell.node)
	}
	return 0
}
