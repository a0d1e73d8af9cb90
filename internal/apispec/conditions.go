package apispec

import (
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// condition is one thing that must hold of a value.
type condition struct {
	what  string // as in ids
	kind  string
	says  string // what the value is where it does not hold: "is not a whole number"
	check func(expr string) string
}

// Kinds of rules.
const (
	commonSense = "common-sense"
	format      = "format"
	novelty     = "novelty"
	database    = "database"
)

// celTypes are the types of JSON Schema as rules ask for them.
var celTypes = map[string]string{
	openapi3.TypeInteger: "int", openapi3.TypeNumber: "double", openapi3.TypeString: "string", openapi3.TypeBoolean: "bool",
	openapi3.TypeArray: "list", openapi3.TypeObject: "map",
}

var typeWords = map[string]string{
	openapi3.TypeInteger: "a whole number", openapi3.TypeNumber: "a number", openapi3.TypeString: "a text", openapi3.TypeBoolean: "true or false",
	openapi3.TypeArray: "a list", openapi3.TypeObject: "an object",
}

// conditions are all that a shape says of the value itself.
func conditions(s *shape, m mode, tell func(why string)) []condition {
	all := slices.Concat(formats(s, tell), ranges(s, m, tell), lengths(s), patterns(s, tell), enumeration(s, m, tell), sizes(s))
	if isFormat := slices.ContainsFunc(all, func(c condition) bool { return c.what == "format" && implies[s.format] }); !isFormat {
		all = append(types(s, m), all...)
	}
	if m == typed || m == either {
		for i := range all {
			all[i].orNull(s.null)
		}
	}
	return all
}

// orNull makes the condition hold of null as well.
func (c *condition) orNull(nullable bool) {
	if check := c.check; nullable {
		c.check = func(e string) string { return e + " == null || " + check(e) }
	}
}

// types asks for the type. 5.0 and 1e3 are no whole numbers here, though JSON Schema takes them for some: no encoder of
// whole numbers writes them.
func types(s *shape, m mode) []condition {
	c := condition{what: "type", kind: format}
	var names, words []string
	for _, t := range s.types {
		if t == openapi3.TypeNumber {
			names = append(names, "int", "uint")
		}
		names, words = append(names, celTypes[t]), append(words, typeWords[t])
	}
	c.says = "is not " + strings.Join(words, " or ")
	one := s.one()
	switch {
	case len(s.types) == 0:
		return nil
	case m == typed && len(names) == 1:
		c.check = func(e string) string { return "type(" + e + ") == " + names[0] }
	case m == typed:
		slices.Sort(names)
		names = slices.Compact(names)
		c.check = func(e string) string { return "type(" + e + ") in [" + strings.Join(names, ", ") + "]" }
	case one == openapi3.TypeInteger:
		c.check = matching(m, `^-?[0-9]+$`)
	case one == openapi3.TypeNumber:
		c.check = matching(m, `^-?[0-9.]+([eE][+-]?[0-9]+)?$`)
	case one == openapi3.TypeBoolean:
		c.check = func(e string) string { return asText(m, e) + ` in ["true", "false"]` }
	case one == openapi3.TypeString && m == either:
		c.check = isText
	default:
		return nil
	}
	return []condition{c}
}

func isText(expr string) string { return "type(" + expr + ") == string" }

// once asks that a text is given once, since several of one name are a list.
var once = condition{what: "once", kind: format, says: "is not given once", check: isText}

// asText is a value as its text.
func asText(m mode, expr string) string {
	if m == either {
		return "string(" + expr + ")"
	}
	return expr
}

func matching(m mode, pattern string) func(string) string {
	return func(e string) string { return asText(m, e) + ".matches(" + quoted(pattern) + ")" }
}

// quoted is a pattern as rules write it, without doubled backslashes where that can be.
func quoted(pattern string) string {
	plain := !strings.ContainsFunc(pattern, func(r rune) bool { return r == '"' || !strconv.IsPrint(r) })
	if plain && strings.Contains(pattern, `\`) && !strings.HasSuffix(pattern, `\`) {
		return `r"` + pattern + `"`
	}
	return strconv.Quote(pattern)
}

const (
	octet = `(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])`
	ipv4  = `^(` + octet + `[.]){3}` + octet + `$`
)

// implies are formats whose checks are of texts alone.
var implies = map[string]bool{"uuid": true, "date": true, "date-time": true, "email": true}

// silent are formats that say nothing that could be checked.
var silent = []string{"", "int32", "int64", "float", "double", "password", "byte", "binary"}

// formats asks for the form of a text.
func formats(s *shape, tell func(why string)) []condition {
	c := condition{what: "format", kind: format}
	if one := s.one(); one != openapi3.TypeString && s.types != nil {
		return nil
	}
	switch s.format {
	case "uuid":
		c.says, c.check = "is not a UUID", func(e string) string { return "isUUID(" + e + ")" }
	case "date":
		c.says, c.check = "is not a date", func(e string) string { return "isDate(" + e + ") && size(" + e + ") == 10" }
	case "date-time":
		c.says, c.check = "is not a time with its date", func(e string) string { return "isDate(" + e + ") && size(" + e + ") > 10" }
	case "email":
		c.says, c.check = "is not an address of e-mail", func(e string) string { return "isEmail(" + e + ")" }
	case "ipv4":
		c.says, c.check = "is not an IPv4 address", func(e string) string { return e + ".matches(" + quoted(ipv4) + ")" }
	default:
		if !slices.Contains(silent, s.format) {
			tell("the format " + shown(s.format) + " is not checked")
		}
		return nil
	}
	return []condition{c}
}

// isNumber is true for what is a number and nothing else.
func (s *shape) isNumber() bool {
	one := s.one()
	return one == openapi3.TypeInteger || one == openapi3.TypeNumber
}

// ranges asks for the range and the step of a number.
func ranges(s *shape, m mode, tell func(why string)) (all []condition) {
	if !s.isNumber() {
		return nil
	}
	low, high := s.low, s.high
	if s.format == "int32" {
		wide := shape{low: low, high: high}
		wide.raise(limit{value: math.MinInt32})
		wide.lower(limit{value: math.MaxInt32})
		low, high = wide.low, wide.high
	}
	if low != nil || high != nil {
		all = append(all, condition{what: "range", kind: commonSense, says: rangeWords(low, high), check: func(e string) string {
			return within(asNumber(m, e), low, high)
		}})
	}
	for _, step := range s.steps {
		if step == 1 && s.one() == openapi3.TypeInteger {
			continue
		}
		if s.one() != openapi3.TypeInteger || step != math.Trunc(step) || step < 1 || step > math.MaxInt32 {
			tell("multipleOf with a fraction is not checked")
			continue
		}
		all = append(all, condition{what: "multiple", kind: commonSense, says: "is not a multiple of " + number(step), check: func(e string) string {
			if m != typed {
				e = "int(" + e + ")"
			}
			return e + " % " + number(step) + " == 0"
		}})
	}
	return all
}

func asNumber(m mode, expr string) string {
	if m == typed {
		return expr
	}
	return "double(" + expr + ")"
}

// within asks for a range.
func within(expr string, low, high *limit) string {
	var both []string
	if low != nil {
		both = append(both, expr+operator(" >", low)+number(low.value))
	}
	if high != nil {
		both = append(both, expr+operator(" <", high)+number(high.value))
	}
	return strings.Join(both, " && ")
}

func operator(sign string, l *limit) string {
	if l.open {
		return sign + " "
	}
	return sign + "= "
}

// rangeWords say what a value is that is out of the range.
func rangeWords(low, high *limit) string {
	switch {
	case low != nil && high != nil && !low.open && !high.open:
		return "is not within " + number(low.value) + " and " + number(high.value)
	case low != nil && high != nil:
		return "is not between " + number(low.value) + " and " + number(high.value)
	case low != nil && low.open:
		return "is not more than " + number(low.value)
	case low != nil:
		return "is not at least " + number(low.value)
	case high.open:
		return "is not less than " + number(high.value)
	}
	return "is not at most " + number(high.value)
}

// lengths asks for the length of a text.
func lengths(s *shape) []condition {
	if s.one() != openapi3.TypeString || s.minLength == 0 && s.maxLength == nil {
		return nil
	}
	return []condition{{
		what: "length", kind: format, says: "has not " + countWords(s.minLength, s.maxLength, "character"),
		check: func(e string) string { return counted("size("+e+")", s.minLength, s.maxLength) },
	}}
}

// counted asks for a number of characters or elements.
func counted(size string, low uint64, high *uint64) string {
	var both []string
	switch {
	case high != nil && *high == low:
		return size + " == " + count(low)
	case low > 0:
		both = append(both, size+" >= "+count(low))
	}
	if high != nil {
		both = append(both, size+" <= "+count(*high))
	}
	return strings.Join(both, " && ")
}

// count is a number that rules can compare sizes with.
func count(n uint64) string { return strconv.FormatUint(min(n, math.MaxInt64), 10) }

func countWords(low uint64, high *uint64, of string) string {
	several := func(n uint64) string {
		if n == 1 {
			return count(n) + " " + of
		}
		return count(n) + " " + of + "s"
	}
	switch {
	case high == nil:
		return "at least " + several(low)
	case *high == low:
		return several(low)
	case low == 0:
		return "at most " + several(*high)
	}
	return count(low) + " to " + several(*high)
}

// maxProgram is the largest program of a pattern, as rules are bounded.
const maxProgram = 900

// patterns asks for the patterns of a text, as far as RE2 knows them.
func patterns(s *shape, tell func(why string)) (all []condition) {
	if s.types != nil && s.one() != openapi3.TypeString {
		return nil
	}
	for _, pattern := range s.patterns {
		if !isPattern(pattern) {
			tell("a pattern that RE2 does not know is not checked")
			continue
		}
		all = append(all, condition{what: "pattern", kind: format, says: "has not the form " + shown(pattern), check: func(e string) string {
			return e + ".matches(" + quoted(pattern) + ")"
		}})
	}
	return all
}

func isPattern(pattern string) bool {
	if len(pattern) > maxLiteral {
		return false
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return false
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false
	}
	program, err := syntax.Compile(parsed.Simplify())
	return err == nil && len(program.Inst) <= maxProgram
}

// enumeration asks for one of some values.
func enumeration(s *shape, m mode, tell func(why string)) []condition {
	if len(s.enum) == 0 {
		return nil
	}
	var values, words []string
	for _, l := range s.enum {
		if one := s.one(); one != "" && one != l.name && (!s.isNumber() || l.name != openapi3.TypeNumber) {
			tell("a list of values of another type than the value's is not checked")
			return nil
		}
		value := l.cel
		if m != typed {
			value = strconv.Quote(l.text)
		}
		values, words = append(values, value), append(words, l.text)
	}
	c := condition{what: "values", kind: commonSense}
	if len(values) == 1 {
		c.says = "is not " + shown(words[0])
		c.check = func(e string) string { return asText(m, e) + " == " + values[0] }
	} else {
		c.says = "is not one of " + listed(words)
		c.check = func(e string) string { return asText(m, e) + " in [" + strings.Join(values, ", ") + "]" }
	}
	return []condition{c}
}

// sizes asks for the number of elements of a list.
func sizes(s *shape) []condition {
	if !s.isSized() {
		return nil
	}
	return []condition{{
		what: "size", kind: commonSense, says: "has not " + countWords(s.minItems, s.maxItems, "element"),
		check: func(e string) string { return counted("size("+e+")", s.minItems, s.maxItems) },
	}}
}

func (s *shape) isSized() bool {
	return s.one() == openapi3.TypeArray && (s.minItems > 0 || s.maxItems != nil)
}
