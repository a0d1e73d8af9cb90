package invariant

import (
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// scope is what the variable of a macro stands for: one element of a list.
type scope struct {
	outer *scope
	name  string
	path  string
	value ref.Val
}

func (s *scope) find(name string) (*scope, bool) {
	for ; s != nil; s = s.outer {
		if s.name == name {
			return s, true
		}
	}
	return nil, false
}

// collect gathers the values of all fields that the expression reads. Of a macro over a list it takes the element that
// decided it, or the first ones where none of them did.
func (x *explainer) collect(e ast.Expr, in *scope) {
	if path, value, ok := x.field(e, in); ok {
		x.put(path, value)
		return
	}
	switch e.Kind() {
	case ast.CallKind:
		call := e.AsCall()
		if call.FunctionName() == operators.In && x.member(call.Args(), in) {
			return
		}
		if call.IsMemberFunction() {
			x.collect(call.Target(), in)
		}
		for _, arg := range call.Args() {
			x.collect(arg, in)
		}
	case ast.SelectKind:
		x.collect(e.AsSelect().Operand(), in)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			x.collect(element, in)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			x.collect(entry.AsMapEntry().Key(), in)
			x.collect(entry.AsMapEntry().Value(), in)
		}
	case ast.ComprehensionKind:
		x.collectLoop(e, in)
	}
}

// member gathers what "x" in req.header asks for, which is one value and not all of them.
func (x *explainer) member(args []ast.Expr, in *scope) bool {
	path, container, ok := x.field(args[1], in)
	named, isMap := container.(traits.FieldTester)
	if !ok || !isMap || args[0].Kind() != ast.LiteralKind {
		return false
	}
	name, ok := args[0].AsLiteral().(types.String)
	if !ok {
		return false
	}
	x.put(path+"."+string(name), named.(traits.Indexer).Get(name))
	return true
}

func (x *explainer) collectLoop(e ast.Expr, in *scope) {
	loop := e.AsComprehension()
	path, list, ok := x.field(loop.IterRange(), in)
	if !ok {
		x.collect(loop.IterRange(), in)
		path = loop.IterVar()
		list, ok = x.state.Value(loop.IterRange().ID())
	}
	elements := elementsOf(list)
	if !ok || elements == nil {
		x.collect(loop.LoopStep(), in)
		return
	}
	if len(elements) == 0 {
		x.put(path, list)
	}
	if last, decided := x.decisive(e, loop, elements); decided {
		inner := &scope{in, loop.IterVar(), path + "[" + strconv.Itoa(last) + "]", elements[last]}
		x.collect(loop.LoopStep(), inner)
		return
	}
	for i, element := range elements[:min(len(elements), maxElements)] {
		x.collect(loop.LoopStep(), &scope{in, loop.IterVar(), path + "[" + strconv.Itoa(i) + "]", element})
	}
}

// decisive returns the element at which all() ended.
func (x *explainer) decisive(e ast.Expr, loop ast.ComprehensionExpr, elements []ref.Val) (int, bool) {
	if loop.AccuInit().Kind() != ast.LiteralKind || loop.AccuInit().AsLiteral() != ref.Val(types.True) || !x.isFalse(e) {
		return 0, false
	}
	for i, element := range elements {
		if x.wasLast(loop, element) {
			return i, true
		}
	}
	return 0, false
}

// wasLast is true if what the loop read of its last element, as the state has it, are fields of this one.
func (x *explainer) wasLast(loop ast.ComprehensionExpr, element ref.Val) bool {
	only := &scope{name: loop.IterVar(), value: element}
	compared, differs := false, false
	ast.PostOrderVisit(loop.LoopStep(), ast.NewExprVisitor(func(part ast.Expr) {
		value, ok := x.state.Value(part.ID())
		if !ok || rootOf(part) != loop.IterVar() || part.Kind() == ast.SelectKind && part.AsSelect().IsTestOnly() {
			return
		}
		if _, mine, ok := x.field(part, only); ok {
			compared = true
			differs = differs || !alike(mine, value)
		}
	}))
	return compared && !differs
}

// rootOf is the name that a path begins with.
func rootOf(e ast.Expr) string {
	for e.Kind() == ast.SelectKind {
		e = e.AsSelect().Operand()
	}
	if e.Kind() == ast.IdentKind {
		return e.AsIdent()
	}
	return ""
}

// alike compares two values that were read from the same call.
func alike(a, b ref.Val) bool {
	if isError(a) || isError(b) || a == absent || b == absent {
		return a == b || isError(a) && isError(b)
	}
	switch a := a.(type) {
	case *objectNode:
		b, ok := b.(*objectNode)
		return ok && a.node == b.node
	case *listNode:
		b, ok := b.(*listNode)
		return ok && a.node == b.node
	case types.Bytes:
		return a.Equal(b) == types.True
	}
	return a == b || types.Equal(a, b) == types.True
}

// elementsOf are the elements of a list that were seen, nil if it is none.
func elementsOf(list ref.Val) []ref.Val {
	switch list := list.(type) {
	case *openList:
		return append([]ref.Val{}, list.items...)
	case traits.Lister:
		n, ok := list.Size().(types.Int)
		if !ok {
			return nil
		}
		elements := make([]ref.Val, 0, n)
		for i := range n {
			elements = append(elements, list.Get(i))
		}
		return elements
	}
	return nil
}

// field returns path and value of an expression that is a path: a variable, followed by fields and indices.
func (x *explainer) field(e ast.Expr, in *scope) (path string, value ref.Val, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		if s, local := in.find(e.AsIdent()); local {
			return s.path, s.value, true
		}
		if v, known := x.judge.ResolveName(e.AsIdent()); known {
			return e.AsIdent(), v.(ref.Val), true
		}
	case ast.SelectKind:
		s := e.AsSelect()
		path, value, ok = x.field(s.Operand(), in)
		if ok {
			return path + "." + s.FieldName(), fieldOf(value, s.FieldName()), true
		}
	case ast.CallKind:
		if call := e.AsCall(); call.FunctionName() == operators.Index {
			return x.indexed(call.Args(), in)
		}
	}
	return "", nil, false
}

func (x *explainer) indexed(args []ast.Expr, in *scope) (path string, value ref.Val, ok bool) {
	path, value, ok = x.field(args[0], in)
	if !ok {
		return "", nil, false
	}
	var index ref.Val
	if args[1].Kind() == ast.LiteralKind {
		index = args[1].AsLiteral()
	} else if _, v, isField := x.field(args[1], in); isField {
		x.collect(args[1], in)
		index = v
	} else {
		return "", nil, false
	}
	switch index := index.(type) {
	case types.String:
		return path + "." + string(index), fieldOf(value, string(index)), true
	case types.Int:
		if list, isList := value.(traits.Lister); isList {
			return path + "[" + strconv.FormatInt(int64(index), 10) + "]", list.Get(index), true
		}
	}
	return "", nil, false
}

// fieldOf reads a field of whatever has fields.
func fieldOf(value ref.Val, name string) ref.Val {
	switch v := value.(type) {
	case *object:
		return structureField(v.celType.TypeName(), name, v.self)
	case *statementView:
		return structureField(typeStatement.TypeName(), name, v)
	case traits.Indexer:
		return v.Get(types.String(name))
	}
	return errMissing
}

func structureField(structureName, name string, self any) ref.Val {
	for i := range structures {
		if structures[i].name != structureName {
			continue
		}
		for _, f := range structures[i].fields {
			if f.name == name {
				return f.get(self)
			}
		}
	}
	return errMissing
}
