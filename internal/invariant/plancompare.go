package invariant

import (
	"bytes"
	"cmp"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// compared plans a comparison of two values, of which none is an error.
func compared(sides []term, is func(f *frame, a, b value) truth) test {
	if sides == nil {
		return nil
	}
	left, right := sides[0], sides[1]
	return func(f *frame) truth {
		a := left(f)
		if a.failed() {
			return a.why()
		}
		b := right(f)
		if b.failed() {
			return b.why()
		}
		return is(f, a, b)
	}
}

func (p *planner) equals(call ast.CallExpr) test {
	if is := p.typeTest(call.Args(), isTrue); is != nil {
		return is
	}
	return compared(p.terms(call.Args()...), (*frame).equal)
}

func (p *planner) notEquals(call ast.CallExpr) test {
	if is := p.typeTest(call.Args(), isFalse); is != nil {
		return is
	}
	return compared(p.terms(call.Args()...), func(f *frame, a, b value) truth {
		is := f.equal(a, b)
		if is >= failed {
			return is
		}
		return isTrue - is
	})
}

// equal is [equal] without boxes for what is common.
func (f *frame) equal(a, b value) truth {
	switch {
	case a.cell != nil && b.cell != nil && a.cell.kind == b.cell.kind:
		switch a.cell.kind {
		case textCell:
			f.spend(uint64(min(len(a.cell.text), len(b.cell.text))) / 10)
			return truthOf(a.cell.text == b.cell.text)
		case wholeCell, momentCell:
			return truthOf(a.cell.number == b.cell.number)
		case fractionCell:
			return truthOf(a.cell.fraction() == b.cell.fraction())
		case nodeCell:
		}
	case a.box == ref.Val(types.NullValue) && b.cell != nil, b.box == ref.Val(types.NullValue) && a.cell != nil:
		return isFalse
	}
	if a.isNumber() && b.isText() || a.isText() && b.isNumber() {
		return because(Mismatch)
	}
	if a.isComposed() && b.isComposed() {
		f.spend(max(a.extent(), b.extent()))
	}
	return value{box: equal(a.boxed(), b.boxed())}.truth()
}

// typeTest plans type(x) == string, which comes to that; nil if the sides are something else.
func (p *planner) typeTest(sides []ast.Expr, to truth) test {
	asked, named := sides[0], sides[1]
	if asked.Kind() == ast.IdentKind {
		asked, named = named, asked
	}
	if asked.Kind() != ast.CallKind || asked.AsCall().FunctionName() != "type" || named.Kind() != ast.IdentKind {
		return nil
	}
	if _, local := p.local(named.AsIdent()); local || p.typeOf(named).Kind() != types.TypeKind {
		return nil
	}
	of, want := p.term(asked.AsCall().Args()[0]), named.AsIdent()
	if of == nil || !plainTypes[want] {
		return nil
	}
	return func(f *frame) truth {
		v := of(f)
		if v.failed() {
			return v.why()
		}
		name, err := v.typeName()
		if err != nil {
			return value{box: err}.why()
		}
		if name == want {
			return to
		}
		return isTrue - to
	}
}

// plainTypes are those that a body can have.
var plainTypes = map[string]bool{
	"int": true, "uint": true, "double": true, "bool": true, "string": true, "list": true, "map": true, "null_type": true,
}

// typeName is the name of the type that type() is.
func (v value) typeName() (string, *types.Err) {
	if v.cell == nil {
		switch is := v.box.ConvertToType(types.TypeType).(type) {
		case ref.Type:
			return is.TypeName(), nil
		case *types.Err:
			return "", is
		}
		return "", errMismatch
	}
	switch v.cell.kind {
	case textCell:
		return "string", nil
	case wholeCell:
		return "int", nil
	case fractionCell:
		return "double", nil
	case momentCell:
		return types.TimestampType.TypeName(), nil
	}
	if v.cell.isList() {
		return "list", nil
	}
	return "map", nil
}

// same is [same] without boxes.
func (p *planner) same(call ast.CallExpr) test {
	return compared(p.terms(call.Args()...), (*frame).same)
}

func (f *frame) same(a, b value) truth {
	x, isText := a.text()
	y, areTexts := b.text()
	if isText && areTexts {
		f.spend(uint64(min(len(x), len(y))) / 10)
		return truthOf(x == y)
	}
	if a.isList() || b.isList() {
		f.spend(max(a.extent(), b.extent()))
		return value{box: same(a.boxed(), b.boxed())}.truth()
	}
	var bufferA, bufferB [128]byte // what is longer takes an allocation
	first, ok := a.identifier(bufferA[:0])
	if !ok {
		return isFalse
	}
	second, ok := b.identifier(bufferB[:0])
	return truthOf(ok && bytes.Equal(first, second))
}

func (v value) isList() bool {
	if v.cell != nil {
		return v.cell.isList()
	}
	_, is := v.box.(traits.Lister)
	return is
}

// identifier is [identifier] without a box.
func (v value) identifier(buffer []byte) ([]byte, bool) {
	switch {
	case v.cell == nil:
		return identifier(v.box, buffer)
	case v.cell.kind == textCell:
		return append(buffer, v.cell.text...), true
	case v.cell.kind == wholeCell:
		return identifier(types.Int(v.cell.whole()), buffer)
	case v.cell.kind == fractionCell:
		return identifier(types.Double(v.cell.fraction()), buffer)
	}
	return nil, false
}

// order plans <, <=, > and >=.
func (p *planner) order(call ast.CallExpr) test {
	holds, strictly := ordersOf(call.FunctionName())
	general := strict[strictly]
	return compared(p.terms(call.Args()...), func(_ *frame, a, b value) truth {
		if a.cell != nil && b.cell != nil {
			if order, known := a.cell.compare(b.cell); known {
				return truthOf(holds(order))
			}
		}
		return value{box: general(a.boxed(), b.boxed())}.truth()
	})
}

// ordersOf returns for which orders of its sides an operator is true, and its strict name.
func ordersOf(function string) (holds func(order int) bool, strictly string) {
	switch function {
	case operators.Less, strictNames[operators.Less]:
		return func(order int) bool { return order < 0 }, strictNames[operators.Less]
	case operators.LessEquals, strictNames[operators.LessEquals]:
		return func(order int) bool { return order <= 0 }, strictNames[operators.LessEquals]
	case operators.Greater, strictNames[operators.Greater]:
		return func(order int) bool { return order > 0 }, strictNames[operators.Greater]
	}
	return func(order int) bool { return order >= 0 }, strictNames[operators.GreaterEquals]
}

// compare tells the order of two values of one kind, and of numbers that lose no digits by it.
func (c *cell) compare(o *cell) (order int, known bool) {
	switch {
	case c.kind == textCell && o.kind == textCell:
		return cmp.Compare(c.text, o.text), true
	case c.kind == wholeCell && o.kind == wholeCell, c.kind == momentCell && o.kind == momentCell:
		return cmp.Compare(c.whole(), o.whole()), true
	case c.kind == fractionCell && o.kind == fractionCell:
		return cmp.Compare(c.fraction(), o.fraction()), true
	case c.kind == fractionCell && o.kind == wholeCell && o.fitsFraction():
		return cmp.Compare(c.fraction(), float64(o.whole())), true
	case c.kind == wholeCell && o.kind == fractionCell && c.fitsFraction():
		return cmp.Compare(float64(c.whole()), o.fraction()), true
	}
	return 0, false
}

// fitsFraction is true for a whole number that a float64 has all digits of.
func (c *cell) fitsFraction() bool {
	const most = 1 << 53
	return -most <= c.whole() && c.whole() <= most
}
