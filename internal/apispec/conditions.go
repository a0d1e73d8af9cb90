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
