package apispec

import (
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

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
