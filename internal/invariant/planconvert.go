package invariant

import (
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// converts are functions that make another value of one. They are rare enough to work on boxes.
var converts = map[string]func(ref.Val) ref.Val{
	overloads.TypeConvertInt:    convertsTo(types.IntType),
	overloads.TypeConvertUint:   convertsTo(types.UintType),
	overloads.TypeConvertDouble: convertsTo(types.DoubleType),
	overloads.TypeConvertString: convertsTo(types.StringType),
	"lowerAscii":                ofTexts(lowerASCII),
	"upperAscii":                ofTexts(upperASCII),
	"trim":                      ofTexts(strings.TrimSpace),
}

// convertsTo is one of CEL's conversions, which are there for some types of values only.
func convertsTo(t *types.Type) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		known := false
		switch v.(type) {
		case types.String, types.Int, types.Uint, types.Double:
			known = true
		case big:
			if known = true; t == types.IntType {
				return v
			}
		case types.Bool:
			known = t == types.StringType
		case types.Timestamp, types.Duration:
			known = t == types.StringType || t == types.IntType
		}
		if !known {
			return errMismatch
		}
		return v.ConvertToType(t)
	}
}

// convert plans one of them.
func (p *planner) convert(call ast.CallExpr) term {
	args := arguments(call)
	to, of := converts[call.FunctionName()], p.term(args[0])
	if of == nil || len(args) != 1 {
		return nil
	}
	at := p.cell()
	return func(f *frame) value {
		v := of(f)
		if v.failed() {
			return v
		}
		f.spend(v.extent())
		return f.cells[at].ofBox(to(v.boxed()))
	}
}
