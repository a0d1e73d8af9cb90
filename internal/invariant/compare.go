package invariant

import (
	"math"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// equal is ==, but for a number and a text: those are neither equal nor unequal, also inside lists and objects. Nothing
// is copied, and it ends at the first difference.
func equal(a, b ref.Val) ref.Val {
	if a == absent || b == absent {
		return types.False
	}
	if isNumber(a) && isText(b) || isText(a) && isNumber(b) {
		return errMismatch
	}
	switch x := a.(type) {
	case types.Int:
		if y, ok := b.(types.Double); ok {
			return equalExactly(x, y)
		}
	case types.Double:
		if y, ok := b.(types.Int); ok {
			return equalExactly(y, x)
		}
	case traits.Lister:
		if y, ok := b.(traits.Lister); ok {
			return equalLists(x, y)
		}
		return types.False
	case *objectNode:
		return equalObject(x, b)
	case traits.Mapper:
		if y, ok := b.(*objectNode); ok {
			return equalObject(y, a)
		}
	}
	return types.Equal(a, b)
}

// equalExactly compares without the loss of digits beyond 2^53.
func equalExactly(n types.Int, f types.Double) ref.Val {
	const most = 1 << 63
	if float64(f) != math.Trunc(float64(f)) || float64(f) < -most || float64(f) >= most {
		return types.False
	}
	return types.Bool(int64(f) == int64(n))
}

func equalLists(a, b traits.Lister) ref.Val {
	if open, ok := a.(*openList); ok {
		return open.Equal(b)
	}
	if open, ok := b.(*openList); ok {
		return open.Equal(a)
	}
	n, ok := a.Size().(types.Int)
	if !ok || a.Size() != b.Size() {
		return types.False
	}
	var all conjunction
	for i := types.Int(0); i < n && all.goesOn(); i++ {
		all.and(equal(a.Get(i), b.Get(i)))
	}
	return all.value()
}

// equalObject compares an object of a body with another one, or with a map that a rule has written down.
func equalObject(o *objectNode, b ref.Val) ref.Val {
	var find func(name string) (ref.Val, bool)
	switch b := b.(type) {
	case *objectNode:
		find = func(name string) (ref.Val, bool) {
			value := b.find(name)
			return value, value != ref.Val(errMissing)
		}
	case traits.Mapper:
		find = func(name string) (ref.Val, bool) { return b.Find(types.String(name)) }
	default:
		return types.False
	}
	if o.Size() != b.(traits.Sizer).Size() {
		return types.False
	}
	var all conjunction
	for i := 0; i < o.node.Len() && all.goesOn(); i++ {
		value, ok := find(o.node.Name(i))
		if !ok {
			return types.False
		}
		all.and(equal(valueOf(o.node.Item(i)), value))
	}
	return all.value()
}

// conjunction is what && makes of several values: false wins, else the first error.
type conjunction struct{ failed, err ref.Val }

func (c *conjunction) and(v ref.Val) {
	if v == ref.Val(types.False) {
		c.failed = v
	} else if c.err == nil && v != ref.Val(types.True) {
		c.err = v
	}
}

func (c *conjunction) goesOn() bool { return c.failed == nil }

func (c *conjunction) value() ref.Val {
	switch {
	case c.failed != nil:
		return c.failed
	case c.err != nil:
		return c.err
	}
	return types.True
}

func different(a, b ref.Val) ref.Val {
	is := equal(a, b)
	if known, ok := is.(types.Bool); ok {
		return !known
	}
	return is
}

// in is the operator in, with [equal] for lists.
func in(a, container ref.Val) ref.Val {
	list, ok := container.(traits.Lister)
	if !ok {
		if c, ok := container.(traits.Container); ok {
			return c.Contains(a)
		}
		return errMismatch
	}
	n, ok := list.Size().(types.Int)
	if !ok {
		return list.Size()
	}
	var otherwise ref.Val = types.False
	for i := range n {
		switch is := equal(a, list.Get(i)); is {
		case types.True:
			return is
		case types.False:
		default:
			otherwise = is
		}
	}
	return otherwise
}

// ordered is one of the four comparisons; which are the results of [traits.Comparer] that it is true for.
func ordered(which ...types.Int) func(a, b ref.Val) ref.Val {
	return func(a, b ref.Val) ref.Val {
		if x, ok := a.(traits.Comparer); ok && isText(a) == isText(b) {
			result := x.Compare(b)
			if y, isBig := b.(big); isBig {
				result = y.Compare(a)
				if n, ok := result.(types.Int); ok {
					result = -n
				}
			}
			if n, ok := result.(types.Int); ok {
				return types.Bool(slices.Contains(which, n))
			}
		}
		return errMismatch
	}
}

func isText(v ref.Val) bool {
	_, ok := v.(types.String)
	return ok
}

func isNumber(v ref.Val) bool {
	switch v.(type) {
	case types.Int, types.Uint, types.Double, big:
		return true
	}
	return false
}
