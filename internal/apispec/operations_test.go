package apispec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

const uuid = "6f1d2b0e-8f3a-4b7e-9d52-0a1b2c3d4e5f"

// Parameters are texts, whatever they stand for.
func TestParametersAreTexts(t *testing.T) {
	t.Parallel()
	spec := read(t, `
  /x/{id}/{order-id}.pdf:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: order-id, in: path, required: true, schema: {type: string, format: uuid}}
      - {name: nowhere, in: path, required: true, schema: {type: integer}}
    get:
      operationId: x
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 99, multipleOf: 3}}
        - {name: q, in: query, required: true, schema: {type: string, minLength: 2}}
        - {name: page, in: query, schema: {type: integer, enum: [1, 2, 3]}}
        - {name: ratio, in: query, schema: {type: number, exclusiveMinimum: 0}}
        - {name: deep, in: query, schema: {type: boolean}}
        - {name: 'sort[by]', in: query, schema: {type: string, enum: [a, b]}}
        - {name: ids, in: query, schema: {type: array, maxItems: 3, items: {type: integer, minimum: 5}}}
        - {name: joined, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: filter, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}}}}
        - {name: encoded, in: query, content: {application/json: {schema: {type: object}}}}
        - {name: X-User, in: header, required: true, schema: {type: integer}}
        - {name: Authorization, in: header, schema: {type: integer}}
        - {name: crumb, in: cookie, schema: {type: integer}}
`)
	book := compiled(t, spec.Rules())
	good := call{
		method: "GET", path: "/x/33/" + uuid + ".pdf", query: "q=abc&page=2&ratio=1.5e-3&deep=true&sort%5Bby%5D=a&ids=5&ids=6&joined=1,2&filter[a]=x&encoded=x",
		header: map[string]string{"x-user": "-7", "authorization": "Bearer x"},
	}
	is := judge(t, book, &good)
	assert.Empty(t, is.violated())
	held := make(map[string]bool)
	for _, id := range is.held() {
		held[id] = true
	}
	for _, rule := range spec.Rules() {
		assert.True(t, held[rule.ID], "%s does not hold: %s", rule.ID, rule.Check.Text)
	}
	for change, want := range map[string]string{
		"/x/33/ /x/a/":         "path.id.type",
		"/x/33/ /x/0/":         "path.id.range",
		"/x/33/ /x/102/":       "path.id.range",
		"/x/33/ /x/34/":        "path.id.multiple",
		"6f1d2b0e zzzzzzzz":    "path.order-id.format",
		"q=abc r=abc":          "query.q.required",
		"q=abc q=a":            "query.q.length",
		"q=abc q=abc&q=abd":    "query.q.once",
		"page=2 page=4":        "query.page.values",
		"page=2 page=two":      "query.page.type query.page.values",
		"page=2 page=1&page=2": "query.page.once query.page.values",
		"1.5e-3 0":             "query.ratio.range",
		"1.5e-3 x":             "query.ratio.type",
		"deep=true deep=maybe": "query.deep.type",
		"by%5D=a by%5D=c":      "query.sort-by.values",
		"ids=6 ids=4":          "query.ids.each.range",
		"ids=6 ids=x":          "query.ids.each.type",
		"ids=5&ids=6 ids=x":    "query.ids.each.type",
		"-7 me":                "header.x-user.type",
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			from, to, _ := strings.Cut(change, " ")
			bad := good
			bad.path, bad.query = strings.Replace(bad.path, from, to, 1), strings.Replace(bad.query, from, to, 1)
			bad.header = map[string]string{"x-user": strings.Replace("-7", from, to, 1)}
			var ids []string
			for what := range strings.FieldsSeq(want) {
				ids = append(ids, "openapi.x.req."+what)
			}
			assert.Equal(t, ids, judge(t, book, &bad).violated())
		})
	}
	assert.Equal(t, []string{
		"a parameter in a cookie is not checked: once at crumb of GET /x/{id}/{order-id}.pdf",
		"a parameter that the path does not have is not checked: once at nowhere of GET /x/{id}/{order-id}.pdf",
		"a parameter that is not described by a schema is not checked: once at encoded of GET /x/{id}/{order-id}.pdf",
		"a list or an object that a parameter has in one text is not checked: 2 times, first at filter of GET /x/{id}/{order-id}.pdf",
		"the number of elements of a list in texts is not checked: once at ids in the query of GET /x/{id}/{order-id}.pdf",
	}, spec.Skipped())
}

// A query that is not recorded at all lacks nothing.
func TestWithoutAQueryNothingIsMissing(t *testing.T) {
	t.Parallel()
	book := compiled(t, read(t, "  /x: {get: {operationId: x, parameters: [{name: q, in: query, required: true, schema: {}}]}}\n").Rules())
	assert.Empty(t, judge(t, book, &call{method: "GET", path: "/x"}))
	assert.Equal(t, []string{"openapi.x.req.query.q.required"}, judge(t, book, &call{method: "GET", path: "/x", query: "a=1"}).violated())
}

const bodySchema = `{schema: {$ref: '#/components/schemas/B'}}`

// described has a body of several media types.
func described(t *testing.T, media, schema string) *apispec.Spec {
	t.Helper()
	spec, err := apispec.ParseOpenAPI("api.yaml", []byte("openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /x: {post: {operationId: x, requestBody: {content: {"+
		media+"}}}}\ncomponents: {schemas: {B: "+schema+"}}\n"), apispec.Options{})
	require.NoError(t, err)
	return spec
}

// Forms have texts where JSON has values, and a body may be either.
func TestAFormHasTexts(t *testing.T) {
	t.Parallel()
	const schema = "{type: object, required: [n, s], additionalProperties: false, properties: {n: {type: integer, minimum: 1, enum: [1, 2, 3, 0]}, s: {type: string, maxLength: 3}, " +
		"b: {type: boolean, nullable: true}, l: {type: array, items: {type: integer}}, o: {type: object, properties: {p: {type: integer}}}}}"
	const form, json = "application/x-www-form-urlencoded: " + bodySchema, "application/json: " + bodySchema
	for name, test := range map[string]struct {
		media string
		call  call
		want  string
	}{
		"form":                   {form, call{request: "n=2&s=abc&b=true&l=1&l=2&o=x", form: true}, ""},
		"form, one element":      {form, call{request: "n=2&s=abc&l=1", form: true}, ""},
		"form, wrong type":       {form, call{request: "n=x&s=abc&b=maybe&l=1&l=x", form: true}, "b.type l.each.type n.type n.values"},
		"form, out of range":     {form, call{request: "n=0&s=abcd", form: true}, "n.range s.length"},
		"form, twice":            {form, call{request: "n=1&s=a&s=b", form: true}, "s.once"},
		"form, missing":          {form, call{request: "n=1", form: true}, "s.required"},
		"form, unknown":          {form, call{request: "n=1&s=a&x=1", form: true}, "known-members"},
		"either, JSON":           {form + ", " + json, call{request: `{"n":2,"s":"abc","b":null,"l":[1,2],"o":{"p":5}}`}, ""},
		"either, form":           {form + ", " + json, call{request: "n=2&s=abc&b=true&l=1&l=2", form: true}, ""},
		"either, JSON, wrong":    {form + ", " + json, call{request: `{"n":2.5,"s":5,"b":7,"l":["x"]}`}, "b.type l.each.type n.type n.values s.type"},
		"either, form, wrong":    {form + ", " + json, call{request: "n=x&s=abcd", form: true}, "n.type n.values s.length"},
		"either, JSON, range":    {form + ", " + json, call{request: `{"n":0,"s":"a","x":1}`}, "known-members n.range"},
		"JSON of several names":  {"application/vnd.x+json; charset=utf-8: " + bodySchema + ", " + json, call{request: `{"n":"2","s":"abc"}`}, "n.type"},
		"any type, an object":    {"'*/*': " + bodySchema, call{request: `{"n":"2","s":"abc"}`}, "n.type"},
		"JSON among other types": {"multipart/form-data: {schema: {}}, text/csv: {schema: {}}, " + json, call{request: `{"n":"2","s":"abc"}`}, "n.type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.call.method, test.call.path = "POST", "/x"
			is := judge(t, compiled(t, described(t, test.media, schema).Rules()), &test.call)
			var want []string
			for what := range strings.FieldsSeq(test.want) {
				want = append(want, "openapi.x.req.body."+what)
			}
			assert.Equal(t, want, is.violated())
			assert.NotEmpty(t, is.held())
		})
	}
	for media, why := range map[string]string{
		"text/csv: {schema: {type: string}}":                       "a body that is neither JSON nor a form is not checked",
		"'*/*': {schema: {type: string}}":                          "a body that is neither JSON nor a form is not checked",
		json + ", application/x+json: {schema: {type: array}}":     "a body with several forms in JSON is not checked",
		form + ", application/json: {schema: {type: array}}":       "a body that may be JSON or a form with other members is not checked",
		"application/json: {schema: {type: array}}, text/json: {}": "",
		"application/json: {example: 1}, application/x+json: {}":   "a body that is neither JSON nor a form is not checked",
		"'application/x-www-form-urlencoded; charset=x': {schema: {type: object, properties: {o: {type: array, items: {properties: {a: {}}}}}}}": "objects in lists of texts are not checked",
	} {
		spec := described(t, media, schema)
		if why == "" {
			assert.Empty(t, spec.Skipped(), media)
			continue
		}
		require.Len(t, spec.Skipped(), 1, media)
		assert.True(t, strings.HasPrefix(spec.Skipped()[0], why+": once at "), spec.Skipped()[0])
	}
}

// Responses are checked by their status.
func TestResponsesAreCheckedByStatus(t *testing.T) {
	t.Parallel()
	spec := read(t, `
  /x:
    get:
      operationId: x
      responses:
        '200': {description: a, content: {application/json: {schema: &a {type: object, required: [a], properties: {a: {type: integer}, secret: {type: string, writeOnly: true}}}}}}
        '201': {description: b, content: {application/json: {schema: {type: object, required: [b]}}}}
        '204': {description: nothing}
        2XX: {description: c, content: {application/json: {schema: {type: object, required: [c]}}}}
        '404': {description: d, content: {application/json: {schema: {type: object, required: [d]}}}}
        5XX: {description: e}
  /y: {get: {operationId: y, responses: {default: {description: any}}}}
  /z: {get: {operationId: z, responses: {'200': {description: one}}}}
  /w: {get: {operationId: w, responses: {'2000': {description: none}}}}
`)
	book := compiled(t, spec.Rules())
	for _, test := range []struct {
		path     string
		status   int
		response string
		want     []string
	}{
		{"/x", 200, `{"a":1}`, nil},
		{"/x", 200, `{"c":1}`, []string{"openapi.x.resp.body.a.required"}},
		{"/x", 200, `{"a":1,"secret":"x"}`, []string{"openapi.x.resp.body.secret.write-only"}},
		{"/x", 201, `{"b":1}`, nil},
		{"/x", 201, `{"a":1}`, []string{"openapi.x.resp201.body.b.required"}},
		{"/x", 206, `{"c":1}`, nil},
		{"/x", 206, `{"a":1}`, []string{"openapi.x.resp2XX.body.c.required"}},
		{"/x", 404, `{}`, nil},
		{"/x", 503, ``, nil},
		{"/x", 403, ``, []string{"openapi.x.resp.status"}},
		{"/y", 418, `{}`, nil},
		{"/z", 200, `{}`, nil},
		{"/z", 302, `{}`, []string{"openapi.z.resp.status"}},
		{"/w", 302, `{}`, nil},
	} {
		is := judge(t, book, &call{method: "GET", path: test.path, status: test.status, response: test.response})
		assert.Equal(t, test.want, is.violated(), "%s %d %s", test.path, test.status, test.response)
	}
	assert.Equal(t, []string{"a status that is none is not checked: once at GET /w"}, spec.Skipped())
}

// Responses of one schema have one rule for all their statuses.
func TestStatusesOfOneSchemaAreOneGroup(t *testing.T) {
	t.Parallel()
	spec, err := apispec.OpenAPI(bankAPI, apispec.Options{})
	require.NoError(t, err)
	byID := make(map[string]rulefile.Rule)
	for _, rule := range spec.Rules() {
		byID[rule.ID] = rule
	}
	rule := byID["openapi.createPayment.resp.body.total.range"]
	assert.Equal(t, "resp.status in [200, 201]", rule.When.Text)
	assert.Equal(t, "resp.body.total >= 0", rule.Check.Text)
	assert.Equal(t, "common-sense", rule.Kind)
	assert.Equal(t, "total in the response's body is not at least 0, as the API's description has it", rule.Message)
	assert.Equal(t, map[string]any{"source": "openapi"}, rule.Support)
}

// The paths of servers stand before those of the APIs.
func TestPathsOfServersStandBeforeTheRoutes(t *testing.T) {
	t.Parallel()
	for servers, want := range map[string]string{
		"":                                  "GET /x/{id}",
		"servers: []":                       "GET /x/{id}",
		"servers: [{url: /}]":               "GET /x/{id}",
		"servers: [{url: /api/v1/}]":        "GET /api/v1/x/{id}",
		"servers: [{url: 'https://a.b/c'}]": "GET /c/x/{id}",
		"servers: [{url: 'https://a.b'}]":   "GET /x/{id}",
		"servers: [{url: relative/path}]":   "GET /relative/path/x/{id}",
		"servers: [{url: /a}, {url: /b}, {url: 'https://x.y/a'}]":                               "GET /a/x/{id} GET /b/x/{id}",
		"servers: [{url: 'https://{h}/{v}', variables: {h: {default: x.y}, v: {default: v2}}}]": "GET /v2/x/{id}",
		"servers: [{url: 'https://a.b/{v}'}]":                                                   "GET /x/{id}",
		"servers: [{url: 'https://a.b:x/'}]":                                                    "GET /x/{id}",
		"servers: [null]":                                                                       "GET /x/{id}",
	} {
		spec, err := apispec.ParseOpenAPI("api.yaml", []byte("openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"+servers+
			"\npaths: {'/x/{id}': {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}]}}}\n"), apispec.Options{})
		require.NoError(t, err, servers)
		var apis, columns []string
		for _, api := range spec.APIs() {
			apis = append(apis, api.Text)
		}
		for _, c := range spec.Columns() {
			columns = append(columns, c.API.Text)
		}
		assert.Equal(t, want, strings.Join(apis, " "), servers)
		assert.Equal(t, apis, columns)
		require.Len(t, spec.Rules(), 1)
		assert.Equal(t, spec.APIs(), spec.Rules()[0].APIs)
	}
	spec, err := apispec.ParseOpenAPI("api.yaml", []byte(`
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: /root}]
paths:
  /a: {get: {}}
  /b: {servers: [{url: /path}], get: {}, put: {servers: [{url: /operation}]}}
  '/c?d=e': {get: {}}
  x-other: {}
`), apispec.Options{Services: []string{"shop"}})
	require.NoError(t, err)
	var apis []string
	for _, api := range spec.APIs() {
		apis = append(apis, api.Text)
	}
	assert.Equal(t, []string{"GET /root/a", "GET /path/b", "PUT /operation/b"}, apis)
	assert.Equal(t, []string{"a path that is no route is not checked: once at GET /c?d=e"}, spec.Skipped())
}

// What the caller knows better than the description, it says.
func TestOptionsSayWhatTheDescriptionIsOf(t *testing.T) {
	t.Parallel()
	text := []byte("openapi: 3.0.3\ninfo: {title: t, version: '1'}\nservers: [{url: /api}]\npaths: {/x: {get: {parameters: [{name: q, in: query, schema: {type: integer}}]}}}\n")
	for _, test := range []struct {
		options  apispec.Options
		api, id  string
		services []string
	}{
		{apispec.Options{}, "GET /api/x", "openapi.get-x.req.query.q.type", nil},
		{apispec.Options{BasePath: "/"}, "GET /x", "openapi.get-x.req.query.q.type", nil},
		{apispec.Options{BasePath: "/v3/"}, "GET /v3/x", "openapi.get-x.req.query.q.type", nil},
		{apispec.Options{Services: []string{"the shop"}}, "GET /api/x", "openapi.the-shop.get-x.req.query.q.type", []string{"the shop"}},
		{apispec.Options{Services: []string{"a", "b"}}, "GET /api/x", "openapi.get-x.req.query.q.type", []string{"a", "b"}},
	} {
		spec, err := apispec.ParseOpenAPI("api.yaml", text, test.options)
		require.NoError(t, err)
		rule := spec.Rules()[0]
		assert.Equal(t, test.api, rule.APIs[0].Text)
		assert.Equal(t, test.id, rule.ID)
		assert.Equal(t, test.services, rule.Services)
	}
}

// Every rule has an id of its own that a file can have.
func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 40)
	spec := read(t, `
  /x: {get: {operationId: same, parameters: [{name: a-b, in: query, schema: {type: integer}}, {name: a b, in: query, schema: {type: integer}}, {name: `+long+`, in: query, schema: {type: integer}}, {name: `+long+`x, in: query, schema: {type: integer}}]}}
  /y: {get: {operationId: same, parameters: [{name: ü, in: query, schema: {type: integer}}]}}
  /z: {get: {operationId: '???', parameters: [{name: '[]', in: query, schema: {type: integer}}]}}
  /{z}: {get: {operationId: '', parameters: [{name: q, in: query, schema: {type: integer}}]}}
`)
	seen := make(map[string]bool)
	for _, rule := range spec.Rules() {
		assert.Regexp(t, `^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`, rule.ID)
		assert.False(t, seen[rule.ID], rule.ID)
		seen[rule.ID] = true
	}
	assert.True(t, seen["openapi.same.req.query.a-b.type"] && seen["openapi.same.req.query.a-b.type-2"] && seen["openapi.get-y.req.query.type"])
	assert.Len(t, seen, 2*7)
	compiled(t, spec.Rules())
}

// Columns are what a learner can go on from.
func TestColumnsSayWhatTheDescriptionDoes(t *testing.T) {
	t.Parallel()
	spec, err := apispec.OpenAPI(bankAPI, apispec.Options{})
	require.NoError(t, err)
	find := func(api, path string) *apispec.Column {
		for i, c := range spec.Columns() {
			if c.API.Text == api && c.Path == path {
				return &spec.Columns()[i]
			}
		}
		return nil
	}
	low, high := 1.0, 100.0
	quantity := find("POST /payments", "req.body.quantity")
	require.NotNil(t, quantity)
	assert.Equal(t, apispec.Column{
		API: quantity.API, Path: "req.body.quantity", Type: "integer", Format: "int64", Low: &low, High: &high, MaxLength: -1, Required: true,
	}, *quantity)
	kind := find("GET /accounts", "resp.body.accounts[].kind")
	require.NotNil(t, kind)
	assert.Equal(t, apispec.Column{
		API: kind.API, Path: "resp.body.accounts[].kind", Statuses: []string{"200"}, Type: "string", Enum: []string{"current", "savings"}, MaxLength: -1, Required: true,
	}, *kind)
	assert.Equal(t, "string", find("GET /search", "req.query.q").Type)
	assert.True(t, find("GET /accounts/{accountId}", "req.path.accountId").Required)
	assert.Equal(t, "integer", find("GET /accounts", "req.header.x-on-behalf-of").Type)
	assert.Len(t, spec.APIs(), 20)
}
