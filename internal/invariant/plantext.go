package invariant

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// arguments are those of a function, also where the first stands before its name.
func arguments(call ast.CallExpr) []ast.Expr {
	if call.IsMemberFunction() {
		return append([]ast.Expr{call.Target()}, call.Args()...)
	}
	return call.Args()
}

// form plans isUUID, isDate and isEmail.
func (p *planner) form(call ast.CallExpr) test {
	is := map[string]func(string) bool{"isUUID": isUUID, "isDate": isDate, "isEmail": isEmail}[call.FunctionName()]
	of := p.term(call.Args()[0])
	if of == nil {
		return nil
	}
	return func(f *frame) truth {
		v := of(f)
		if v.failed() {
			return v.why()
		}
		s, isText := v.text()
		f.spend(uint64(len(s)) / 10)
		return truthOf(isText && is(s))
	}
}

// part plans startsWith, endsWith and contains.
func (p *planner) part(call ast.CallExpr) test {
	has := map[string]func(s, part string) bool{
		overloads.StartsWith: strings.HasPrefix, overloads.EndsWith: strings.HasSuffix, overloads.Contains: strings.Contains,
	}[call.FunctionName()]
	return compared(p.terms(arguments(call)...), func(f *frame, a, b value) truth {
		s, isText := a.text()
		part, areTexts := b.text()
		if !isText || !areTexts {
			return because(Mismatch)
		}
		f.spend(uint64(len(s)) / 10)
		return truthOf(has(s, part))
	})
}

// matches plans a search by a pattern, which always stands in the rule.
func (p *planner) matches(call ast.CallExpr) test {
	args := arguments(call)
	of := p.term(args[0])
	pattern, ok := textOf(args[1])
	if of == nil || !ok {
		return nil
	}
	search, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	is := search.MatchString
	if letters := lettersOf(pattern); letters != nil {
		is = func(s string) bool { return letters.match(s, search) }
	}
	return func(f *frame) truth {
		v := of(f)
		if v.failed() {
			return v.why()
		}
		s, isText := v.text()
		if !isText {
			if v.cell != nil {
				return because(Mismatch)
			}
			if s, isText = v.box.Value().(string); !isText { // as that of a big number
				return because(Mismatch)
			}
		}
		f.spend(3 * uint64(len(s)) / 10)
		return truthOf(is(s))
	}
}

// size plans the number of letters, elements or names.
func (p *planner) size(call ast.CallExpr) term {
	of := p.term(arguments(call)[0])
	if of == nil {
		return nil
	}
	at := p.cell()
	return func(f *frame) value {
		v := of(f)
		if s, isText := v.text(); isText {
			f.spend(uint64(len(s)) / 10)
			return f.cells[at].ofWhole(int64(utf8.RuneCountInString(s)))
		}
		if v.cell == nil {
			return f.cells[at].ofBox(sizeOf(v))
		}
		if v.cell.kind != nodeCell {
			return value{box: errMismatch}
		}
		return f.cells[at].ofWhole(int64(v.cell.node.Len()))
	}
}

func sizeOf(v value) ref.Val {
	if v.failed() {
		return v.box
	}
	if sizer, is := v.box.(traits.Sizer); is && v.box.Type().HasTrait(traits.SizerType) {
		return sizer.Size()
	}
	return errMismatch
}

// day plans the date of a time, which is written into the cell.
func (p *planner) day(call ast.CallExpr) term {
	of := p.term(call.Args()[0])
	if of == nil {
		return nil
	}
	at := p.cell()
	return func(f *frame) value {
		v, c := of(f), &f.cells[at]
		switch {
		case v.failed():
			return v
		case v.cell != nil && v.cell.kind == momentCell:
			return c.ofDay(time.Unix(0, v.cell.whole()).UTC())
		}
		if s, isText := v.text(); isText {
			if !beginsWithDate(s) {
				return value{box: errMismatch}
			}
			return c.ofText(s[:len(time.DateOnly)])
		}
		return c.ofBox(day(v.boxed()))
	}
}

// ofDay writes a date; the years of calls have four digits.
func (c *cell) ofDay(t time.Time) value {
	if t.Year() < 0 || t.Year() > 9999 {
		return c.ofText(t.Format(time.DateOnly))
	}
	written := t.AppendFormat(c.digits[:0], time.DateOnly)
	return c.ofText(unsafe.String(unsafe.SliceData(written), len(written)))
}
