package invariant

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// Judge evaluates rules. It belongs to one goroutine; the zero value is not usable, see [NewJudge].
type Judge struct {
	options Options
	shelf   *shelf

	call       *view
	children   []*view
	statements []*statementView

	db, calls openList
	untraced  bool // there never are statements or child calls, as in a log
	memory    memory

	frame     frame
	interpret bool // also what has a plan
}

// Verdict is the outcome of one rule on one call.
type Verdict struct {
	Rule    *Rule
	Outcome Outcome
	Reason  Reason // why it was not applicable

	judge *Judge
}

// Surroundings are what is known of a call besides itself.
type Surroundings struct {
	Statements []*Statement
	Calls      []*Call // child calls
	// StatementsOpen and CallsOpen are true where there may be more than these.
	StatementsOpen, CallsOpen bool
	// Untraced is true where statements and child calls are never seen: no rule that reads them is applicable.
	Untraced bool
	// StatementsLost and CallsLost are true where some are known to be lost: no rule may take the list for complete.
	StatementsLost, CallsLost bool
	// References are what earlier calls showed, for stateful rules. Without, nothing is known of earlier calls.
	References *reference.Transaction
}

// NewJudge returns a judge for rules of that book, and of books compiled with the same options.
func NewJudge(b *Book) *Judge {
	j := &Judge{options: b.options, shelf: new(shelf)}
	j.call = newView(b.options.Limits, j.shelf)
	j.memory.judge, j.frame.judge = j, j
	return j
}

// Immediate evaluates the rules that read the call alone. A verdict is valid until each returns.
func (j *Judge) Immediate(c *Call, each func(Verdict)) {
	if c.api == nil || len(c.api.Immediate) == 0 {
		return
	}
	j.call.show(c)
	for _, r := range c.api.Immediate {
		each(j.verdict(r))
	}
	j.release()
}

// Deferred evaluates the rules that read statements or child calls, or what earlier calls showed. A verdict is valid
// until each returns.
func (j *Judge) Deferred(c *Call, s *Surroundings, each func(Verdict)) {
	if c.api == nil || len(c.api.Deferred) == 0 {
		return
	}
	j.call.show(c)
	j.surround(s)
	if s.References != nil {
		j.memory.turn(c, s.References)
	}
	for _, r := range c.api.Deferred {
		j.db.open = s.StatementsLost || s.StatementsOpen && !r.reads.statementsComplete
		j.calls.open = s.CallsLost || s.CallsOpen && !r.reads.callsComplete
		j.memory.references = r.references
		each(j.verdict(r))
	}
	if s.References != nil {
		j.memory.turn(nil, nil)
	}
	j.release()
}

func (j *Judge) surround(s *Surroundings) {
	j.untraced = s.Untraced
	for len(j.statements) < len(s.Statements) {
		j.statements = append(j.statements, newStatementView())
	}
	for i, st := range s.Statements {
		j.statements[i].statement = st
		j.db.items = append(j.db.items, j.statements[i])
	}
	for len(j.children) < len(s.Calls) {
		j.children = append(j.children, newView(j.options.Limits, j.shelf))
	}
	for i, c := range s.Calls {
		j.children[i].show(c)
		j.calls.items = append(j.calls.items, &j.children[i].asChild)
	}
}

// usualViews are kept for the next call; a trace that needed more was a giant.
const usualViews = 256

// release lets go of the call and what is around it.
func (j *Judge) release() {
	j.frame.release()
	j.call.show(nil)
	for i := range j.calls.items {
		j.children[i].show(nil)
	}
	for i := range j.db.items {
		j.statements[i].statement = nil
	}
	clear(j.db.items)
	clear(j.calls.items)
	j.db.items, j.calls.items = j.db.items[:0], j.calls.items[:0]
	if len(j.statements) > usualViews || len(j.children) > usualViews {
		j.statements, j.children, j.db.items, j.calls.items = nil, nil, nil, nil
	}
}

// verdict evaluates one rule on the call that is shown.
func (j *Judge) verdict(r *Rule) Verdict {
	j.call.pathParameters.of(r.templates)
	v := Verdict{Rule: r, judge: j}
	if r.when != nil {
		switch is, reason := j.evaluate(r, r.when); {
		case reason != None:
			v.Reason = reason
			return v
		case !is:
			v.Reason = When
			return v
		}
	}
	is, reason := j.evaluate(r, r.check)
	switch {
	case reason != None:
		v.Reason = reason
	case is:
		v.Outcome = Holds
	default:
		v.Outcome = Violated
	}
	return v
}

// evaluate returns the value of an expression, or the reason why it has none.
func (j *Judge) evaluate(r *Rule, e *expression) (bool, Reason) {
	if e.plan != nil && !j.interpret {
		is := j.frame.evaluate(e.plan)
		if is >= failed {
			return false, is.reason()
		}
		return is == isTrue, None
	}
	var sees interpreter.Activation = j
	if r.reads.earlier {
		sees = &j.memory
	}
	value, _, err := e.program.Eval(sees)
	if err != nil {
		return false, reasonOf(err)
	}
	is, ok := value.(types.Bool)
	if !ok {
		return false, Mismatch
	}
	return bool(is), None
}

var _ interpreter.Activation = (*Judge)(nil)

// ResolveName is part of [interpreter.Activation].
func (j *Judge) ResolveName(name string) (any, bool) {
	switch name {
	case "call":
		return &j.call.asCall, true
	case "req":
		return &j.call.asRequest, true
	case "resp":
		return &j.call.asResponse, true
	case "env":
		return &j.call.asEnvironment, true
	case "db":
		return j.list(&j.db), true
	case "calls":
		return j.list(&j.calls), true
	}
	return nil, false
}

// list is a list of statements or child calls, or unknown where those are never seen.
func (j *Judge) list(l *openList) ref.Val {
	if j.untraced {
		return errUnobserved
	}
	return l
}

// Parent is part of [interpreter.Activation].
func (*Judge) Parent() interpreter.Activation { return nil }
