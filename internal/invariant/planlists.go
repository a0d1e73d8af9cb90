package invariant

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// literal plans a value that stands in the rule. Its cell is made here, and never written again.
func (p *planner) literal(v ref.Val) term {
	constant := new(cell).ofBox(v)
	return func(*frame) value { return constant }
}

// list plans a list that stands in the rule, made once if nothing of it comes from the call.
func (p *planner) list(e ast.Expr) term {
	list := e.AsList()
	if len(list.OptionalIndices()) > 0 {
		return nil
	}
	if constants, is := constantsOf(list); is {
		v := value{box: types.NewRefValList(types.DefaultTypeAdapter, constants)}
		return func(*frame) value { return v }
	}
	elements := p.terms(list.Elements()...)
	if elements == nil {
		return nil
	}
	return func(f *frame) value {
		items := make([]ref.Val, len(elements))
		for i, element := range elements {
			v := element(f)
			if v.failed() {
				return v
			}
			items[i] = v.boxed()
		}
		return value{box: types.NewRefValList(types.DefaultTypeAdapter, items)}
	}
}

// constantsOf are the elements of a list of which nothing comes from the call.
func constantsOf(list ast.ListExpr) (all []ref.Val, are bool) {
	for _, element := range list.Elements() {
		if element.Kind() != ast.LiteralKind {
			return nil, false
		}
		all = append(all, element.AsLiteral())
	}
	return all, true
}

// in plans a in b.
func (p *planner) in(call ast.CallExpr) test {
	args := call.Args()
	if args[1].Kind() == ast.ListKind {
		if args[1].AsList().Size() == 0 && call.FunctionName() == operators.In {
			return func(*frame) truth { return isFalse } // the interpreter does not look at the left side
		}
		if constants, are := constantsOf(args[1].AsList()); are {
			if among := amongTexts(constants); among != nil {
				return p.among(args[0], among, constants)
			}
			if among := amongWholes(constants); among != nil {
				return p.among(args[0], among, constants)
			}
		}
	}
	return compared(p.terms(args...), func(f *frame, a, b value) truth {
		if b.cell != nil && !b.cell.isList() {
			return b.cell.has(a)
		}
		f.spend(b.extent())
		return value{box: in(a.boxed(), b.boxed())}.truth()
	})
}

// has is a in b for an object of a body, or what contains nothing.
func (c *cell) has(name value) truth {
	if c.kind != nodeCell {
		return because(Mismatch)
	}
	text, is := name.text()
	if !is {
		return because(Mismatch)
	}
	_, found := c.node.Field(text)
	return truthOf(found)
}

// among plans x in a list of constants, by a function that knows whether something is one of them; known is false for
// what it knows nothing about.
func (p *planner) among(of ast.Expr, is func(value) (among, known bool), constants []ref.Val) test {
	left := p.term(of)
	if left == nil {
		return nil
	}
	all := types.NewRefValList(types.DefaultTypeAdapter, constants)
	return func(f *frame) truth {
		v := left(f)
		if v.failed() {
			return v.why()
		}
		if v.cell != nil && v.cell.kind == textCell {
			f.spend(v.extent())
		}
		if among, known := is(v); known {
			return truthOf(among)
		}
		return value{box: in(v.boxed(), all)}.truth()
	}
}

// few is how many constants are compared one by one.
const few = 8

// amongTexts is nil if the constants are no texts alone.
func amongTexts(constants []ref.Val) func(value) (among, known bool) {
	all, are := listOf[types.String](constants)
	if !are {
		return nil
	}
	if len(all) <= few {
		return func(v value) (bool, bool) {
			text, is := v.text()
			return is && slices.Contains(all, types.String(text)), is
		}
	}
	set := setOf(all)
	return func(v value) (bool, bool) {
		text, is := v.text()
		return is && set[types.String(text)], is
	}
}

// amongWholes is nil if the constants are no whole numbers alone.
func amongWholes(constants []ref.Val) func(value) (among, known bool) {
	all, are := listOf[types.Int](constants)
	if !are {
		return nil
	}
	if len(all) <= few {
		return func(v value) (bool, bool) {
			n, is := v.whole()
			return is && slices.Contains(all, types.Int(n)), is
		}
	}
	set := setOf(all)
	return func(v value) (bool, bool) {
		n, is := v.whole()
		return is && set[types.Int(n)], is
	}
}

func listOf[T ref.Val](values []ref.Val) (all []T, are bool) {
	for _, v := range values {
		one, is := v.(T)
		if !is {
			return nil, false
		}
		all = append(all, one)
	}
	return all, true
}

func setOf[T comparable](all []T) map[T]bool {
	set := make(map[T]bool, len(all))
	for _, one := range all {
		set[one] = true
	}
	return set
}
