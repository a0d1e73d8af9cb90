package invariant

import (
	"fmt"
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

// names is part of [finder].
func (o *objectNode) names() ([]string, *types.Err) {
	names := make([]string, o.node.Len())
	for i := range names {
		names[i] = o.node.Name(i)
	}
	return names, nil
}

// Equal is part of [ref.Val]: objects are equal by their members.
func (o *objectNode) Equal(other ref.Val) ref.Val { return equal(o, other) }

// Size is part of [traits.Sizer].
func (o *objectNode) Size() ref.Val { return types.Int(o.node.Len()) }

// Value is part of [ref.Val].
func (o *objectNode) Value() any { return o }

// ConvertToType is part of [ref.Val].
func (o *objectNode) ConvertToType(to ref.Type) ref.Val { return converted(o, types.MapType, to) }

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

// Add is part of [traits.Adder]: lists of bodies are not copied.
func (l *listNode) Add(ref.Val) ref.Val { return errMismatch }

// Contains is part of [traits.Container].
func (l *listNode) Contains(value ref.Val) ref.Val { return in(value, l) }

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
func (l *listNode) Iterator() traits.Iterator { return &nodeIterator{list: l.node} }

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
	return nil, fmt.Errorf("a list of a body has no other form, such as %v", to)
}

// ConvertToType is part of [ref.Val].
func (l *listNode) ConvertToType(to ref.Type) ref.Val { return converted(l, types.ListType, to) }

// Equal is part of [ref.Val].
func (l *listNode) Equal(other ref.Val) ref.Val { return equal(l, other) }

// Type is part of [ref.Val].
func (l *listNode) Type() ref.Type { return types.ListType }

// Value is part of [ref.Val].
func (l *listNode) Value() any { return l }

// nodeIterator goes through an array.
type nodeIterator struct {
	listNode
	list document.Node
	next int
}

// HasNext is part of [traits.Iterator].
func (i *nodeIterator) HasNext() ref.Val { return types.Bool(i.next < i.list.Len()) }

// Next is part of [traits.Iterator].
func (i *nodeIterator) Next() ref.Val {
	if i.next >= i.list.Len() {
		return errMissing
	}
	i.next++
	return valueOf(i.list.Item(i.next - 1))
}
