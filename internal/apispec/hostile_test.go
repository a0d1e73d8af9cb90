package apispec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// withSchemas describes POST /x with a body of the schema S.
func withSchemas(schemas string) []byte {
	return []byte(`{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/x":{"post":{"operationId":"x","requestBody":{"content":` +
		`{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}}}}},"components":{"schemas":{` + schemas + `}}}`)
}

// chain is schemas that refer to the next one each, in that form.
func chain(n int, form string) string {
	var b strings.Builder
	name := "S"
	for i := range n {
		next := fmt.Sprint("S", i)
		ref := `{"$ref":"#/components/schemas/` + next + `"}`
		fmt.Fprintf(&b, `"%s":%s,`, name, strings.ReplaceAll(form, "@", ref))
		name = next
	}
	return b.String() + `"` + name + `":{"type":"integer"}`
}

// Descriptions that are made to take for ever, or all memory, give some rules and say what is left out, or an error.
func TestHostileDescriptionsAreBounded(t *testing.T) {
	t.Parallel()
	many := func(n int, form string) string {
		var all []string
		for i := range n {
			all = append(all, strings.ReplaceAll(form, "@", fmt.Sprint(i)))
		}
		return strings.Join(all, ",")
	}
	for name, test := range map[string]struct {
		text    []byte
		skipped string // of these, one begins so
		problem string
	}{
		"recursive":               {withSchemas(`"S":{"type":"object","properties":{"a":{"$ref":"#/components/schemas/S"},"b":{"type":"array","items":{"$ref":"#/components/schemas/S"}}}}`), "what is inside of its own kind is checked once", ""},
		"recursive by turns":      {withSchemas(`"S":{"properties":{"a":{"$ref":"#/components/schemas/T"}}},"T":{"properties":{"b":{"$ref":"#/components/schemas/S"}}}`), "what is inside of its own kind is checked once", ""},
		"part of itself":          {withSchemas(`"S":{"allOf":[{"$ref":"#/components/schemas/S"},{"type":"object","properties":{"a":{"allOf":[{"$ref":"#/components/schemas/S"}]}}}]}`), "what is inside of its own kind is checked once", ""},
		"itself":                  {withSchemas(`"S":{"$ref":"#/components/schemas/S"}`), "a schema that is null is not checked", ""},
		"doubling parts":          {withSchemas(chain(25, `{"allOf":[@,@]}`)), "", ""},
		"doubling members":        {withSchemas(chain(30, `{"properties":{"a":@,"b":@}}`)), "what is very large is checked in part", ""},
		"doubling parts and more": {withSchemas(chain(20, `{"allOf":[{"properties":{"a":@}},{"properties":{"b":@}}]}`)), "what is very large is checked in part", ""},
		"very deep parts":         {withSchemas(chain(90, `{"allOf":[@]}`)), "what is very large is checked in part", ""},
		"very deep members":       {withSchemas(chain(5000, `{"type":"object","properties":{"a":@}}`)), "what is very large is checked in part", ""},
		"very deep lists":         {withSchemas(chain(5000, `{"type":"array","items":@}`)), "lists more than two deep inside each other are not checked", ""},
		"very many values":        {withSchemas(`"S":{"enum":[` + many(5000, `"@"`) + `]}`), "a list of very many values is not checked", ""},
		"very many long values":   {withSchemas(`"S":{"enum":[` + many(250, `"@`+strings.Repeat("x", 500)+`"`) + `]}`), "what is very large is checked in part", ""},
		"very many members":       {withSchemas(`"S":{"type":"object","additionalProperties":false,"properties":{` + many(3000, `"m@":{"type":"integer","minimum":1}`) + `}}`), "what is very large is checked in part", ""},
		"very many operations":    {[]byte(`{"openapi":"3.0.0","info":{"title":"t","version":"1"},"paths":{` + many(6000, `"/x@":{"get":{"responses":{"200":{"description":""}}}}`) + `}}`), "what is very large is checked in part", ""},
		"very many large bodies":  {[]byte(strings.Replace(string(withSchemas(`"S":{"type":"object","properties":{`+many(200, `"m@":{}`)+`}}`)), `"paths":{`, `"paths":{`+many(300, `"/y@":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}}}}`)+`,`, 1)), "of very many columns some are left out", ""},
		"very many servers":       {[]byte(`{"openapi":"3.0.0","info":{"title":"t","version":"1"},"servers":[` + many(1000, `{"url":"/@"}`) + `],"paths":{"/x":{"get":{}}}}`), "of very many servers some are left out", ""},
		"very long names":         {withSchemas(`"S":{"type":"object","required":["` + strings.Repeat("é", 400) + `"],"properties":{"` + strings.Repeat("a", 900) + `":{"type":"integer"}}}`), "", ""},
		"very large patterns":     {withSchemas(`"S":{"type":"string","pattern":"^(((a{1,30}){1,30}){1,30}){1,30}$"}`), "a pattern that RE2 does not know is not checked", ""},
		"names that break out":    {withSchemas(`"S":{"type":"object","required":["\") || true || (\"","a\nb","\u0000"],"properties":{"\") || true || (\"":{"type":"integer"},"a\nb":{"enum":["\") || true","\u2028","\\"]}}}`), "", ""},
		"very many dear checks": {
			withSchemas(`"S":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},` + many(120, `"m@":{"type":"array","items":{"type":"array","items":{"enum":[`+
				many(90, `"v@"`)+`]}}}`) + `}}`), "a check of lists inside lists would cost too much: 120 times", "",
		},
		"references to references":  {withSchemas(chain(17, `@`)), "", "leads to a reference, which leads to a reference"},
		"a reference to a few":      {withSchemas(chain(10, `@`)), "", ""},
		"very many references":      {withSchemas(chain(20_001, `{"properties":{"a":@}}`)), "", "there are references to more than 20000 places"},
		"much to follow":            {[]byte(strings.Replace(string(withSchemas(`"S":{"type":"object","properties":{`+many(5000, `"m@":{}`)+`}}`)), `"paths":{`, `"paths":{`+many(5000, `"/y@":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}}}}`)+`,`, 1)), "", "the references in the file repeat more than 50000000 values"},
		"references in an example":  {withSchemas(`"S":{"example":{"$ref":"#/components/schemas/S0"}},` + chain(40, `@`)[len(`"S":{"$ref":"#/components/schemas/S0"},`):]), "", "leads to a reference"},
		"very deep":                 {withSchemas(`"S":` + strings.Repeat(`{"not":`, 200) + "{}" + strings.Repeat("}", 200)), "", "more than 100 mappings and lists inside each other"},
		"very deep data":            {withSchemas(`"S":{"example":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}"), "", "more than 100 mappings and lists inside each other"},
		"aliases of aliases":        {[]byte("openapi: 3.0.0\npaths: {}\nx-0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + aliases(8)), "", "the file has more than 2000000 values with all aliases written out"},
		"an alias of what holds it": {[]byte("openapi: 3.0.0\npaths: {}\nx: &a {b: *a}\n"), "", "more than 100 mappings and lists inside each other"},
		"very many separators":      {[]byte("openapi: 3.0.0\n" + strings.Repeat("\n", 2_000_001)), "", "the file has more than 2000000 line breaks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := apispec.ParseOpenAPI("api.yaml", test.text, apispec.Options{})
			if test.problem != "" {
				require.ErrorContains(t, err, test.problem)
				assert.Less(t, len(err.Error()), 500)
				return
			}
			require.NoError(t, err)
			found := test.skipped == ""
			for _, sentence := range spec.Skipped() {
				found = found || strings.HasPrefix(sentence, test.skipped)
				assert.Less(t, len(sentence), 400)
			}
			assert.True(t, found, "%q", spec.Skipped())
			if name == "very many dear checks" {
				assert.Len(t, spec.Rules(), 3+2*120, "the others remain")
			}
			fit(t, spec)
		})
	}
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x-%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 9), i)
	}
	return b.String()
}

// fit requires that rules can be written to a file, read again and compiled.
func fit(t require.TestingT, spec *apispec.Spec) {
	require.LessOrEqual(t, len(spec.Rules()), apispec.MaxRules)
	require.LessOrEqual(t, len(spec.Columns()), apispec.MaxColumns)
	var text strings.Builder
	require.NoError(t, rulefile.Write(&text, &rulefile.File{Rules: spec.Rules()}))
	file, err := rulefile.Parse("rules.yaml", []byte(text.String()))
	require.NoError(t, err)
	require.Len(t, file.Rules, len(spec.Rules()))
	for i := range file.Rules {
		require.Equal(t, spec.Rules()[i].Check.Text, file.Rules[i].Check.Text)
		require.Equal(t, spec.Rules()[i].Message, file.Rules[i].Message)
	}
	compiled(t, file.Rules)
}

func FuzzParseOpenAPI(f *testing.F) {
	for _, schema := range []string{
		`{type: object, required: [a], additionalProperties: false, properties: {a: {type: integer, minimum: 1, exclusiveMaximum: 5}, b-c: {type: [string, 'null'], pattern: '^a+$'}}}`,
		`{type: array, minItems: 1, items: {allOf: [{$ref: '#/paths'}, {enum: [a, 1, null, 1.5]}], nullable: true, format: date-time}}`,
		`{anyOf: [{type: 'null'}, {type: object, properties: {x: {type: array, items: {format: uuid, multipleOf: 2}}}}], const: 5, readOnly: true}`,
	} {
		f.Add(head + "paths:\n" + withBody(schema))
		f.Add("openapi: 3.1.0\nservers: [{url: 'https://{a}/b', variables: {a: {default: c}}}]\npaths: {'/x/{y}': {get: {parameters: [{name: y, in: path, schema: " + schema +
			"}, {name: q, in: query, required: true, schema: " + schema + "}], responses: {'200': {content: {application/json: {schema: " + schema + "}}}, 4XX: {}}}}}")
		f.Add(string(withSchemas(`"S":{"properties":{"a":{"$ref":"#/components/schemas/S"}}}`)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := apispec.ParseOpenAPI("api.yaml", []byte(text), apispec.Options{})
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "api.yaml:"), err)
			return
		}
		fit(t, spec)
	})
}

func FuzzParseDDL(f *testing.F) {
	for _, text := range []string{
		"create table a.b (c int not null check (c in (1, 2) and d <> c), d varchar(5) check (d <> 'x'), e enum('a', 'B') collate x_ci, f int unsigned)",
		"create table \"\\\"\"(\"]\" text check (\"]\" in ('\\', '\"', '\n')))",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := apispec.ParseDDL("schema.sql", []byte(text), apispec.Options{})
		if err != nil {
			require.ErrorContains(t, err, "there is no CREATE TABLE")
			return
		}
		fit(t, spec)
	})
}
