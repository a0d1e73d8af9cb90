package invariant

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/spanwarden/spanwarden/internal/document"
)

// objectNode is an object in a body.
type objectNode struct {
	lookup
	node document.Node
}

func (o *objectNode) find(name string) ref.Val {
	member, ok := o.node.Field(name)
	if !ok {
		return errMissing
	}
	return valueOf(member)
}

// Equal is part of [ref.Val]: objects are equal by their members.
func (o *objectNode) Equal(other ref.Val) ref.Val {
	return native(o.node).Equal(nativeValue(other))
}

// Size is part of [traits.Sizer].
func (o *objectNode) Size() ref.Val { return types.Int(o.node.Len()) }

// Value is part of [ref.Val].
func (o *objectNode) Value() any { return o }

// ConvertToType is part of [ref.Val].
func (o *objectNode) ConvertToType(to ref.Type) ref.Val { return converted(o, types.MapType, to) }

// Iterator is part of [traits.Iterable]: over the names.
func (o *objectNode) Iterator() traits.Iterator { return native(o.node).(traits.Iterable).Iterator() }

// Fold is part of [traits.Foldable]: comprehensions over an object go through its names.
func (o *objectNode) Fold(f traits.Folder) {
	for i := range o.node.Len() {
		if !f.FoldEntry(types.String(o.node.Name(i)), valueOf(o.node.Item(i))) {
			return
		}
	}
}

// listNode is an array in a body.
type listNode struct{ node document.Node }

// Add is part of [traits.Adder].
func (l *listNode) Add(other ref.Val) ref.Val {
	return native(l.node).(traits.Adder).Add(nativeValue(other))
}

// Contains is part of [traits.Container].
func (l *listNode) Contains(value ref.Val) ref.Val {
	for i := range l.node.Len() {
		if types.Equal(valueOf(l.node.Item(i)), value) == types.True {
			return types.True
		}
	}
	return types.False
}

// Get is part of [traits.Indexer].
func (l *listNode) Get(index ref.Val) ref.Val {
	i, ok := index.(types.Int)
	if !ok {
		return errMismatch
	}
	if i < 0 || int(i) >= l.node.Len() {
		return errMissing
	}
	return valueOf(l.node.Item(int(i)))
}

// Iterator is part of [traits.Iterable].
func (l *listNode) Iterator() traits.Iterator { return native(l.node).(traits.Iterable).Iterator() }

// Size is part of [traits.Sizer].
func (l *listNode) Size() ref.Val { return types.Int(l.node.Len()) }

// Fold is part of [traits.Foldable].
func (l *listNode) Fold(f traits.Folder) {
	for i := range l.node.Len() {
		if !f.FoldEntry(types.Int(i), valueOf(l.node.Item(i))) {
			return
		}
	}
}

// ConvertToNative is part of [ref.Val].
func (l *listNode) ConvertToNative(to reflect.Type) (any, error) {
	return native(l.node).ConvertToNative(to)
}

// ConvertToType is part of [ref.Val].
func (l *listNode) ConvertToType(to ref.Type) ref.Val { return converted(l, types.ListType, to) }

// Equal is part of [ref.Val].
func (l *listNode) Equal(other ref.Val) ref.Val { return native(l.node).Equal(nativeValue(other)) }

// Type is part of [ref.Val].
func (l *listNode) Type() ref.Type { return types.ListType }

// Value is part of [ref.Val].
func (l *listNode) Value() any { return l }

// native copies a node into values of the interpreter's own, for what only those can do.
func native(n document.Node) ref.Val {
	switch n.Kind() {
	case document.List:
		items := make([]ref.Val, n.Len())
		for i := range items {
			items[i] = native(n.Item(i))
		}
		return types.NewRefValList(types.DefaultTypeAdapter, items)
	case document.Object:
		members := make(map[ref.Val]ref.Val, n.Len())
		for i := range n.Len() {
			members[types.String(n.Name(i))] = native(n.Item(i))
		}
		return types.NewRefValMap(types.DefaultTypeAdapter, members)
	}
	return valueOf(n)
}

// nativeValue is [native] for any value.
func nativeValue(v ref.Val) ref.Val {
	switch v := v.(type) {
	case *objectNode:
		return native(v.node)
	case *listNode:
		return native(v.node)
	}
	return v
}
