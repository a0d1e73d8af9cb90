package invariant

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// lookup is a map from texts to values that is read by name. It is no [traits.Mapper], since the interpreter would make
// a new error for each name that is missing.
type lookup struct{ finder finder }

// finder is what a lookup looks in.
type finder interface {
	// find returns the value of a name, [errMissing] if there is none, [errUnknown] if that is not known.
	find(name string) ref.Val
	// names returns all names; an error where there may be more.
	names() ([]string, *types.Err)
}

// Get is part of [traits.Indexer].
func (l *lookup) Get(index ref.Val) ref.Val {
	name, ok := index.(types.String)
	if !ok {
		return errMismatch
	}
	return l.finder.find(string(name))
}

// IsSet is part of [traits.FieldTester].
func (l *lookup) IsSet(index ref.Val) ref.Val {
	switch v := l.Get(index); v {
	case errMissing, absent:
		return types.False
	case errUnknown, errMismatch:
		return v
	}
	return types.True
}

// Contains is part of [traits.Container].
func (l *lookup) Contains(index ref.Val) ref.Val { return l.IsSet(index) }

// Size is part of [traits.Sizer].
func (l *lookup) Size() ref.Val {
	names, err := l.finder.names()
	if err != nil {
		return err
	}
	return types.Int(len(names))
}

// Fold is part of [traits.Foldable]: macros go through the names. What they say is made unknown by [decided] where there
// may be more.
func (l *lookup) Fold(f traits.Folder) {
	names, _ := l.finder.names()
	for _, name := range names {
		if !f.FoldEntry(types.String(name), l.finder.find(name)) {
			return
		}
	}
}

// undecided is part of [partial].
func (l *lookup) undecided() *types.Err {
	_, err := l.finder.names()
	return err
}

// Iterator is part of [traits.Iterable]; macros use Fold.
func (l *lookup) Iterator() traits.Iterator {
	names, _ := l.finder.names()
	return types.NewStringList(types.DefaultTypeAdapter, names).(traits.Iterable).Iterator()
}

// ConvertToNative is part of [ref.Val].
func (l *lookup) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("a map of values has no other form, such as %v", to)
}

// ConvertToType is part of [ref.Val].
func (l *lookup) ConvertToType(to ref.Type) ref.Val { return converted(l, types.MapType, to) }

// Equal is part of [ref.Val]: whole maps are not compared.
func (l *lookup) Equal(ref.Val) ref.Val { return errMismatch }

// Type is part of [ref.Val].
func (l *lookup) Type() ref.Type { return types.MapType }

// Value is part of [ref.Val].
func (l *lookup) Value() any { return l }

var _ traits.Indexer = (*lookup)(nil)
