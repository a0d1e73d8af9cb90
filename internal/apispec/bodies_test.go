package apispec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec"
)

// read is a description of some paths.
func read(t require.TestingT, paths string) *apispec.Spec {
	spec, err := apispec.ParseOpenAPI("api.yaml", []byte("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n"+paths), apispec.Options{})
	require.NoError(t, err)
	return spec
}

// withBody describes POST /x, whose body has a member v of that schema.
func withBody(schema string) string {
	return "  /x: {post: {operationId: x, requestBody: {content: {application/json: {schema: {type: object, properties: {v: " + schema + "}}}}}}}\n"
}

// Of each schema, the first values break no rule, and each other one those that stand beside it.
func TestValuesInABodyAreAsTheirSchemaHasThem(t *testing.T) {
	t.Parallel()
	for schema, test := range map[string]struct {
		good []string
		bad  map[string]string // value -> what is wrong with it
	}{
		"{type: integer}":                            {[]string{"5", "-5", "0"}, map[string]string{`"5"`: "type", "5.5": "type", "true": "type", "null": "type", "[]": "type", "{}": "type"}},
		"{type: number}":                             {[]string{"5", "5.5", "-1e3", "18446744073709551615"}, map[string]string{`"5"`: "type"}},
		"{type: string}":                             {[]string{`""`, `"é"`}, map[string]string{"5": "type", "null": "type"}},
		"{type: boolean}":                            {[]string{"true", "false"}, map[string]string{"1": "type", `"true"`: "type"}},
		"{type: object}":                             {[]string{"{}", `{"a":1}`}, map[string]string{"[]": "type", `"{}"`: "type"}},
		"{type: array}":                              {[]string{"[]", "[1]"}, map[string]string{"{}": "type"}},
		"{type: [integer, 'null']}":                  {[]string{"5", "null"}, map[string]string{`"5"`: "type"}},
		"{type: [integer, string]}":                  {[]string{"5", `"5"`}, map[string]string{"5.5": "type", "null": "type"}},
		"{type: integer, nullable: true}":            {[]string{"5", "null"}, map[string]string{`"5"`: "type"}},
		"{anyOf: [{type: integer}, {type: 'null'}]}": {[]string{"5", "null"}, map[string]string{`"5"`: "type"}},
		"{oneOf: [{type: integer, minimum: 2}]}":     {[]string{"5"}, map[string]string{`"5"`: "type", "1": "range", "null": "type"}},
		"{oneOf: [{type: integer}, {type: string}]}": {[]string{"5", `"5"`, "null", "5.5"}, nil},

		"{allOf: [{type: number, minimum: 1}, {type: integer, maximum: 3}]}":                {[]string{"1", "3"}, map[string]string{"0": "range", "4": "range", "2.5": "type"}},
		"{allOf: [{type: string}, {nullable: true}]}":                                       {[]string{`"a"`, "null"}, map[string]string{"5": "type"}},
		"{type: integer, minimum: 1, maximum: 100}":                                         {[]string{"1", "100"}, map[string]string{"0": "range", "101": "range", "-9223372036854775808": "range"}},
		"{type: integer, exclusiveMinimum: 1}":                                              {[]string{"2"}, map[string]string{"1": "range"}},
		"{type: number, maximum: 1.5, exclusiveMaximum: true}":                              {[]string{"1.49"}, map[string]string{"1.5": "range"}},
		"{type: integer, format: int32}":                                                    {[]string{"2147483647", "-2147483648"}, map[string]string{"2147483648": "range"}},
		"{type: integer, format: int64}":                                                    {[]string{"9223372036854775807"}, map[string]string{"9223372036854775808": "type"}},
		"{type: integer, multipleOf: 5}":                                                    {[]string{"10", "0", "-5"}, map[string]string{"12": "multiple"}},
		"{type: number, multipleOf: 0.01}":                                                  {[]string{"0.015"}, nil},
		"{type: string, minLength: 2, maxLength: 3}":                                        {[]string{`"ab"`, `"äöü"`}, map[string]string{`"a"`: "length", `"abcd"`: "length"}},
		"{type: string, minLength: 3, maxLength: 3}":                                        {[]string{`"abc"`}, map[string]string{`"ab"`: "length"}},
		`{type: string, pattern: '^[a-z]+\d$'}`:                                             {[]string{`"a1"`}, map[string]string{`"1"`: "pattern"}},
		`{type: string, pattern: 'b'}`:                                                      {[]string{`"abc"`}, map[string]string{`"ac"`: "pattern"}},
		`{type: string, pattern: '^"\\$'}`:                                                  {[]string{`"\"\\"`}, map[string]string{`"x"`: "pattern"}},
		`{type: string, pattern: '(?=a)'}`:                                                  {[]string{`"b"`}, nil},
		"{type: string, format: uuid}":                                                      {[]string{`"6f1d2b0e-8f3a-4b7e-9d52-0a1b2c3d4e5f"`}, map[string]string{`"6f1d2b0e"`: "format", "5": "format", "null": "format"}},
		"{type: string, format: uuid, nullable: true}":                                      {[]string{"null"}, map[string]string{"5": "format"}},
		"{type: string, format: date}":                                                      {[]string{`"2024-02-29"`}, map[string]string{`"2023-02-29"`: "format", `"2024-02-29T10:00:00Z"`: "format"}},
		"{type: string, format: date-time}":                                                 {[]string{`"2024-02-29T10:00:00Z"`, `"2024-02-29T10:00:00.123+02:00"`}, map[string]string{`"2024-02-29"`: "format", `"now"`: "format"}},
		"{type: string, format: email}":                                                     {[]string{`"a@b.example"`}, map[string]string{`"a@@b"`: "format"}},
		"{type: string, format: ipv4}":                                                      {[]string{`"255.0.10.199"`}, map[string]string{`"256.1.1.1"`: "format", `"1.2.3.4."`: "format", "5": "type"}},
		"{type: string, format: uri}":                                                       {[]string{`"x"`}, map[string]string{"5": "type"}},
		"{format: uuid}":                                                                    {nil, map[string]string{`"x"`: "format"}},
		"{type: string, enum: [a, 'b\"c']}":                                                 {[]string{`"a"`, `"b\"c"`}, map[string]string{`"d"`: "values", "5": "type", "null": "type values"}},
		"{type: string, enum: [a, null]}":                                                   {[]string{`"a"`, "null"}, map[string]string{`"d"`: "values"}},
		"{type: integer, enum: [1, 2]}":                                                     {[]string{"1", "2"}, map[string]string{"3": "values", `"1"`: "type"}},
		"{type: number, enum: [1.5]}":                                                       {[]string{"1.5"}, map[string]string{"3": "values"}},
		"{enum: [1, a, true]}":                                                              {[]string{"1", `"a"`, "true"}, map[string]string{"false": "values"}},
		"{const: a}":                                                                        {[]string{`"a"`}, map[string]string{`"b"`: "values"}},
		"{type: string, enum: [1, 2]}":                                                      {[]string{`"1"`, `"9"`}, nil},
		"{enum: [{a: 1}]}":                                                                  {[]string{"5"}, nil},
		"{type: array, minItems: 1, maxItems: 2}":                                           {[]string{"[1]", "[1,2]"}, map[string]string{"[]": "size", "[1,2,3]": "size"}},
		"{type: array, items: {type: integer}}":                                             {[]string{"[]", "[1,2]"}, map[string]string{`[1,"2"]`: "[].type", "5": "type"}},
		"{type: array, items: {type: array, items: {type: integer}}}":                       {[]string{"[[]]", "[[1],[2]]"}, map[string]string{`[[1],["2"]]`: "[][].type", "[5]": "[].type"}},
		"{type: array, items: {type: array, items: {type: array, items: {type: integer}}}}": {[]string{`[[["x"]]]`}, nil},
		"{type: [array, 'null'], items: {type: integer}}":                                   {[]string{"null", "[1]"}, map[string]string{`["2"]`: "[].type"}},
		"{type: array, items: {type: object, required: [a], properties: {a: {type: integer}, b: {type: string, maxLength: 2}}}}": {
			[]string{`[{"a":1},{"a":1,"b":"x"}]`}, map[string]string{`[{"a":1},{"b":"x"}]`: "[].a.required", `[{"a":1},{"a":1,"b":"xxx"}]`: "[].b.length"},
		},
		"{type: array, items: {type: object, properties: {a: {type: object, nullable: true, required: [b], properties: {b: {type: integer}}}}}}": {
			[]string{`[{},{"a":null},{"a":{"b":1}}]`}, map[string]string{`[{},{"a":null},{"a":{"b":"1"}}]`: "[].a.b.type", `[{"a":null},{"a":{}}]`: "[].a.b.required"},
		},
		"{type: array, items: {type: object, properties: {a: {type: array, items: {type: integer}}}}}": {
			[]string{`[{},{"a":[1]}]`}, map[string]string{`[{},{"a":["1"]}]`: "[].a[].type"},
		},
		"{type: object, required: [a, b], properties: {a: {type: integer}}}": {[]string{`{"a":1,"b":null}`}, map[string]string{`{"b":1}`: ".a.required", `{"a":1}`: ".b.required"}},
		"{type: object, properties: {a: {type: object, nullable: true, required: [b], properties: {b: {type: integer}}}}}": {
			[]string{"{}", `{"a":null}`, `{"a":{"b":1}}`}, map[string]string{`{"a":{}}`: ".a.b.required", `{"a":5}`: ".a.b.required .a.type"},
		},
		"{type: object, additionalProperties: false}": {[]string{"{}"}, map[string]string{`{"a":1}`: "known-members"}},
		"{type: object, additionalProperties: false, properties: {a: {}, b-c: {type: integer}}}": {
			[]string{"{}", `{"a":1,"b-c":2}`}, map[string]string{`{"a":1,"d":2}`: "known-members", `{"b-c":"2"}`: ".b-c.type"},
		},
		"{type: object, properties: {in: {type: integer}, 'null': {type: integer}}, required: [in]}": {
			[]string{`{"in":1,"null":1}`}, map[string]string{`{"in":"1"}`: ".in.type", `{"null":1}`: ".in.required"},
		},
		"{type: object, additionalProperties: {type: integer}}": {[]string{`{"a":"x"}`}, nil},
		"{type: object, properties: {id: {type: integer, readOnly: true}}, required: [id]}": {
			[]string{"{}"}, map[string]string{`{"id":1}`: ".id.read-only", `{"id":"1"}`: ".id.read-only .id.type"},
		},
		"{type: object, properties: {password: {type: string, writeOnly: true}}, required: [password]}": {[]string{`{"password":"x"}`}, map[string]string{"{}": ".password.required"}},
		"{allOf: [{type: object, properties: {a: {type: integer}}, required: [a]}, {properties: {a: {minimum: 2, type: integer}}}]}": {
			[]string{`{"a":2}`}, map[string]string{`{"a":1}`: ".a.range", "{}": ".a.required"},
		},
		"{allOf: [{additionalProperties: false, properties: {a: {}}}, {properties: {b: {}}}]}": {[]string{`{"a":1,"b":2}`}, nil},
		"{type: strange}": {[]string{"1"}, nil},
		"true":            {[]string{"1"}, nil},
		"{}":              {[]string{"1", "null"}, nil},
	} {
		t.Run(schema, func(t *testing.T) {
			t.Parallel()
			book := compiled(t, read(t, withBody(schema)).Rules())
			for _, value := range test.good {
				is := judge(t, book, &call{method: "POST", path: "/x", request: `{"v":` + value + `}`})
				assert.Empty(t, is.violated(), value)
			}
			for value, wrong := range test.bad {
				is := judge(t, book, &call{method: "POST", path: "/x", request: `{"v":` + value + `}`})
				var want []string
				for what := range strings.FieldsSeq(wrong) {
					if what[0] != '.' && what[0] != '[' { // of the value itself
						what = "." + what
					}
					want = append(want, "openapi.x.req.body.v"+strings.ReplaceAll(what, "[]", ".each"))
				}
				assert.Equal(t, want, is.violated(), value)
			}
			assert.Empty(t, judge(t, book, &call{method: "POST", path: "/x"}), "a body that is not recorded says nothing")
			assert.Empty(t, judge(t, book, &call{method: "POST", path: "/x", request: "{"}), "a body that cannot be read says nothing")
			assert.Empty(t, judge(t, book, &call{method: "GET", path: "/x", request: "5"}), "another API")
		})
	}
}
