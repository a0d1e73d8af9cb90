package apispec

import (
	"cmp"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape is what a schema says of a value, with all parts of its allOf in one.
type shape struct {
	types     []string // of JSON Schema without null; nil: any
	null      bool
	enum      []literal // nil: any
	format    string
	low, high *limit
	steps     []float64 // multiples of them
	patterns  []string

	minLength, minItems uint64
	maxLength, maxItems *uint64

	required []string
	members  map[string][]*openapi3.SchemaRef
	closed   bool // has no other members
	items    []*openapi3.SchemaRef

	readOnly, writeOnly bool
}

// limit is a bound of numbers.
type limit struct {
	value float64
	open  bool // the bound itself is out
}

// literal is one value of an enumeration.
type literal struct {
	cel  string // as rules write it
	text string // as it is in texts, such as queries
	name string // of its type
}

// merger makes a shape of schemas.
type merger struct {
	shape shape
	left  *int               // schemas that may still be read
	tell  func(why string)   // of what is left out
	above []*openapi3.Schema // of the values that this one is within
	parts []*openapi3.Schema // those that were read
}

const maxParts = 32 // of allOf inside each other

// add takes what a schema says as well. A part is one of an allOf.
func (m *merger) add(ref *openapi3.SchemaRef, depth int) {
	if ref == nil || ref.Value == nil {
		m.leave("a schema that is null is not checked")
		return
	}
	v := ref.Value
	*m.left--
	switch {
	case slices.Contains(m.parts, v):
		return
	case slices.Contains(m.above, v):
		m.leave("what is inside of its own kind is checked once")
		return
	case *m.left < 0 || depth > maxParts:
		m.leave(veryLarge)
		return
	}
	m.parts = append(m.parts, v)
	m.choice(v, depth)
	m.kinds(v)
	m.values(v)
	m.sizes(v)
	m.object(v, depth > 0)
	if v.Items != nil {
		m.shape.items = append(m.shape.items, v.Items)
	}
	m.shape.format = cmp.Or(m.shape.format, v.Format)
	m.shape.readOnly = m.shape.readOnly || v.ReadOnly
	m.shape.writeOnly = m.shape.writeOnly || v.WriteOnly
	m.beyond(v)
	for _, part := range v.AllOf {
		m.add(part, depth+1)
	}
}

// leave tells of a part that is not read. It may allow null.
func (m *merger) leave(why string) {
	m.tell(why)
	m.shape.null = true
}

// choice reads oneOf and anyOf where they only say that a value may be null.
func (m *merger) choice(v *openapi3.Schema, depth int) {
	for _, forms := range [...]openapi3.SchemaRefs{v.OneOf, v.AnyOf} {
		rest := slices.DeleteFunc(slices.Clone(forms), isNull)
		switch {
		case len(forms) == 0:
		case len(rest) == 1:
			m.shape.null = m.shape.null || len(forms) > 1
			m.add(rest[0], depth+1)
		default:
			m.leave("a choice between several forms (oneOf, anyOf) is not checked")
		}
	}
}

// isNull is true for the schema of null.
func isNull(ref *openapi3.SchemaRef) bool {
	return ref != nil && ref.Value != nil && ref.Value.Type.Is(openapi3.TypeNull)
}

// kinds reads the types.
func (m *merger) kinds(v *openapi3.Schema) {
	m.shape.null = m.shape.null || v.Nullable || v.Type.IncludesNull()
	types := slices.DeleteFunc(v.Type.Clone(), func(t string) bool { return t == openapi3.TypeNull })
	switch {
	case len(types) == 0:
		return
	case slices.ContainsFunc(types, func(t string) bool { return celTypes[t] == "" }):
		m.tell("a type that is none of JSON is not checked")
		return
	}
	if m.shape.types == nil {
		m.shape.types = types
		return
	}
	both := slices.DeleteFunc(slices.Clone(m.shape.types), func(t string) bool { return !slices.Contains(types, t) })
	if len(both) == 0 && slices.Contains(types, openapi3.TypeInteger) && slices.Contains(m.shape.types, openapi3.TypeNumber) {
		both = []string{openapi3.TypeInteger}
	}
	if len(both) > 0 {
		m.shape.types = both
	}
}

// values reads the enumeration.
func (m *merger) values(v *openapi3.Schema) {
	all := v.Enum
	if v.Const != nil {
		all = []any{v.Const}
	}
	if len(all) == 0 || m.shape.enum != nil {
		return
	}
	if len(all) > maxEnum {
		m.tell("a list of very many values is not checked")
		return
	}
	var values []literal
	for _, value := range all {
		if value == nil {
			m.shape.null = true
			continue
		}
		l, ok := literalOf(value)
		if !ok {
			m.tell("a list of values that are lists or objects is not checked")
			return
		}
		values = append(values, l)
	}
	m.shape.enum = values
}

// object reads members.
func (m *merger) object(v *openapi3.Schema, part bool) {
	s := &m.shape
	for _, name := range v.Required {
		if !slices.Contains(s.required, name) {
			s.required = append(s.required, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Properties)) {
		if s.members == nil {
			s.members = make(map[string][]*openapi3.SchemaRef)
		}
		s.members[name] = append(s.members[name], v.Properties[name])
	}
	switch more := v.AdditionalProperties; {
	case more.Schema != nil && !isAny(more.Schema):
		m.tell("members of any name (additionalProperties) are not checked")
	case more.Has == nil || *more.Has:
	case part || len(v.AllOf)+len(v.OneOf)+len(v.AnyOf)+len(v.PatternProperties) > 0:
		m.tell("additionalProperties: false beside or inside allOf, oneOf or anyOf is not checked")
	default:
		s.closed = true
	}
}

// isAny is true for a schema that says nothing.
func isAny(ref *openapi3.SchemaRef) bool {
	return ref.Value == nil || ref.Value.Always != nil || ref.Value.Type.IsEmpty() && len(ref.Value.Properties) == 0 && len(ref.Value.AllOf) == 0
}

// beyond tells of what no rule is made of.
func (m *merger) beyond(v *openapi3.Schema) {
	for _, left := range []struct {
		keyword string
		is      bool
	}{
		{"not", v.Not != nil},
		{"if", v.If != nil},
		{"uniqueItems", v.UniqueItems},
		{"minProperties", v.MinProps > 0},
		{"maxProperties", v.MaxProps != nil},
		{"patternProperties", len(v.PatternProperties) > 0},
		{"propertyNames", v.PropertyNames != nil},
		{"prefixItems", len(v.PrefixItems) > 0},
		{"contains", v.Contains != nil},
		{"dependentRequired", len(v.DependentRequired) > 0},
		{"dependentSchemas", len(v.DependentSchemas) > 0},
		{"unevaluatedProperties", v.UnevaluatedProperties.Has != nil && !*v.UnevaluatedProperties.Has || v.UnevaluatedProperties.Schema != nil},
		{"unevaluatedItems", v.UnevaluatedItems.Has != nil && !*v.UnevaluatedItems.Has || v.UnevaluatedItems.Schema != nil},
		{"$dynamicRef", v.DynamicRef != ""},
	} {
		if left.is {
			m.tell(left.keyword + " is not checked")
		}
	}
}

// one is the only type of a value; "" if it may have several, or any.
func (s *shape) one() string {
	if len(s.types) == 1 {
		return s.types[0]
	}
	return ""
}
