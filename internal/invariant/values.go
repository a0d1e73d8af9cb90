package invariant

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/document"
)

// valueOf is the value of a node of a body.
func valueOf(n document.Node) ref.Val {
	switch n.Kind() {
	case document.Bool:
		return types.Bool(n.Bool())
	case document.Int:
		return types.Int(n.Int())
	case document.Uint:
		return types.Uint(n.Uint())
	case document.Double:
		return types.Double(n.Double())
	case document.Big:
		return big(n.Text())
	case document.Text:
		return types.String(n.Text())
	case document.List:
		return &listNode{node: n}
	case document.Object:
		o := &objectNode{node: n}
		o.finder = o
		return o
	}
	return types.NullValue
}

// big is a number that no other type holds, by its digits: equal to itself, and to no number that another type holds.
type big string

// ConvertToNative is part of [ref.Val].
func (b big) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("the number %s does not fit into %v", string(b), to)
}

// ConvertToType is part of [ref.Val].
func (b big) ConvertToType(to ref.Type) ref.Val {
	if to.TypeName() == types.StringType.TypeName() {
		return types.String(b)
	}
	return converted(b, types.IntType, to)
}

// Equal is part of [ref.Val].
func (b big) Equal(other ref.Val) ref.Val {
	same, ok := other.(big)
	return types.Bool(ok && same == b)
}

// Compare is part of [traits.Comparer].
func (b big) Compare(other ref.Val) ref.Val {
	switch other := other.(type) {
	case types.Int, types.Uint, types.Double: // all of them are smaller, but for doubles that mean about as much
		if b[0] == '-' {
			return types.IntNegOne
		}
		return types.IntOne
	case big:
		if b == other {
			return types.IntZero
		}
	}
	return errMismatch
}

// Type is part of [ref.Val].
func (b big) Type() ref.Type { return types.IntType }

// Value is part of [ref.Val].
func (b big) Value() any { return string(b) }

// absentColumn is the value of a column that a completely read statement does not have: unequal to everything, itself
// included, and of no type that any function takes.
type absentColumn struct{}

var absent ref.Val = absentColumn{}

// ConvertToNative is part of [ref.Val].
func (absentColumn) ConvertToNative(reflect.Type) (any, error) { return nil, errMissing }

// ConvertToType is part of [ref.Val].
func (absentColumn) ConvertToType(ref.Type) ref.Val { return errMissing }

// Equal is part of [ref.Val].
func (absentColumn) Equal(ref.Val) ref.Val { return types.False }

// Type is part of [ref.Val].
func (absentColumn) Type() ref.Type { return types.NullType }

// Value is part of [ref.Val].
func (absentColumn) Value() any { return nil }
