package invariant

import (
	"fmt"
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// openList is a list of statements or child calls. While it is open there may be more than was seen: some element that
// was seen may prove exists() and refute all(), but nothing else is decided, see [decided].
type openList struct {
	items []ref.Val
	open  bool
}

// Fold is part of [traits.Foldable].
func (l *openList) Fold(f traits.Folder) {
	for i, item := range l.items {
		if !f.FoldEntry(types.Int(i), item) {
			return
		}
	}
}

// undecided is part of [partial].
func (l *openList) undecided() *types.Err {
	if l.open {
		return errUnobserved
	}
	return nil
}

// Size is part of [traits.Sizer].
func (l *openList) Size() ref.Val {
	if l.open {
		return errUnobserved
	}
	return types.Int(len(l.items))
}

// Contains is part of [traits.Container].
func (l *openList) Contains(value ref.Val) ref.Val {
	if slices.Contains(l.items, value) {
		return types.True
	}
	if l.open {
		return errUnobserved
	}
	return types.False
}

// Get is part of [traits.Indexer]. What is first of those that were seen need not be the first of all.
func (l *openList) Get(index ref.Val) ref.Val {
	i, ok := index.(types.Int)
	switch {
	case !ok:
		return errMismatch
	case l.open:
		return errUnobserved
	case i < 0 || int(i) >= len(l.items):
		return errMissing
	}
	return l.items[i]
}

// Find is part of [traits.Mapper]. The list is no map; but an index is looked up by this first, and what looks it up
// otherwise takes every size for a number.
func (l *openList) Find(index ref.Val) (ref.Val, bool) {
	value := l.Get(index)
	return value, value != ref.Val(errMissing)
}

// Add is part of [traits.Adder].
func (l *openList) Add(ref.Val) ref.Val { return errMismatch }

// Iterator is part of [traits.Iterable]; macros use Fold.
func (l *openList) Iterator() traits.Iterator {
	return types.NewRefValList(types.DefaultTypeAdapter, l.items).(traits.Iterable).Iterator()
}

// ConvertToNative is part of [ref.Val].
func (l *openList) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("a list of what was seen has no other form, such as %v", to)
}

// ConvertToType is part of [ref.Val].
func (l *openList) ConvertToType(to ref.Type) ref.Val { return converted(l, types.ListType, to) }

// Equal is part of [ref.Val]: it can only be compared with a list of nothing.
func (l *openList) Equal(other ref.Val) ref.Val {
	list, ok := other.(traits.Lister)
	if !ok || list.Size() != types.IntZero {
		return errMismatch
	}
	if len(l.items) == 0 && l.open {
		return errUnobserved
	}
	return types.Bool(len(l.items) == 0)
}

// Type is part of [ref.Val].
func (l *openList) Type() ref.Type { return types.ListType }

// Value is part of [ref.Val].
func (l *openList) Value() any { return l }
