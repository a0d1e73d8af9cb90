package invariant

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// strict are what operators become where the types of their sides are not known to be the same.
var strict = map[string]func(a, b ref.Val) ref.Val{
	"@strict_equal":          equal,
	"@strict_different":      different,
	"@strict_in":             in,
	"@strict_less":           ordered(types.IntNegOne),
	"@strict_less_equals":    ordered(types.IntNegOne, types.IntZero),
	"@strict_greater":        ordered(types.IntOne),
	"@strict_greater_equals": ordered(types.IntOne, types.IntZero),
}

var strictNames = map[string]string{
	operators.Equals: "@strict_equal", operators.NotEquals: "@strict_different", operators.In: "@strict_in",
	operators.Less: "@strict_less", operators.LessEquals: "@strict_less_equals",
	operators.Greater: "@strict_greater", operators.GreaterEquals: "@strict_greater_equals",
}

// makeStrict replaces the operators that compare.
func makeStrict(a *ast.AST) {
	factory := ast.NewExprFactory()
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		name, compares := strictNames[e.AsCall().FunctionName()]
		args := e.AsCall().Args()
		if !compares || simple(a.GetType(args[0].ID()), a.GetType(args[1].ID())) {
			return
		}
		e.SetKindCase(factory.NewCall(e.ID(), name, args...))
		a.SetReference(e.ID(), ast.NewFunctionReference(overloadOf(name)))
	}))
}

// simple is true for two simple types that are the same, for such a type and a list of it, and for what is looked up in
// a map by its name.
func simple(left, right *types.Type) bool {
	switch right.Kind() {
	case types.MapKind:
		return left.Kind() == types.StringKind
	case types.ListKind:
		right = right.Parameters()[0]
	}
	switch left.Kind() {
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind, types.DurationKind, types.TimestampKind:
		return left.IsExactType(right)
	}
	return false
}

// partial is a list or map of which there may be more than was seen.
type partial interface {
	// undecided is nil where all was seen.
	undecided() *types.Err
}

// decisions are what macros over lists and maps that may be partial become: what was seen may refute all() and prove
// exists(), and decides nothing else.
var decisions = map[string]func(list, result ref.Val) ref.Val{
	"@decided_all":    decided(types.False),
	"@decided_exists": decided(types.True),
	"@decided":        decided(nil),
}

// decided returns the result of a macro, unless that may be another one with what was not seen. It is good whatever is
// not seen if it is the decisive one.
func decided(decisive ref.Val) func(list, result ref.Val) ref.Val {
	return func(list, result ref.Val) ref.Val {
		if p, ok := list.(partial); ok && result != decisive {
			if err := p.undecided(); err != nil {
				return err
			}
		}
		return result
	}
}

// makeDecided wraps macros over what may be partial.
func makeDecided(a *ast.AST) {
	factory := ast.NewExprFactory()
	var loops []ast.Expr
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.ComprehensionKind && mayBePartial(a.GetType(e.AsComprehension().IterRange().ID())) {
			loops = append(loops, e)
		}
	}))
	for _, e := range loops {
		loop := e.AsComprehension()
		name := decisionOf(a, loop)
		id := ast.MaxID(a) + 1
		a.SetType(id, a.GetType(e.ID()))
		inner := factory.NewComprehensionTwoVar(id, loop.IterRange(), loop.IterVar(), loop.IterVar2(), loop.AccuVar(),
			loop.AccuInit(), loop.LoopCondition(), loop.LoopStep(), loop.Result())
		e.SetKindCase(factory.NewCall(e.ID(), name, factory.CopyExpr(loop.IterRange()), inner))
		a.SetReference(e.ID(), ast.NewFunctionReference(overloadOf(name)))
	}
}

func mayBePartial(t *types.Type) bool {
	switch t.Kind() {
	case types.ListKind:
		return t.Parameters()[0].Kind() == types.StructKind
	case types.MapKind:
		return true
	}
	return false
}

// decisionOf tells the macros apart by what they begin with and what they come to.
func decisionOf(a *ast.AST, loop ast.ComprehensionExpr) string {
	init := loop.AccuInit()
	if init.Kind() == ast.LiteralKind && loop.Result().Kind() == ast.IdentKind && a.GetType(loop.Result().ID()).Kind() == types.BoolKind {
		switch init.AsLiteral() {
		case types.True:
			return "@decided_all"
		case types.False:
			return "@decided_exists"
		}
	}
	return "@decided"
}
