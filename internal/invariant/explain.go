package invariant

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
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
	maxElements   = 4 // of a list of which none is as it should be
	maxFalseBytes = 300
	maxTextBytes  = 4096
)

// Explain tells why the rule is violated. It may be called while the verdict is valid.
func (v *Verdict) Explain(e Evidence) Explanation {
	x := explainer{judge: v.judge, evidence: e, expression: v.Rule.check}
	x.state = x.run()
	root := v.Rule.check.ast.NativeRep().Expr()
	part := x.falsePart(root)
	out := Explanation{False: x.written(part)}
	x.collect(root, nil)
	out.Values = x.values
	out.Text = x.sentence(v.Rule, out.False)
	return out
}

// explainer explains one violation.
type explainer struct {
	*expression
	judge    *Judge
	evidence Evidence
	state    interpreter.EvalState
	values   []Value
	seen     map[string]bool
}

// run evaluates the check once more, remembering the value of every part.
func (x *explainer) run() interpreter.EvalState {
	x.tracking.Do(func() {
		x.tracked, _ = x.env.Program(x.ast, cel.EvalOptions(cel.OptOptimize, cel.OptTrackState))
	})
	if x.tracked == nil {
		return interpreter.NewEvalState()
	}
	_, details, _ := x.tracked.Eval(x.judge)
	if details == nil || details.State() == nil {
		return interpreter.NewEvalState()
	}
	return details.State()
}

func (x *explainer) isFalse(e ast.Expr) bool {
	value, ok := x.state.Value(e.ID())
	return ok && value == ref.Val(types.False)
}

// falsePart goes down to what alone makes the whole false.
func (x *explainer) falsePart(e ast.Expr) ast.Expr {
	if e.Kind() != ast.CallKind {
		return e
	}
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case operators.LogicalAnd:
		for _, arg := range args {
			if x.isFalse(arg) {
				return x.falsePart(arg)
			}
		}
	case operators.Conditional:
		for _, arg := range args[1:] {
			if x.isFalse(arg) {
				return x.falsePart(arg)
			}
		}
	case operators.LogicalOr:
		// All of it is: a side that can only be false shows what the rule is about less than the whole.
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
