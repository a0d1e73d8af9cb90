package invariant

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
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

// tellAt is tell for a part of the expression.
func (p place) tellAt(key string, a *ast.AST, id int64, format string, args ...any) {
	at := a.SourceInfo().GetStartLocation(id)
	p.tell(key, at.Line(), at.Column()+1, format, args...)
}

// expression compiles one expression of the rule, nil if something is wrong with it.
func (p place) expression(key string, source rulefile.Expression) *expression {
	parsed, issues := p.env.Parse(source.Text)
	if issues.Err() != nil {
		p.issues(key, parsed, issues)
		return nil
	}
	shown := ast.Copy(parsed.NativeRep())
	e := &expression{limit: p.options.CostLimit, source: source, env: p.env, shown: shown}
	var claimed bool
	if e.claims, claimed = p.claimComplete(key, parsed.NativeRep()); !claimed {
		return nil
	}
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
	if !p.known(key, checked) || !p.affordable(key, checked) {
		return nil
	}
	var good bool
	if e.asks, good = p.ask(key, checked); !good {
		return nil
	}
	makeStrict(checked.NativeRep())
	makeDecided(checked.NativeRep())
	var err error
	if e.program, err = p.program(e); err != nil {
		p.tell(key, 1, 1, "the expression cannot be evaluated: %v", err)
		return nil
	}
	e.plan = planOf(checked, e.limit, p.references)
	return e
}

// program plans the evaluation. What goes through lists or searches texts has a limit: how long those are is up to who
// calls the API.
func (p place) program(e *expression) (cel.Program, error) {
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if unbounded(e.ast.NativeRep()) {
		options = append(options, cel.CostTracking(actual{}), cel.CostLimit(p.options.CostLimit))
	}
	return p.env.Program(e.ast, options...)
}
