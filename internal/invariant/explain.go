package invariant

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Explanation is why a rule is violated.
type Explanation struct {
	// Text is one line: the rule's message, which part of the check is false, and the values that it read.
	Text string
	// False is the part of the check that is false, as it was written.
	False string
	// Values are what the check read, by path, such as req.body.accountId, in the order of the text.
	Values []Value
}

// Value is a field that a rule read.
type Value struct {
	Path string
	Text string // as JSON has it; a text without quotes; cut at 1 KiB
}

const (
	maxValues     = 32
	maxValueBytes = 1 << 10
	maxElements   = 4   // of a list of which none is as it should be
	maxExamined   = 100 // elements, to find the one that decided
	maxFalseBytes = 300
	maxTextBytes  = 4096
)

// Explain tells why the rule is violated. It may be called while the verdict is valid.
func (v *Verdict) Explain(e Evidence) Explanation {
	x := explainer{judge: v.judge, evidence: e, expression: v.Rule.check}
	root := v.Rule.check.ast.NativeRep().Expr()
	out := Explanation{False: x.written(x.falsePart(root))}
	x.collect(root, nil)
	out.Values = x.values
	out.Text = x.sentence(v.Rule, out.False)
	return out
}

// explainer explains one violation. It evaluates the parts of the check one by one, which costs some microseconds each.
type explainer struct {
	*expression
	judge    *Judge
	evidence Evidence
	values   []Value
	seen     map[string]bool
}

// value evaluates a part of the check, inside the macros that it stands in.
func (x *explainer) value(part ast.Expr, in *scope) ref.Val {
	whole := x.ast.NativeRep()
	only := ast.NewCheckedAST(ast.NewAST(part, whole.SourceInfo()), whole.TypeMap(), whole.ReferenceMap())
	program, err := x.env.PlanProgram(only, cel.CostTracking(actual{}), cel.CostLimit(x.limit))
	if err != nil {
		return errUnknown
	}
	value, _, err := program.Eval(&inside{x.judge, in})
	if err != nil || value == nil {
		return errUnknown
	}
	return value
}

// inside is what expressions see inside a macro.
type inside struct {
	*Judge
	scope *scope
}

// ResolveName is part of [interpreter.Activation].
func (i *inside) ResolveName(name string) (any, bool) {
	if s, ok := i.scope.find(name); ok {
		return s.value, true
	}
	return i.memory.ResolveName(name)
}

// falsePart goes down to what alone makes the whole false.
func (x *explainer) falsePart(e ast.Expr) ast.Expr {
	if e.Kind() != ast.CallKind {
		return e
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.LogicalAnd:
	case operators.Conditional:
		args = args[1:2]
		if x.value(e.AsCall().Args()[0], nil) == ref.Val(types.False) {
			args = e.AsCall().Args()[2:]
		}
	default: // of ||, all is: a side shows what the rule is about less than the whole
		return e
	}
	for _, arg := range args {
		if x.value(arg, nil) == ref.Val(types.False) {
			return x.falsePart(arg)
		}
	}
	return e
}

// written is a part of the check as its author wrote it, on one line.
func (x *explainer) written(part ast.Expr) string {
	for _, e := range []ast.Expr{find(x.shown.Expr(), part.ID()), part} {
		if e == nil {
			continue
		}
		if text, err := cel.ExprToString(e, x.shown.SourceInfo()); err == nil {
			return clip(strings.Join(strings.Fields(text), " "), maxFalseBytes)
		}
	}
	return clip(strings.Join(strings.Fields(x.source.Text), " "), maxFalseBytes)
}

// find returns the part of an expression that has that id, nil if none has.
func find(e ast.Expr, id int64) (found ast.Expr) {
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(part ast.Expr) {
		if part.ID() == id {
			found = part
		}
	}))
	return found
}

// sentence joins message, part and values.
func (x *explainer) sentence(r *Rule, part string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s is false", r.Message, part)
	for i, v := range x.values {
		separator := ", "
		if i == 0 {
			separator = "; "
		}
		fmt.Fprintf(&b, "%s%s = %s", separator, v.Path, v.Text)
	}
	return clip(b.String(), maxTextBytes)
}

// clip cuts a text between runes.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}
