package invariant

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// object is a value of one of the [structures]; self is what its fields are read from.
type object struct {
	celType *types.Type
	self    any
}

// ConvertToNative is part of [ref.Val].
func (o *object) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("a %s has no other form, such as %v", o.celType, to)
}

// ConvertToType is part of [ref.Val].
func (o *object) ConvertToType(to ref.Type) ref.Val { return converted(o, o.celType, to) }

// Equal is part of [ref.Val]: an object is like itself only.
func (o *object) Equal(other ref.Val) ref.Val {
	same, ok := other.(interface{ Value() any })
	return types.Bool(ok && same.Value() == o.self)
}

// Type is part of [ref.Val].
func (o *object) Type() ref.Type { return o.celType }

// Value is part of [ref.Val]: the fields of the type are read from it.
func (o *object) Value() any { return o.self }

// converted is the conversion of a value that has a type, and no other form.
func converted(v ref.Val, is *types.Type, to ref.Type) ref.Val {
	switch to.TypeName() {
	case is.TypeName():
		return v
	case types.TypeType.TypeName():
		return is
	}
	return errMismatch
}
