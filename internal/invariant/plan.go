package invariant

import (
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// plan is an expression as functions of Go: what most rules are made of, without the interpreter's boxes. It comes to the
// same outcomes as the interpreter, for the same reasons; an expression that it does not know whole is left to that.
type plan struct {
	whole  test
	cells  int // that the parts of the expression write into
	locals int // variables of macros
	limit  uint64
}

// A test is a part that is true or false, a term any part.
type (
	test func(*frame) truth
	term func(*frame) value
)

// truth is false, true, or above that why it is neither.
type truth uint8

const (
	isFalse truth = iota
	isTrue
	failed // plus a [Reason]
)

func because(r Reason) truth { return failed + truth(r) }

func (t truth) reason() Reason { return Reason(t - failed) }

func truthOf(is bool) truth {
	if is {
		return isTrue
	}
	return isFalse
}

// frame is one evaluation of a plan. It is used again and again.
type frame struct {
	judge  *Judge
	cells  []cell
	used   int // cells that may hold on to something
	locals []value

	cost, limit uint64
}

// evaluate runs a plan on the call that the judge shows.
func (f *frame) evaluate(p *plan) truth {
	if len(f.cells) < p.cells {
		f.cells = make([]cell, p.cells)
	}
	if len(f.locals) < p.locals {
		f.locals = make([]value, p.locals)
	}
	f.used = max(f.used, p.cells)
	f.cost, f.limit = 0, p.limit
	is := p.whole(f)
	if f.exhausted() {
		return because(Cost)
	}
	return is
}

// spend takes down what something costs that takes longer on longer texts or lists.
func (f *frame) spend(units uint64) { f.cost += units }

func (f *frame) exhausted() bool { return f.cost > f.limit }

// release lets go of what the cells point to.
func (f *frame) release() {
	clear(f.cells[:f.used])
	clear(f.locals)
	f.used = 0
}

// planner makes the plan of one expression.
type planner struct {
	ast        *ast.AST
	references *references
	locals     []string // variables of the macros that a part stands in
	most       int      // of them at a time
	cells      int
}

// planOf returns the plan of a checked expression, nil if the interpreter has to evaluate it.
func planOf(checked *cel.Ast, limit uint64, r *references) *plan {
	p := &planner{ast: checked.NativeRep(), references: r}
	whole := p.test(p.ast.Expr())
	if whole == nil {
		return nil
	}
	if !unbounded(p.ast) {
		limit = math.MaxUint64
	}
	return &plan{whole: whole, cells: p.cells, locals: p.most, limit: limit}
}

// cell reserves a cell for a part.
func (p *planner) cell() int {
	p.cells++
	return p.cells - 1
}

func (p *planner) typeOf(e ast.Expr) *types.Type { return p.ast.GetType(e.ID()) }

// test plans a part that stands where CEL wants a truth value, nil if it is not known.
func (p *planner) test(e ast.Expr) test {
	switch e.Kind() {
	case ast.CallKind:
		if planned, known := p.operator(e.AsCall()); known {
			return planned
		}
	case ast.SelectKind:
		if e.AsSelect().IsTestOnly() {
			return p.presence(e.AsSelect())
		}
	case ast.ComprehensionKind:
		return p.loop(e.AsComprehension(), false)
	case ast.LiteralKind:
		if is, ok := e.AsLiteral().(types.Bool); ok {
			return func(*frame) truth { return truthOf(bool(is)) }
		}
	}
	of := p.term(e)
	if of == nil {
		return nil
	}
	return func(f *frame) truth { return of(f).truth() }
}

// term plans a part, nil if it is not known.
func (p *planner) term(e ast.Expr) term {
	switch e.Kind() {
	case ast.LiteralKind:
		return p.literal(e.AsLiteral())
	case ast.IdentKind:
		return p.variable(e)
	case ast.SelectKind:
		if !e.AsSelect().IsTestOnly() {
			return p.selection(e)
		}
	case ast.ListKind:
		return p.list(e)
	case ast.CallKind:
		if planned := p.function(e.AsCall()); planned != nil {
			return planned
		}
		if planned, known := p.operator(e.AsCall()); known {
			return boxed(planned)
		}
		return nil
	case ast.ComprehensionKind:
	default:
		return nil
	}
	return boxed(p.test(e))
}

// boxed makes a term of a test.
func boxed(of test) term {
	if of == nil {
		return nil
	}
	return func(f *frame) value { return of(f).value() }
}

// operator plans what comes to a truth value. It is known, and yet nil, if some argument of it is not known.
func (p *planner) operator(call ast.CallExpr) (planned test, known bool) {
	of, is := plannedTests[call.FunctionName()]
	if !is {
		return nil, false
	}
	return of(p, call), true
}

// function plans what comes to another value, or whose value is not known before.
func (p *planner) function(call ast.CallExpr) term {
	of, is := plannedTerms[call.FunctionName()]
	if !is {
		return nil
	}
	return of(p, call)
}

// errOther is what a value is that failed for a reason without an error of its own.
var errOther ref.Val = sentinel("the evaluation failed")

// value is the truth value in a box, for parts that go on with it.
func (t truth) value() value {
	switch t {
	case isFalse:
		return value{box: types.False}
	case isTrue:
		return value{box: types.True}
	}
	switch t.reason() {
	case Missing:
		return value{box: errMissing}
	case Unknown:
		return value{box: errUnknown}
	case Unobserved:
		return value{box: errUnobserved}
	case Mismatch:
		return value{box: errMismatch}
	}
	return value{box: errOther}
}
