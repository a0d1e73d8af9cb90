package invariant

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// variable plans a name: one of [variables], that of a macro, or a question about the caller.
func (p *planner) variable(e ast.Expr) term {
	name := e.AsIdent()
	if slot, local := p.local(name); local {
		return func(f *frame) value { return f.locals[slot] }
	}
	switch {
	case isQuestion(name):
		return p.asked(name)
	case isGlobal(name):
		return func(f *frame) value {
			v, _ := f.judge.ResolveName(name)
			return value{box: v.(ref.Val)}
		}
	}
	return nil
}

// local is the place of the variable of a macro.
func (p *planner) local(name string) (int, bool) {
	for place, local := range slices.Backward(p.locals) {
		if local == name {
			return place, true
		}
	}
	return 0, false
}

// selection plans a field of something, or a field of a field of it.
func (p *planner) selection(e ast.Expr) term {
	if p.typeOf(e.AsSelect().Operand()).Kind() == types.StructKind {
		return p.structureField(e.AsSelect())
	}
	var names []string
	operand := e
	for operand.Kind() == ast.SelectKind && !operand.AsSelect().IsTestOnly() {
		s := operand.AsSelect()
		if p.typeOf(s.Operand()).Kind() == types.StructKind {
			break
		}
		names, operand = append([]string{s.FieldName()}, names...), s.Operand()
	}
	of := p.term(operand)
	if of == nil {
		return nil
	}
	at := p.cell()
	return func(f *frame) value { return f.cells[at].follow(of(f), names) }
}

// follow goes from field to field.
func (c *cell) follow(v value, names []string) value {
	for i, name := range names {
		if v.cell == nil {
			v = c.lookUp(v.box, name)
			continue
		}
		if v.cell.kind != nodeCell {
			return value{box: errMissing}
		}
		n := v.cell.node
		for _, name := range names[i:] {
			next, found := n.Field(name)
			if !found {
				return value{box: nothingIn(n)}
			}
			n = next
		}
		return c.ofNode(n)
	}
	return v
}

// lookUp looks for a name in what has no cell.
func (c *cell) lookUp(in ref.Val, name string) value {
	switch in := in.(type) {
	case *types.Err:
		return value{box: in}
	case *pathParameters:
		return in.parameter(name, c)
	case *headerMap:
		return c.first(in.list, strings.ToLower(name), in.more)
	case *columnMap:
		return in.column(name, c)
	}
	return c.ofBox(elementAt(in, types.String(name)))
}

// nothingIn is the error for a name that is not in a part of a body: a list has no names at all.
func nothingIn(n document.Node) ref.Val {
	if n.Kind() == document.List {
		return errOther
	}
	return errMissing
}

// parameter is [pathParameters.find] into a cell.
func (p *pathParameters) parameter(name string, c *cell) value {
	if p.view.call.long&longPath != 0 {
		return value{box: errUnknown}
	}
	p.read()
	return c.first(p.pairs, name, false)
}

// first is the first value of that name.
func (c *cell) first(pairs []Header, name string, more bool) value {
	for i := range pairs {
		if pairs[i].Name == name {
			if pairs[i].Long {
				return value{box: errUnknown}
			}
			return c.ofText(pairs[i].Value)
		}
	}
	if more {
		return value{box: errUnknown}
	}
	return value{box: errMissing}
}

// column is [columnMap.find] into a cell.
func (m *columnMap) column(name string, c *cell) value {
	st := m.view.statement
	found, presence := st.SQL.Column(m.section, strings.ToLower(name), &st.Parameters)
	switch {
	case presence == sqltext.Absent:
		return value{box: absent}
	case presence == sqltext.Known && found.Kind == sqltext.Text:
		return c.ofText(found.Text)
	case presence == sqltext.Known:
		return c.ofBox(valueOfSQL(&found))
	}
	return value{box: errUnknown}
}

// presence plans has().
func (p *planner) presence(s ast.SelectExpr) test {
	if p.typeOf(s.Operand()).Kind() == types.StructKind {
		return p.structurePresence(s)
	}
	of, name := p.term(s.Operand()), s.FieldName()
	if of == nil {
		return nil
	}
	return func(f *frame) truth {
		v := of(f)
		if v.cell == nil {
			return has(v.box, name)
		}
		if v.cell.kind != nodeCell {
			return isFalse
		}
		_, found := v.cell.node.Field(name)
		if !found && v.cell.node.Kind() == document.List {
			return because(Other)
		}
		return truthOf(found)
	}
}

// has is has() of what has no cell.
func has(v ref.Val, name string) truth {
	switch v := v.(type) {
	case *types.Err:
		return value{box: v}.why()
	case traits.Mapper:
		found, is := v.Find(types.String(name))
		if isError(found) {
			return value{box: found}.why()
		}
		return truthOf(is)
	case traits.Lister:
		return because(Other)
	case traits.FieldTester:
		return value{box: v.IsSet(types.String(name))}.truth()
	}
	return isFalse
}

// index plans a[i].
func (p *planner) index(call ast.CallExpr) term {
	of := p.terms(call.Args()...)
	if of == nil {
		return nil
	}
	at := p.cell()
	return func(f *frame) value {
		in := of[0](f)
		if in.failed() {
			return in
		}
		c, index := &f.cells[at], of[1](f)
		if name, is := index.text(); is {
			if in.cell == nil {
				return c.lookUp(in.box, name)
			}
			if in.cell.kind != nodeCell {
				return value{box: errMissing}
			}
			n, found := in.cell.node.Field(name)
			if !found {
				return value{box: nothingIn(in.cell.node)}
			}
			return c.ofNode(n)
		}
		return c.ofBox(elementAt(in.boxed(), index.boxed()))
	}
}

// elementAt is a[i] of values in boxes.
func elementAt(in, index ref.Val) ref.Val {
	switch index.(type) {
	case *types.Err:
		return index
	case types.String, types.Int, types.Uint, types.Double, types.Bool:
	default:
		return errOther
	}
	switch in := in.(type) {
	case traits.Mapper:
		found, _ := in.Find(index)
		return found
	case traits.Lister:
		i, err := types.GetOrError(index)
		switch n, known := in.Size().(types.Int); {
		case err != nil:
			return errOther
		case !known || i < 0 || types.Int(i) >= n:
			return errMissing
		}
		return in.Get(index)
	case traits.Indexer:
		return in.Get(index)
	}
	return errMissing
}
