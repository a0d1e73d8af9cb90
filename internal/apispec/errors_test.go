package apispec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec"
)

const head = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"

// What is wrong with a description is told with its place and the mend.
func TestErrorsSayWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                     "api.yaml:1:1: the file is empty: name one that holds a description in OpenAPI 3",
		"# nothing":            "api.yaml:1:1: the file is empty: name one that holds a description in OpenAPI 3",
		"- a":                  "api.yaml:1:1: this is no description of an API: write openapi: 3.0.3 with info and paths",
		"a: 1":                 "api.yaml:1:1: openapi is missing: write its version, such as openapi: 3.0.3, or name the file that has it",
		"a: 1\nswagger: '2.0'": "api.yaml:2:10: this is Swagger 2.0, and OpenAPI 3.0 and 3.1 are read: convert it, as with swagger2openapi",
		"openapi: 4.0.0":       "api.yaml:1:10: OpenAPI 4.0.0 is not read: write the description in OpenAPI 3.0 or 3.1",
		"openapi: 3.0.3\n\tx":  "api.yaml:2:1: this is neither YAML nor JSON (found a tab character that violates indentation): see to quotes, brackets and the indentation about there",
		`{"openapi": "3.0.3"`:  "api.yaml:1:1: this is neither YAML nor JSON (did not find expected ',' or '}'): see to quotes, brackets and the indentation about there",
		"openapi: \xff":        "api.yaml: the file is not UTF-8: save it as UTF-8",
		"openapi: &a [*a]":     "api.yaml:1:10: this is no version: write openapi: 3.0.3",
		head + "paths: {/x: {get: {parameters: [{$ref: 'other.yaml#/a'}]}}}": `api.yaml:3:40: "other.yaml#/a" is in another file or at an address, and only this file is read: ` +
			"put all that belongs to it into one file, as with redocly bundle",
		head + "paths: {/x: {$ref: 'https://example.com/x.yaml'}}": `api.yaml:3:20: "https://example.com/x.yaml" is in another file or at an address, and only this file is read: ` +
			"put all that belongs to it into one file, as with redocly bundle",
		head + "paths: {/x: {get: {parameters: [{$ref: '#/components/parameters/A'}]}}}":                               `api.yaml:3:40: "#/components/parameters/A" leads nowhere: there is nothing called components`,
		head + "paths: {}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/B'}}}":                               `api.yaml:4:34: "#/components/schemas/B" leads nowhere: there is nothing called B`,
		head + "paths:\n  /x:\n    get:\n      parameters:\n        - {name: a, in: query, schema: {minLength: many}}": "api.yaml:7:52: minLength cannot be a text here: write what OpenAPI has there",
		head + "paths: {/x: 5}":                              "api.yaml:3:13: a number cannot stand here: write what OpenAPI has there",
		head + "paths: {/x: {get: []}}":                      "api.yaml:3:19: a list cannot stand here: write what OpenAPI has there",
		head + "paths: {/x: {get: {parameters: {a: b}}}}":    "api.yaml:3:32: parameters cannot be a mapping here: write what OpenAPI has there",
		head + "paths: {/x: {get: {parameters: [null]}}}":    "api.yaml:3:33: this is not as OpenAPI has it (invalid parameter: value MUST be an object): mend it, as with redocly lint",
		head + "paths: {}\ncomponents: {schemas: {A: null}}": "api.yaml:4:27: this is not as OpenAPI has it (invalid schema: value MUST be an object): mend it, as with redocly lint",
		head + "paths: [a]":                                  "api.yaml:3:8: paths cannot be a list here: write what OpenAPI has there",
		head + "paths: {/x: {get: {responses: {'200': {content: {a/b: {schema: {$ref: '#/paths'}}}}}}}}": `api.yaml:3:71: this is not as OpenAPI has it (bad data in "#/paths" (expecting ref to schema object)): mend it, as with redocly lint`,
		head + "paths: {}\nx: &a [[[*a]]]":                                            "api.yaml:4:8: there are more than 100 mappings and lists inside each other here: give the inner ones a name below components",
		head + "paths: {}\nx: " + strings.Repeat("[", 120) + strings.Repeat("]", 120): "api.yaml:4:104: there are more than 100 mappings and lists inside each other here: give the inner ones a name below components",
		head + "paths: {}\nx: " + strings.Repeat("[", 20_000):                         "api.yaml:",
	} {
		_, err := apispec.ParseOpenAPI("api.yaml", []byte(text), apispec.Options{})
		name := text[:min(len(text), 150)]
		require.Error(t, err, name)
		if strings.HasSuffix(want, ": ") || want == "api.yaml:" {
			assert.True(t, strings.HasPrefix(err.Error(), want), "%s: %v", name, err)
			continue
		}
		assert.EqualError(t, err, want, name)
	}
}

// References among data are none.
func TestReferencesInExamplesAreData(t *testing.T) {
	t.Parallel()
	spec, err := apispec.ParseOpenAPI("api.yaml", []byte(head+`
paths:
  /x:
    post:
      requestBody:
        content:
          application/json:
            example: {$ref: other.yaml}
            examples: {a: {value: {$ref: 'nowhere#/a'}}}
            schema:
              properties:
                $ref: {type: integer}
                example: {$ref: '#/components/schemas/default'}
components: {schemas: {default: {type: integer, example: {$ref: x}}}}
`), apispec.Options{})
	require.NoError(t, err)
	assert.Len(t, spec.Rules(), 2)
}

// A file that is not there, or none, or too large is told.
func TestFilesThatCannotBeReadAreTold(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	large := filepath.Join(folder, "large")
	require.NoError(t, os.WriteFile(large, make([]byte, apispec.MaxFileBytes+1), 0o600))
	_, err := apispec.OpenAPI(filepath.Join(folder, "none"), apispec.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "read the API's description: open ")
	_, err = apispec.OpenAPI(folder, apispec.Options{})
	assert.EqualError(t, err, folder+": this is no file: name one that holds the API's description")
	_, err = apispec.OpenAPI(large, apispec.Options{})
	assert.EqualError(t, err, large+": the file has more than 16 MiB: take examples out of it, or split it by services")
	_, err = apispec.ParseOpenAPI("x", make([]byte, apispec.MaxFileBytes+1), apispec.Options{})
	assert.Error(t, err)

	_, err = apispec.DDL(filepath.Join(folder, "none"), apispec.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = apispec.DDL(folder, apispec.Options{})
	assert.EqualError(t, err, folder+": this is no file: name one that holds the statements that make the database")
	_, err = apispec.DDL(large, apispec.Options{})
	assert.EqualError(t, err, large+": the file has more than 16 MiB: dump the tables without their rows, as with pg_dump --schema-only or mysqldump --no-data")
	_, err = apispec.ParseDDL("seed.sql", []byte("insert into a values (1);"), apispec.Options{})
	assert.EqualError(t, err, "seed.sql:1:1: there is no CREATE TABLE: name the file that makes the database's tables, such as one by pg_dump --schema-only")
	var problem *apispec.Error
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, 1, problem.Line)
}
