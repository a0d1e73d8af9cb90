package invariant

import (
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// scope is what the variable of a macro stands for: one element of a list, or one name of a map.
type scope struct {
	outer *scope
	name  string
	path  string
	value ref.Val
	shown ref.Val // the value that a name stands for; nil: the value itself
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
	if x.collectAnswer(e, in) {
		return
	}
	if path, value, ok := x.field(e, in); ok {
		if s, local := in.find(rootOf(e)); local && e.Kind() == ast.IdentKind && s.shown != nil {
			value = s.shown
		}
		x.put(path, value)
		return
	}
	switch e.Kind() {
	case ast.CallKind:
		call := e.AsCall()
		switch name := call.FunctionName(); {
		case name == operators.In || name == strictNames[operators.In]:
			if x.member(call.Args(), in) {
				return
			}
		case decisions[name] != nil:
			x.collect(call.Args()[1], in)
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
		path, list = loop.IterVar(), x.value(loop.IterRange(), in)
	}
	elements := elementsOf(path, list)
	if len(elements) == 0 {
		x.put(path, list)
		return
	}
	predicate := predicateOf(loop)
	for i := range elements {
		elements[i].outer, elements[i].name = in, loop.IterVar()
	}
	if decisive := x.decisive(e, predicate, elements, in); decisive != nil {
		x.collect(predicate, decisive)
		return
	}
	for i := range elements[:min(len(elements), maxElements)] {
		x.collect(predicate, &elements[i])
	}
}

// predicateOf is what a macro asks of each element.
func predicateOf(loop ast.ComprehensionExpr) ast.Expr {
	step := loop.LoopStep()
	if step.Kind() == ast.CallKind {
		switch call := step.AsCall(); call.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr: // accumulated && predicate
			return call.Args()[1]
		case operators.Conditional: // predicate ? accumulated + ... : accumulated
			return call.Args()[0]
		}
	}
	return step
}

// decisive returns the element that all() failed at, or that exists() found; nil if there is none, or it would take too
// long to find out.
func (x *explainer) decisive(e, predicate ast.Expr, elements []scope, in *scope) *scope {
	result, decided := x.value(e, in).(types.Bool)
	if !decided || len(elements) > maxExamined {
		return nil
	}
	init := e.AsComprehension().AccuInit()
	if init.Kind() != ast.LiteralKind || init.AsLiteral() == ref.Val(result) {
		return nil // no element made it other than it was at first
	}
	for i := range elements {
		if x.value(predicate, &elements[i]) == ref.Val(result) {
			return &elements[i]
		}
	}
	return nil
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

// elementsOf are the elements of a list, or the names of a map, as far as they were seen.
func elementsOf(path string, container ref.Val) (elements []scope) {
	switch c := container.(type) {
	case *openList:
		for i, item := range c.items {
			elements = append(elements, scope{path: indexed(path, i), value: item})
		}
	case traits.Lister:
		n, _ := c.Size().(types.Int)
		for i := range min(n, maxExamined+1) {
			elements = append(elements, scope{path: indexed(path, int(i)), value: c.Get(i)})
		}
	case finder:
		names, _ := c.names()
		for _, name := range names[:min(len(names), maxExamined+1)] {
			elements = append(elements, scope{path: path + "." + name, value: types.String(name), shown: c.find(name)})
		}
	}
	return elements
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// field returns path and value of an expression that is a path: a variable, followed by fields and indices.
func (x *explainer) field(e ast.Expr, in *scope) (path string, value ref.Val, ok bool) {
	switch e.Kind() {
	case ast.IdentKind:
		if s, local := in.find(e.AsIdent()); local {
			return s.path, s.value, true
		}
		if v, known := x.judge.ResolveName(e.AsIdent()); known && !isQuestion(e.AsIdent()) {
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
		return structureField(v.celType, name, v.self)
	case *statementView:
		return structureField(typeStatement, name, v)
	case traits.Indexer:
		return v.Get(types.String(name))
	}
	return errMissing
}

func structureField(of *types.Type, name string, self any) ref.Val {
	if s, known := structureOf(of); known {
		if f, found := s.field(name); found {
			return f.get(self)
		}
	}
	return errMissing
}
