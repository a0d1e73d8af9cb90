package invariant

import (
	"cmp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"

	"github.com/spanwarden/spanwarden/internal/nearest"
)

// issues tells what CEL finds wrong with an expression, in words of ours where a name is meant for another one.
func (p place) issues(key string, parsed *cel.Ast, found *cel.Issues) {
	for _, issue := range found.Errors() {
		message := issue.Message
		if name, ok := quoted(message, "undefined field '"); ok {
			message = "there is no field " + name + hintOfField(name, parsed, issue.ExprID)
		} else if name, ok := quoted(message, "undeclared reference to '"); ok {
			message = "there is no variable or function " + name + ": " + nearest.Hint(name, names())
		} else if problem, ok := strings.CutPrefix(message, "Syntax error: "); ok {
			message = "syntax: " + problem
		}
		p.tell(key, issue.Location.Line(), issue.Location.Column()+1, "%s", message)
	}
}

// quoted returns what stands in quotes after the beginning of a message.
func quoted(message, beginning string) (string, bool) {
	rest, ok := strings.CutPrefix(message, beginning)
	if !ok {
		return "", false
	}
	name, _, ok := strings.Cut(rest, "'")
	return name, ok
}

// hintOfField looks for the field in the structure that the expression took it from, as far as its path tells.
func hintOfField(name string, parsed *cel.Ast, id int64) string {
	var hint string
	if parsed != nil {
		each(parsed.NativeRep(), func(n ast.NavigableExpr) {
			if n.ID() == id && n.Kind() == ast.SelectKind {
				if s, ok := structureAt(n.AsSelect().Operand()); ok {
					hint = " in " + cmp.Or(pathOf(n.AsSelect().Operand()), "an earlier call") + ": " + nearest.Hint(name, fieldNames(s))
				}
			}
		})
	}
	if hint != "" {
		return hint
	}
	var all []string
	for _, s := range structures {
		all = append(all, fieldNames(s)...)
	}
	if near := nearest.Word(name, all); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// structureAt follows a path from a variable, or from an earlier call, through structures.
func structureAt(e ast.Expr) (structure, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		for _, v := range variables {
			if v.name == e.AsIdent() {
				return structureOf(v.celType)
			}
		}
	case ast.CallKind:
		if e.AsCall().FunctionName() == "earlier" {
			return structureOf(typeEarlier)
		}
	case ast.SelectKind:
		if s, ok := structureAt(e.AsSelect().Operand()); ok {
			if f, known := s.field(e.AsSelect().FieldName()); known {
				return structureOf(f.celType)
			}
		}
	}
	return structure{}, false
}

// pathOf is the path of a variable or of one of its fields as it was written; "" for all else.
func pathOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if of := pathOf(e.AsSelect().Operand()); of != "" {
			return of + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

// names are what an expression can begin with.
func names() []string {
	all := []string{"same", "has", "size", "isUUID", "isDate", "isEmail", "day", "row", "shown", "earlier"}
	for _, v := range variables {
		all = append(all, v.name)
	}
	return all
}
