package invariant

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

// plannedTests are calls that come to a truth value, and plannedTerms those that come to another one.
var (
	plannedTests map[string]func(*planner, ast.CallExpr) test
	plannedTerms map[string]func(*planner, ast.CallExpr) term
)

func init() {
	plannedTests = map[string]func(*planner, ast.CallExpr) test{
		operators.LogicalAnd: (*planner).and,
		operators.LogicalOr:  (*planner).or,
		operators.LogicalNot: (*planner).not,

		operators.Equals:                     (*planner).equals,
		operators.NotEquals:                  (*planner).notEquals,
		operators.In:                         (*planner).in,
		strictNames[operators.Equals]:        (*planner).equals,
		strictNames[operators.NotEquals]:     (*planner).notEquals,
		strictNames[operators.In]:            (*planner).in,
		operators.Less:                       (*planner).order,
		operators.LessEquals:                 (*planner).order,
		operators.Greater:                    (*planner).order,
		operators.GreaterEquals:              (*planner).order,
		strictNames[operators.Less]:          (*planner).order,
		strictNames[operators.LessEquals]:    (*planner).order,
		strictNames[operators.Greater]:       (*planner).order,
		strictNames[operators.GreaterEquals]: (*planner).order,

		"same":               (*planner).same,
		"isUUID":             (*planner).form,
		"isDate":             (*planner).form,
		"isEmail":            (*planner).form,
		overloads.StartsWith: (*planner).part,
		overloads.EndsWith:   (*planner).part,
		overloads.Contains:   (*planner).part,
		overloads.Matches:    (*planner).matches,
	}
	for name := range decisions {
		plannedTests[name] = (*planner).decided
	}
	plannedTerms = map[string]func(*planner, ast.CallExpr) term{
		operators.Conditional: (*planner).conditional,
		operators.Index:       (*planner).index,
		overloads.Size:        (*planner).size,
		"day":                 (*planner).day,
		askFunction:           (*planner).ask,
	}
	for name := range converts {
		plannedTerms[name] = (*planner).convert
	}
}

// tests plans all of them, nil if one is not known.
func (p *planner) tests(parts []ast.Expr) []test {
	all := make([]test, len(parts))
	for i, part := range parts {
		if all[i] = p.test(part); all[i] == nil {
			return nil
		}
	}
	return all
}

// terms plans all of them, nil if one is not known.
func (p *planner) terms(parts ...ast.Expr) []term {
	all := make([]term, len(parts))
	for i, part := range parts {
		if all[i] = p.term(part); all[i] == nil {
			return nil
		}
	}
	return all
}

// and is false if one side is, else the first error.
func (p *planner) and(call ast.CallExpr) test { return p.join(call, isFalse) }

// or is true if one side is, else the first error.
func (p *planner) or(call ast.CallExpr) test { return p.join(call, isTrue) }

// join looks for what decides, and comes to the opposite where every side does.
func (p *planner) join(call ast.CallExpr, decisive truth) test {
	sides := p.tests(flattened(call.FunctionName(), call.Args()))
	if sides == nil {
		return nil
	}
	if len(sides) == 2 {
		return joined(sides[0], sides[1], decisive)
	}
	return func(f *frame) truth {
		result := isTrue - decisive
		for _, side := range sides {
			is := side(f)
			if is == decisive {
				return is
			}
			if is >= failed && result < failed {
				result = is
			}
		}
		return result
	}
}

func joined(a, b test, decisive truth) test {
	return func(f *frame) truth {
		first := a(f)
		if first == decisive {
			return first
		}
		second := b(f)
		if second == decisive || first < failed {
			return second
		}
		return first
	}
}

// flattened takes the sides of sides along: a && (b && c) is a && b && c.
func flattened(function string, sides []ast.Expr) (all []ast.Expr) {
	for _, side := range sides {
		if side.Kind() == ast.CallKind && side.AsCall().FunctionName() == function {
			all = append(all, flattened(function, side.AsCall().Args())...)
		} else {
			all = append(all, side)
		}
	}
	return all
}

func (p *planner) not(call ast.CallExpr) test {
	of := p.test(call.Args()[0])
	if of == nil {
		return nil
	}
	return func(f *frame) truth {
		is := of(f)
		if is >= failed {
			return is
		}
		return isTrue - is
	}
}

// conditional is condition ? a : b.
func (p *planner) conditional(call ast.CallExpr) term {
	condition, sides := p.test(call.Args()[0]), p.terms(call.Args()[1:]...)
	if condition == nil || sides == nil {
		return nil
	}
	return func(f *frame) value {
		switch is := condition(f); is {
		case isTrue:
			return sides[0](f)
		case isFalse:
			return sides[1](f)
		default:
			return is.value()
		}
	}
}
