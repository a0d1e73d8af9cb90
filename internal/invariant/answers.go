package invariant

import (
	"fmt"

	"cel.dev/cel-go/common/ast"
)

// collectAnswer gathers the answer to a question, as row("orders", req.path.id).price, and the values of its key; false if
// e is no question.
func (x *explainer) collectAnswer(e ast.Expr, in *scope) bool {
	switch e.Kind() {
	case ast.IdentKind:
		q := x.question(e)
		if q == nil {
			return false
		}
		x.show(q.of.written()+"."+q.text, x.judge.memory.ofCaller(q.forItsValue()), q.secret())
		return true
	case ast.CallKind:
		if e.AsCall().FunctionName() != askFunction {
			return false
		}
		q, key := x.question(e.AsCall().Args()[0]), e.AsCall().Args()[1]
		if q == nil {
			return false
		}
		x.show(x.asked(q, key, in), x.judge.memory.ofKey(q.forItsValue(), x.value(key, in)), q.secret())
		x.collect(key, in)
		return true
	}
	return false
}

// question is the question that a variable stands for, nil if it stands for none.
func (x *explainer) question(e ast.Expr) *question {
	r := x.judge.memory.references
	if r == nil || e.Kind() != ast.IdentKind {
		return nil
	}
	at, known := r.names[e.AsIdent()]
	if !known {
		return nil
	}
	return &r.questions[at]
}

// forItsValue asks for the value where the question was only whether there is one.
func (q *question) forItsValue() *question {
	if q.kind != forPresence {
		return q
	}
	value := *q
	value.kind = forValue
	return &value
}

// secret is true if the answer looks like a secret, by the names of the field and of where it comes from.
func (q *question) secret() bool {
	return q.kind != forShown && q.of.fields[q.column].secret
}

// asked is a question as a rule has it, with the path of the key inside macros.
func (x *explainer) asked(q *question, key ast.Expr, in *scope) string {
	written := x.written(key)
	if path, _, ok := x.field(key, in); ok {
		written = path
	}
	if q.kind == forShown {
		return fmt.Sprintf("shown(%q, %s)", q.of.name, written)
	}
	return fmt.Sprintf("row(%q, %s).%s", q.of.name, written, q.text)
}
