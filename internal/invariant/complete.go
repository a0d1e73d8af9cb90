package invariant

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// claims are the lists that an expression takes for complete.
type claims struct{ statements, calls bool }

// claimComplete replaces db.complete by db where a list stands, and by true where it is one of several conditions that
// must all be true. Anywhere else it would say nothing, and is refused.
func (p place) claimComplete(key string, a *ast.AST) (c claims, good bool) {
	good = true
	factory := ast.NewExprFactory()
	var found []ast.NavigableExpr
	each(a, func(e ast.NavigableExpr) {
		if claimed(e) != "" {
			found = append(found, e)
		}
	})
	for _, e := range found {
		name := claimed(e)
		c.statements = c.statements || name == "db"
		c.calls = c.calls || name == "calls"
		if isTruth(e) {
			if !isCondition(e) {
				p.tellAt(key, a, e.ID(), "%s.complete says something only where it is joined to a condition by &&, or in place of %s: "+
					"write %s.complete && ..., or %s.complete.exists(...)", name, name, name, name)
				good = false
			}
			e.SetKindCase(factory.NewLiteral(e.ID(), types.True))
		} else {
			e.SetKindCase(factory.NewIdent(e.ID(), name))
		}
	}
	return c, good
}

// isCondition is true for one of several expressions that are all joined by && from the top.
func isCondition(e ast.NavigableExpr) bool {
	parent, ok := e.Parent()
	joined := false
	for ok && parent.Kind() == ast.CallKind && parent.AsCall().FunctionName() == operators.LogicalAnd {
		joined = true
		parent, ok = parent.Parent()
	}
	return joined && !ok
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
