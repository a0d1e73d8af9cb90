package invariant

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/nearest"
)

// wants are the parts of a call behind the fields of a structure.
var wants = map[string]map[string]apicall.Want{
	"Request":     {"query": apicall.WantQuery, "header": apicall.WantRequestHeaders, "body": apicall.WantRequestBody},
	"Response":    {"header": apicall.WantResponseHeaders, "body": apicall.WantResponseBody},
	"Environment": {"user": apicall.WantUser, "session": apicall.WantUser},
	"Call":        {}, // what every call has
	"ChildCall":   {},
}

// reads returns what an expression looks at.
func (e *expression) reads() reads {
	r := reads{statementsComplete: e.claims.statements, callsComplete: e.claims.calls, earlier: e.asks}
	a := e.ast.NativeRep()
	each(a, func(n ast.NavigableExpr) {
		r.statements = r.statements || isVariable(n, "db")
		r.calls = r.calls || isVariable(n, "calls")
		want, known := wants[a.GetType(n.ID()).TypeName()]
		if !known {
			return
		}
		into := &r.child
		if isGlobal(rootOf(n)) {
			into = &r.own
		}
		if field, ok := selectedFrom(n); ok {
			*into |= want[field]
		} else { // as a whole, as in [req]: nobody knows what for
			*into |= apicall.WantAll
		}
	})
	return r
}

// selectedFrom returns the field that is taken from a part of an expression; false if that is used as a whole.
func selectedFrom(n ast.NavigableExpr) (field string, ok bool) {
	parent, ok := n.Parent()
	if !ok || parent.Kind() != ast.SelectKind {
		return "", false
	}
	return parent.AsSelect().FieldName(), true
}

// isVariable is true for a use of one of the [variables], which cannot be hidden by the variable of a macro: that has a
// name of the rule's own, see [place.known].
func isVariable(n ast.NavigableExpr, name string) bool {
	return n.Kind() == ast.IdentKind && n.AsIdent() == name
}

func isGlobal(name string) bool {
	for _, v := range variables {
		if v.name == name {
			return true
		}
	}
	return false
}

// kind is that of a rule whose author did not say.
func (r *reads) kind() string {
	switch {
	case r.calls, r.earlier:
		return "related-API"
	case r.statements:
		return "database"
	case r.own&apicall.WantUser != 0:
		return "environment"
	}
	return "common-sense"
}

// each calls visit for every part of an expression.
func each(a *ast.AST, visit func(ast.NavigableExpr)) {
	var walk func(ast.NavigableExpr)
	walk = func(n ast.NavigableExpr) {
		visit(n)
		for _, child := range n.Children() {
			walk(child)
		}
	}
	walk(ast.NavigateAST(a))
}

// unbounded is true for what takes longer on longer texts or lists, but for one loop through the statements or child
// calls, of which a trace has only so many.
func unbounded(a *ast.AST) bool {
	is := false
	each(a, func(n ast.NavigableExpr) {
		switch n.Kind() {
		case ast.ComprehensionKind:
			over := n.AsComprehension().IterRange()
			is = is || rootOf(over) != "db" && rootOf(over) != "calls" || inLoop(n)
		case ast.CallKind:
			switch n.AsCall().FunctionName() {
			case overloads.Matches, operators.Add, overloads.Contains:
				is = true
			case "same", strictNames[operators.Equals], strictNames[operators.NotEquals], strictNames[operators.In]:
				is = is || inLoop(n) && readsBody(a, n)
			}
		}
	})
	return is
}

// inLoop is true for what is evaluated for each element of a list.
func inLoop(n ast.NavigableExpr) bool {
	for parent, ok := n.Parent(); ok; parent, ok = parent.Parent() {
		if parent.Kind() == ast.ComprehensionKind {
			return true
		}
	}
	return false
}

// readsBody is true for an operation on values that may be large: those of bodies, and what nobody knows where it is from.
func readsBody(a *ast.AST, n ast.NavigableExpr) bool {
	return slices.ContainsFunc(n.AsCall().Args(), func(arg ast.Expr) bool {
		if arg.Kind() == ast.CallKind && arg.AsCall().FunctionName() == askFunction {
			return false // the store keeps short values
		}
		path := pathOf(arg)
		return strings.Contains(path, ".body") || path == "" && a.GetType(arg.ID()).Kind() == types.DynKind
	})
}

// known refuses what can never be, such as a parameter that no template of the rule has, and what a rule must not do:
// hide a variable of the call behind one of a macro, or let a caller choose what is searched for.
func (p place) known(key string, checked *cel.Ast) bool {
	good := true
	a := checked.NativeRep()
	refuse := func(id int64, format string, args ...any) {
		good = false
		p.tellAt(key, a, id, format, args...)
	}
	each(a, func(n ast.NavigableExpr) {
		switch n.Kind() {
		case ast.ComprehensionKind:
			if name := n.AsComprehension().IterVar(); isGlobal(name) {
				refuse(n.ID(), "%s is a variable of every rule: choose another name inside the macro, such as x", name)
			}
		case ast.CallKind:
			p.spelling(a, n, refuse)
			args := n.AsCall().Args()
			switch n.AsCall().FunctionName() {
			case overloads.Matches:
				if pattern := args[len(args)-1]; pattern.Kind() != ast.LiteralKind {
					refuse(pattern.ID(), "the pattern of matches() comes from the call: write it as a text")
				}
			case "dyn":
				if a.GetType(args[0].ID()).Kind() == types.StructKind {
					refuse(n.ID(), "%s has no other type than its own: leave out dyn()", pathOf(args[0]))
				}
			}
		case ast.SelectKind:
			s := n.AsSelect()
			if !isPathParameters(s.Operand()) {
				return
			}
			if names := p.parameters(); names != nil && !slices.Contains(names, s.FieldName()) {
				refuse(n.ID(), "req.path has no %s: %s", s.FieldName(), nearest.Hint(s.FieldName(), names))
			}
		}
	})
	return good
}

// spelled is how texts of a statement are always written.
var spelled = map[string]func(string) string{
	"op": upperASCII, "table": lowerASCII, "tables": lowerASCII, "skeleton": lowerASCII,
}

// spelling refuses a comparison with a text that a field of a statement never is, since it is written otherwise.
func (p place) spelling(a *ast.AST, n ast.NavigableExpr, refuse func(id int64, format string, args ...any)) {
	switch n.AsCall().FunctionName() {
	case operators.Equals, operators.NotEquals, operators.In:
	default:
		return
	}
	args := n.AsCall().Args()
	for i, arg := range args {
		if arg.Kind() != ast.SelectKind || a.GetType(arg.AsSelect().Operand().ID()).TypeName() != typeStatement.TypeName() {
			continue
		}
		name := arg.AsSelect().FieldName()
		spell := spelled[name]
		if spell == nil {
			continue
		}
		for _, literal := range literals(args[1-i]) {
			if text, ok := literal.AsLiteral().(types.String); ok && spell(string(text)) != string(text) {
				refuse(literal.ID(), "%s is never written as %q: write %q", name, string(text), spell(string(text)))
			}
		}
	}
}

// literals are a literal, or those of a list.
func literals(e ast.Expr) (all []ast.Expr) {
	switch e.Kind() {
	case ast.LiteralKind:
		return []ast.Expr{e}
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			all = append(all, literals(element)...)
		}
	}
	return all
}

// isPathParameters is true for req.path.
func isPathParameters(e ast.Expr) bool {
	if e.Kind() != ast.SelectKind {
		return false
	}
	s := e.AsSelect()
	return s.FieldName() == "path" && s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "req"
}
