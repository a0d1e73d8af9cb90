package invariant

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// place is a rule that is being compiled.
type place struct {
	*compiler
	rule *rulefile.Rule
}

// tell tells what is wrong at a position inside an expression of the rule.
func (p place) tell(key string, line, column int, format string, args ...any) {
	p.compiler.tell(p.rule.Problem(key, line, column, fmt.Sprintf(format, args...)))
}

// expression compiles one expression of the rule, nil if something is wrong with it.
func (p place) expression(key string, source rulefile.Expression) *expression {
	parsed, issues := p.env.Parse(source.Text)
	if issues.Err() != nil {
		p.issues(key, parsed, issues)
		return nil
	}
	shown := ast.Copy(parsed.NativeRep())
	e := &expression{source: source, env: p.env, shown: shown}
	e.claims = claimComplete(parsed.NativeRep())
	checked, issues := p.env.Check(parsed)
	if issues.Err() != nil {
		p.issues(key, parsed, issues)
		return nil
	}
	if t := checked.OutputType(); !t.IsExactType(types.BoolType) && !t.IsExactType(types.DynType) {
		p.tell(key, 1, 1, "the expression is a %s: it must be true or false", cel.FormatCELType(t))
		return nil
	}
	e.ast = checked
	if !p.regular(key, checked) || !p.known(key, checked) || !p.affordable(key, checked) {
		return nil
	}
	makeStrict(checked.NativeRep())
	var err error
	if e.program, err = p.program(e); err != nil {
		p.tell(key, 1, 1, "the expression cannot be evaluated: %v", err)
		return nil
	}
	return e
}

// program plans the evaluation. What goes through lists or searches texts has a limit: how long those are is up to who
// calls the API.
func (p place) program(e *expression) (cel.Program, error) {
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if e.limited = unbounded(e.ast.NativeRep()); e.limited {
		options = append(options, cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost), cel.CostLimit(p.options.CostLimit))
	}
	return p.env.Program(e.ast, options...)
}

// claims are the lists that an expression takes for complete.
type claims struct{ statements, calls bool }

// claimComplete replaces db.complete by db where a list stands, and by true where a truth value does.
func claimComplete(a *ast.AST) (c claims) {
	factory := ast.NewExprFactory()
	var found []ast.NavigableExpr
	var visit func(e ast.NavigableExpr)
	visit = func(e ast.NavigableExpr) {
		if claimed(e) != "" {
			found = append(found, e)
			return
		}
		for _, child := range e.Children() {
			visit(child)
		}
	}
	visit(ast.NavigateAST(a))
	for _, e := range found {
		name := claimed(e)
		c.statements = c.statements || name == "db"
		c.calls = c.calls || name == "calls"
		if isTruth(e) {
			e.SetKindCase(factory.NewLiteral(e.ID(), types.True))
		} else {
			e.SetKindCase(factory.NewIdent(e.ID(), name))
		}
	}
	return c
}

// claimed returns db for db.complete, calls for calls.complete, "" for all else.
func claimed(e ast.Expr) string {
	if e.Kind() != ast.SelectKind {
		return ""
	}
	s := e.AsSelect()
	if s.FieldName() != "complete" || s.IsTestOnly() || s.Operand().Kind() != ast.IdentKind {
		return ""
	}
	switch name := s.Operand().AsIdent(); name {
	case "db", "calls":
		return name
	}
	return ""
}

// isTruth is true for an expression that stands where CEL wants a truth value.
func isTruth(e ast.NavigableExpr) bool {
	parent, ok := e.Parent()
	if !ok {
		return true
	}
	switch parent.Kind() {
	case ast.CallKind:
		switch parent.AsCall().FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse:
			return true
		case operators.Conditional:
			return parent.AsCall().Args()[0].ID() == e.ID()
		}
	case ast.ComprehensionKind:
		return parent.AsComprehension().IterRange().ID() != e.ID()
	}
	return false
}

// makeStrict replaces == and != by functions that know of numbers and texts, where the types of the sides are not known
// to be the same.
func makeStrict(a *ast.AST) {
	factory := ast.NewExprFactory()
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		name, overload := strictEqual, equalOverload
		switch e.AsCall().FunctionName() {
		case operators.Equals:
		case operators.NotEquals:
			name, overload = strictDifferent, unequalOverload
		default:
			return
		}
		args := e.AsCall().Args()
		if left := a.GetType(args[0].ID()); left.IsExactType(a.GetType(args[1].ID())) && left.Kind() != types.DynKind {
			return
		}
		e.SetKindCase(factory.NewCall(e.ID(), name, args...))
		a.SetReference(e.ID(), ast.NewFunctionReference(overload))
	}))
}
