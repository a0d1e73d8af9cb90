package invariant

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	// ID is unique in its book.
	ID string
	// Kind is one of the five of MINES (common-sense, format, database, environment, related-API), or novelty.
	Kind string
	// Message is one line for people.
	Message string
	// Check is the expression as written.
	Check string
	// File names where the rule was written.
	File string

	// Place is that among the rules of its book, from 0.
	Place int

	templates []string // of its APIs, as far as they name parameters of the path

	when, check *expression // when is nil where the rule has no precondition

	reads      reads
	references *references // of its book
}

// reads are the parts of a call that a rule looks at.
type reads struct {
	own, child         apicall.Want // of the call itself, and of its child calls
	statements, calls  bool
	statementsComplete bool // says db.complete
	callsComplete      bool // says calls.complete
	earlier            bool // what earlier calls showed
}

// Deferred is true for a rule that has to wait until a call's statements and child calls are in, and for a stateful one.
func (r *Rule) Deferred() bool { return r.reads.statements || r.reads.calls || r.reads.earlier }

// Stateful is true for a rule that looks at what earlier calls showed: by row, shown or earlier. It is deferred, and has
// to be judged on calls in the order of their start.
func (r *Rule) Stateful() bool { return r.reads.earlier }

// expression is one compiled expression of a rule.
type expression struct {
	program cel.Program
	plan    *plan // nil where the program has to be run

	limit  uint64 // of the cost of an evaluation
	source rulefile.Expression
	env    *cel.Env
	ast    *cel.Ast // as the interpreter runs it
	shown  *ast.AST // as it was written
	claims claims
	asks   bool // of the store
}

func (r *reads) add(other reads) {
	r.own |= other.own
	r.child |= other.child
	r.statements = r.statements || other.statements
	r.calls = r.calls || other.calls
	r.statementsComplete = r.statementsComplete || other.statementsComplete
	r.callsComplete = r.callsComplete || other.callsComplete
	r.earlier = r.earlier || other.earlier
}
