package apispec

import (
	"github.com/getkin/kin-openapi/openapi3"
)

// sizes reads bounds of numbers, texts and lists.
func (m *merger) sizes(v *openapi3.Schema) {
	s := &m.shape
	if v.Min != nil {
		s.raise(limit{*v.Min, v.ExclusiveMin.IsTrue()})
	}
	if v.ExclusiveMin.Value != nil {
		s.raise(limit{*v.ExclusiveMin.Value, true})
	}
	if v.Max != nil {
		s.lower(limit{*v.Max, v.ExclusiveMax.IsTrue()})
	}
	if v.ExclusiveMax.Value != nil {
		s.lower(limit{*v.ExclusiveMax.Value, true})
	}
	if v.MultipleOf != nil {
		s.steps = append(s.steps, *v.MultipleOf)
	}
	if v.Pattern != "" {
		s.patterns = append(s.patterns, v.Pattern)
	}
	s.minLength, s.minItems = max(s.minLength, v.MinLength), max(s.minItems, v.MinItems)
	s.maxLength, s.maxItems = smaller(s.maxLength, v.MaxLength), smaller(s.maxItems, v.MaxItems)
}

func (s *shape) raise(l limit) {
	if s.low == nil || l.value > s.low.value || l.value == s.low.value && l.open {
		s.low = &l
	}
}

func (s *shape) lower(l limit) {
	if s.high == nil || l.value < s.high.value || l.value == s.high.value && l.open {
		s.high = &l
	}
}

func smaller(a, b *uint64) *uint64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}
