package apispec_test

import (
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/apispec"
)

// object is a schema as JSON.
type object = map[string]any

// schemas makes schemas of what rules can check. Where loose is true, some parts say less than they seem to.
func schemas(t *rapid.T, depth int, loose bool) object {
	kinds := []string{"integer", "number", "string", "boolean", "array", "object"}
	if depth == 0 {
		kinds = kinds[:4]
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	s := object{"type": kind}
	maybe := func(keyword string, values ...any) {
		if rapid.IntRange(0, 2).Draw(t, keyword) == 0 {
			s[keyword] = rapid.SampledFrom(values).Draw(t, keyword)
		}
	}
	maybe("nullable", true, false)
	switch kind {
	case "integer":
		maybe("multipleOf", 1, 2, 3)
		maybe("enum", []any{1, 2}, []any{0, -3, 10})
		fallthrough
	case "number":
		maybe("minimum", -2, 0, 3)
		maybe("maximum", 3, 4, 10)
		maybe("exclusiveMinimum", true, false)
		maybe("exclusiveMaximum", true, false)
	case "string":
		maybe("minLength", 0, 1, 2)
		maybe("maxLength", 2, 3)
		maybe("pattern", "^[ab]*$", "a", `^\w+$`)
		maybe("enum", []any{"a"}, []any{"", "ab", "é"})
	case "array":
		s["items"] = schemas(t, depth-1, loose)
		maybe("minItems", 0, 1, 2)
		maybe("maxItems", 2, 3)
	case "object":
		members := object{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b-c", "in"}), 0, 3, rapid.ID[string]).Draw(t, "members") {
			members[name] = schemas(t, depth-1, loose)
		}
		s["properties"] = members
		maybe("required", []any{"a"}, []any{"a", "in"}, []any{"b-c"})
		maybe("additionalProperties", true, false)
	}
	if loose {
		if kind != "object" && kind != "array" && rapid.IntRange(0, 3).Draw(t, "untyped") == 0 { // members and elements tell the type
			delete(s, "type")
		}
		if depth > 0 && rapid.IntRange(0, 3).Draw(t, "parts") == 0 {
			s[rapid.SampledFrom([]string{"allOf", "anyOf", "oneOf"}).Draw(t, "kind")] = []any{schemas(t, depth-1, loose), schemas(t, depth-1, loose)}
		}
	}
	return s
}

// values makes values that mostly are what the schema wants.
func values(t *rapid.T, s object) any {
	kind, _ := s["type"].(string)
	if rapid.IntRange(0, 11).Draw(t, "other") == 0 {
		kind = rapid.SampledFrom([]string{"integer", "number", "string", "boolean", "array", "object", "null"}).Draw(t, "kind")
	}
	switch kind {
	case "integer":
		return rapid.SampledFrom([]any{-3, -2, 0, 1, 2, 3, 4, 10, 12}).Draw(t, "integer")
	case "number":
		return rapid.SampledFrom([]any{-2.5, 0, 0.5, 3, 3.5, 4, 10, 1000.25}).Draw(t, "number")
	case "string":
		return rapid.SampledFrom([]string{"", "a", "ab", "aba", "b", "é", "éé", "abab", "5"}).Draw(t, "string")
	case "boolean":
		return rapid.Bool().Draw(t, "boolean")
	case "array":
		items, _ := s["items"].(object)
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, values(t, items))
		}
		return list
	case "object":
		members, _ := s["properties"].(object)
		o := object{}
		for _, name := range []string{"a", "b-c", "in", "other"} {
			member, known := members[name].(object)
			if most := map[bool]int{true: 4, false: 1}[known]; rapid.IntRange(0, 5).Draw(t, name) <= most-1 {
				o[name] = values(t, member)
			}
		}
		return o
	}
	return nil
}

// asked are the rules of a schema, and what the library says of values.
func asked(t *rapid.T, schema object) (valid func(value any) bool, violated func(value any) []string) {
	text, err := json.Marshal(object{
		"openapi": "3.0.3", "info": object{"title": "t", "version": "1"}, "paths": object{"/x": object{"post": object{
			"operationId": "x", "requestBody": object{"content": object{"application/json": object{"schema": schema}}},
		}}},
	})
	require.NoError(t, err)
	spec, err := apispec.ParseOpenAPI("api.json", text, apispec.Options{})
	require.NoError(t, err)
	book := compiled(t, spec.Rules())
	document, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	library := document.Paths.Find("/x").Post.RequestBody.Value.Content["application/json"].Schema.Value
	return func(value any) bool {
			return library.VisitJSON(value) == nil
		}, func(value any) []string {
			body, err := json.Marshal(value)
			require.NoError(t, err)
			return judge(t, book, &call{method: "POST", path: "/x", request: string(body)}).violated()
		}
}

// decoded is the value as a body has it.
func decoded(t *rapid.T, value any) any {
	text, err := json.Marshal(value)
	require.NoError(t, err)
	var body any
	require.NoError(t, json.Unmarshal(text, &body))
	return body
}

// What kin-openapi takes for valid violates no rule.
func TestWhatASchemaAllowsViolatesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := schemas(t, 3, true)
		valid, violated := asked(t, schema)
		for range 5 {
			value := decoded(t, values(t, schema))
			if valid(value) {
				require.Empty(t, violated(value), "%v of %v", value, schema)
			}
		}
	})
}

// What kin-openapi refuses violates a rule, as far as the schema says no more than rules can check: lists two deep.
func TestWhatASchemaForbidsViolatesARule(t *testing.T) {
	allowed, forbidden := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		schema := schemas(t, 2, false)
		valid, violated := asked(t, schema)
		for range 5 {
			value := decoded(t, values(t, schema))
			if valid(value) {
				allowed++
				continue
			}
			forbidden++
			require.NotEmpty(t, violated(value), "%v of %v", value, schema)
		}
	})
	require.Positive(t, allowed)
	require.Positive(t, forbidden)
}
