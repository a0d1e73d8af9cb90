package apispec

import (
	"math"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

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
