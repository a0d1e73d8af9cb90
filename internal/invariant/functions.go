package invariant

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

const (
	uuidLength       = 36
	mostIdentifiable = 128 // bytes of a text that is a date or an address of mail
)

// functions are what rules have beyond CEL's standard library.
func functions() []cel.EnvOption {
	anyTwo := []*cel.Type{cel.DynType, cel.DynType}
	options := []cel.EnvOption{
		cel.Function("same", cel.Overload("spanwarden_same", anyTwo, cel.BoolType, cel.BinaryBinding(same))),
		format("isUUID", isUUID),
		format("isDate", isDate),
		format("isEmail", isEmail),
		cel.Function("day", cel.Overload("spanwarden_day", []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(day))),
		// What these three ask is rewritten, see [question].
		cel.Function("row", cel.Overload("spanwarden_row", []*cel.Type{cel.StringType, cel.DynType}, typeValues)),
		cel.Function("shown", cel.Overload("spanwarden_shown", []*cel.Type{cel.StringType, cel.DynType}, cel.BoolType)),
		cel.Function("earlier",
			cel.Overload("spanwarden_earlier", []*cel.Type{cel.StringType}, typeEarlier),
			cel.Overload("spanwarden_earlier_of", []*cel.Type{cel.StringType, cel.StringType}, typeEarlier)),
		cel.Function(askFunction, cel.Overload(overloadOf(askFunction), anyTwo, cel.DynType, cel.BinaryBinding(answered))),
		transformation("lowerAscii", lowerASCII),
		transformation("upperAscii", upperASCII),
		transformation("trim", strings.TrimSpace),
	}
	for name, f := range strict {
		options = append(options, cel.Function(name, cel.Overload(overloadOf(name), anyTwo, cel.BoolType, cel.BinaryBinding(f))))
	}
	for name, f := range decisions {
		options = append(options, cel.Function(name, cel.Overload(overloadOf(name), anyTwo, cel.DynType, cel.BinaryBinding(f))))
	}
	return options
}

func overloadOf(function string) string { return "spanwarden_" + function }

// format is a function of one value that is true for texts of a form, and false for all else.
func format(name string, is func(string) bool) cel.EnvOption {
	return cel.Function(name, cel.Overload("spanwarden_"+name, []*cel.Type{cel.DynType}, cel.BoolType,
		cel.UnaryBinding(func(v ref.Val) ref.Val {
			s, ok := v.(types.String)
			return types.Bool(ok && is(string(s)))
		})))
}

func transformation(name string, of func(string) string) cel.EnvOption {
	return cel.Function(name, cel.MemberOverload("spanwarden_"+name, []*cel.Type{cel.StringType}, cel.StringType,
		cel.UnaryBinding(ofTexts(of))))
}

// ofTexts makes of a function of texts one that no other value has a result of.
func ofTexts(of func(string) string) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		s, ok := v.(types.String)
		if !ok {
			return errMismatch
		}
		return types.String(of(string(s)))
	}
}

// lowerASCII leaves other letters alone, which may change their number of bytes.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

// same compares identifiers, whatever types they came in: 42 and "42" are the same, and so is a list whose elements all
// are. Nothing is the same as what is absent or null.
func same(a, b ref.Val) ref.Val {
	if list, ok := a.(traits.Lister); ok {
		return allSame(list, b)
	}
	if list, ok := b.(traits.Lister); ok {
		return allSame(list, a)
	}
	if a, ok := a.(types.String); ok {
		if b, ok := b.(types.String); ok {
			return types.Bool(a == b)
		}
	}
	var bufferA, bufferB [32]byte
	x, ok := identifier(a, bufferA[:0])
	if !ok {
		return types.False
	}
	y, ok := identifier(b, bufferB[:0])
	return types.Bool(ok && bytes.Equal(x, y))
}

func allSame(list traits.Lister, b ref.Val) ref.Val {
	n, ok := list.Size().(types.Int)
	if !ok {
		return list.Size()
	}
	if _, nested := b.(traits.Lister); nested {
		return errMismatch
	}
	for i := range n {
		item := list.Get(i)
		if _, nested := item.(traits.Lister); nested {
			return errMismatch
		}
		if s := same(item, b); s != types.True {
			return s
		}
	}
	return types.Bool(n > 0)
}

// identifier is the text of a value that can identify something: a text, a whole number, a truth value.
func identifier(v ref.Val, buffer []byte) ([]byte, bool) {
	switch v := v.(type) {
	case types.String:
		return append(buffer, v...), true
	case types.Int:
		return strconv.AppendInt(buffer, int64(v), 10), true
	case types.Uint:
		return strconv.AppendUint(buffer, uint64(v), 10), true
	case big:
		return append(buffer, v...), true
	case types.Bool:
		return strconv.AppendBool(buffer, bool(v)), true
	case types.Double:
		if f := float64(v); f == math.Trunc(f) && math.Abs(f) < 1<<53 { // JSON of some languages has 42.0 for 42
			return strconv.AppendInt(buffer, int64(f), 10), true
		}
		return strconv.AppendFloat(buffer, float64(v), 'g', -1, 64), true
	}
	return buffer, false
}

// isUUID is true for the 36 characters of RFC 9562, section 4, in either case.
func isUUID(s string) bool {
	if len(s) != uuidLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if c-'0' > 9 && c|0x20-'a' > 5 {
				return false
			}
		}
	}
	return true
}

// dateForm is the one of the forms of ISO 8601 and RFC 3339 that APIs use, which a text of at least ten letters may be of.
func dateForm(s string) string {
	day, clock := len(time.DateOnly), s[len(time.DateOnly):]
	toMinutes := strings.Count(clock, ":") == 1
	switch {
	case clock == "":
		return time.DateOnly
	case s[day] == ' ' && toMinutes:
		return "2006-01-02 15:04"
	case s[day] == ' ':
		return time.DateTime
	case s[day] != 'T':
		return ""
	case toMinutes:
		return "2006-01-02T15:04"
	case s[len(s)-1] == 'Z', s[len(s)-len("+00:00")] == '+', s[len(s)-len("+00:00")] == '-':
		return time.RFC3339
	}
	return "2006-01-02T15:04:05"
}

// isDate is true for a date that exists, with or without a time of day.
func isDate(s string) bool {
	if len(s) < len(time.DateOnly) || len(s) > mostIdentifiable {
		return false
	}
	form := dateForm(s)
	if form == "" {
		return false
	}
	_, err := time.Parse(form, s)
	return err == nil
}

// day is the date that a time falls on, in UTC, or that a text begins with.
func day(v ref.Val) ref.Val {
	switch v := v.(type) {
	case types.Timestamp:
		return types.String(v.UTC().Format(time.DateOnly))
	case types.String:
		if beginsWithDate(string(v)) {
			return v[:len(time.DateOnly)]
		}
	}
	return errMismatch
}

// beginsWithDate is true for a text whose first ten letters are a date that exists, with no digit behind.
func beginsWithDate(s string) bool {
	if len(s) < len(time.DateOnly) || len(s) > len(time.DateOnly) && s[len(time.DateOnly)]-'0' <= 9 {
		return false
	}
	_, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	return err == nil
}

// isEmail is true for one "@" between a name and a domain with a dot, and nothing that must be quoted.
func isEmail(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" || len(s) > mostIdentifiable*2 || strings.ContainsAny(s, " \t\r\n\"'<>()[],;:\\") {
		return false
	}
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1 && !strings.Contains(domain, "@")
}
