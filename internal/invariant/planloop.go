package invariant

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/traits"
)

// round is what a loop comes to so far.
type round struct {
	truth truth // of all() and exists(); why not, of exists_one()
	found int   // of exists_one()
}

// quantifier is one of the macros that come to a truth value.
type quantifier uint8

const (
	all quantifier = iota
	exists
	existsOne
)

// quantifierOf tells which macro a loop was, and what it asks of each element; false if it is another one.
func quantifierOf(loop ast.ComprehensionExpr) (q quantifier, predicate ast.Expr, known bool) {
	step := loop.LoopStep()
	if loop.HasIterVar2() || loop.AccuInit().Kind() != ast.LiteralKind || step.Kind() != ast.CallKind {
		return 0, nil, false
	}
	args := step.AsCall().Args()
	switch function := step.AsCall().FunctionName(); {
	case loop.AccuInit().AsLiteral() == types.True && function == operators.LogicalAnd && isNamed(args[0], loop.AccuVar()):
		return all, args[1], isNamed(loop.Result(), loop.AccuVar())
	case loop.AccuInit().AsLiteral() == types.False && function == operators.LogicalOr && isNamed(args[0], loop.AccuVar()):
		return exists, args[1], isNamed(loop.Result(), loop.AccuVar())
	case loop.AccuInit().AsLiteral() == types.IntZero && function == operators.Conditional && isNamed(args[2], loop.AccuVar()):
		return existsOne, args[0], loop.Result().Kind() == ast.CallKind
	}
	return 0, nil, false
}

func isNamed(e ast.Expr, name string) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == name }

// decided plans a macro over what may be partial, see [makeDecided].
func (p *planner) decided(call ast.CallExpr) test {
	if call.Args()[1].Kind() != ast.ComprehensionKind {
		return nil
	}
	return p.loop(call.Args()[1].AsComprehension(), true)
}

// loop plans all(), exists() and exists_one().
func (p *planner) loop(e ast.ComprehensionExpr, mayBePartial bool) test {
	q, asks, known := quantifierOf(e)
	if !known {
		return nil
	}
	over := p.term(e.IterRange())
	if over == nil {
		return nil
	}
	slot, at := len(p.locals), p.cell()
	p.locals = append(p.locals, e.IterVar())
	p.most = max(p.most, len(p.locals))
	predicate := p.test(asks)
	p.locals = p.locals[:slot]
	if predicate == nil {
		return nil
	}
	l := &loop{quantifier: q, over: over, predicate: predicate, slot: slot, cell: at, cost: partsOfExpression(asks) + 3}
	if !mayBePartial {
		return l.run
	}
	return l.runPartial
}

// partsOfExpression counts them, for what one round costs.
func partsOfExpression(e ast.Expr) (parts uint64) {
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(ast.Expr) { parts++ }))
	return parts
}

// loop is a macro that asks something of each element of a list, or of each name of a map.
type loop struct {
	quantifier
	over       term
	predicate  test
	slot, cell int
	cost       uint64 // of a round, besides what texts and lists in it cost
}

func (l *loop) run(f *frame) truth {
	over := l.over(f)
	if over.failed() {
		return over.why()
	}
	return l.through(f, over)
}

// runPartial says no more than was seen.
func (l *loop) runPartial(f *frame) truth {
	over := l.over(f)
	if over.failed() {
		return over.why()
	}
	is := l.through(f, over)
	if is >= failed || l.quantifier == all && is == isFalse || l.quantifier == exists && is == isTrue {
		return is
	}
	if p, may := over.box.(partial); may {
		if err := p.undecided(); err != nil {
			return value{box: err}.why()
		}
	}
	return is
}

// through goes through all elements until one decides.
func (l *loop) through(f *frame, over value) truth {
	r := round{truth: isFalse}
	if l.quantifier == all {
		r.truth = isTrue
	}
	c := &f.cells[l.cell]
	if over.cell != nil {
		switch {
		case over.cell.isList():
			n := over.cell.node
			for i := 0; i < n.Len() && l.round(f, &r, c.ofNode(n.Item(i))); i++ {
			}
		case over.cell.kind == nodeCell:
			n := over.cell.node
			for i := 0; i < n.Len() && l.round(f, &r, c.ofText(n.Name(i))); i++ {
			}
		case over.cell.kind != textCell || over.cell.text != "": // CEL takes an empty text for an empty list
			return because(Other)
		}
		return l.result(&r)
	}
	switch over := over.box.(type) {
	case *openList:
		for i := 0; i < len(over.items) && l.round(f, &r, value{box: over.items[i]}); i++ {
		}
	case traits.Lister:
		n, _ := over.Size().(types.Int)
		for i := types.Int(0); i < n && l.round(f, &r, c.ofBox(over.Get(i))); i++ {
		}
	case finder:
		names, _ := over.names()
		for i := 0; i < len(names) && l.round(f, &r, c.ofText(names[i])); i++ {
		}
	default:
		return because(Other)
	}
	return l.result(&r)
}

// round asks one element. It is false if the rest do not matter.
func (l *loop) round(f *frame, r *round, element value) bool {
	f.spend(l.cost)
	if f.exhausted() {
		return false
	}
	f.locals[l.slot] = element
	is := l.predicate(f)
	switch l.quantifier {
	case all:
		if is == isFalse || is >= failed && r.truth < failed {
			r.truth = is
		}
		return r.truth != isFalse
	case exists:
		if is == isTrue || is >= failed && r.truth < failed {
			r.truth = is
		}
		return r.truth != isTrue
	}
	switch {
	case is >= failed:
		r.truth = is
	case is == isTrue:
		r.found++
	}
	return true
}

func (l *loop) result(r *round) truth {
	if l.quantifier == existsOne && r.truth < failed {
		return truthOf(r.found == 1)
	}
	return r.truth
}
