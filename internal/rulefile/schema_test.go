package rulefile

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("invariants.schema.json", document))
	s, err := compiler.Compile("invariants.schema.json")
	require.NoError(t, err)
	return s
}

// asJSON returns what an editor gives the schema for a file of YAML.
func asJSON(t *testing.T, content string) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal([]byte(content), &value), content)
	encoded, err := json.Marshal(value)
	require.NoError(t, err, content)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	require.NoError(t, err)
	return document
}

func TestTheSchemaAcceptsWhatIsRead(t *testing.T) {
	s := compiled(t)
	example, err := os.ReadFile("testdata/invariants.yaml")
	require.NoError(t, err)
	files := []string{
		string(example), "version: 1\ninvariants: []",
		good("kind: Related-api"), good("kind: NOVELTY"), good("service: ['*', a]"), good("message: |\n      one line"),
		good("disabled: false"), good("support: {}"),
	}
	for _, api := range []string{"*", "* *", "GET *", "* /", "get|Post /a", "  GET\t /a  ", "_OTHER /a/**", "GET /{id:[0-9]{1, 3}}"} {
		files = append(files, rule("check: a", `api: "`+api+`"`))
	}
	for _, method := range methods {
		files = append(files, rule("check: a", "api: "+method+" /"))
	}
	for _, source := range goodSources {
		files = append(files, references("  - name: r1", "    from: "+source))
	}
	for _, kind := range Kinds() {
		files = append(files, good("kind: "+kind))
	}
	for _, content := range files {
		_, err := Parse("f.yaml", []byte(content))
		require.NoError(t, err, content)
		assert.NoError(t, s.Validate(asJSON(t, content)), content)
	}
}

func TestTheSchemaRefusesWhatASchemaCan(t *testing.T) {
	s := compiled(t)
	for _, bad := range slices.Concat(badFiles, badReferences) {
		if bad.bySchema {
			assert.Error(t, s.Validate(asJSON(t, bad.content)), bad.content)
		}
	}
}

func TestTheSchemaDescribesEveryKey(t *testing.T) {
	type property struct {
		Description string `json:"description"`
		MaxItems    int    `json:"maxItems"`

		MaxProperties int `json:"maxProperties"`
		MaxLength     int `json:"maxLength"`
		AnyOf         []struct {
			Enum     []string `json:"enum"`
			MaxItems int      `json:"maxItems"`
		} `json:"anyOf"`
	}
	type object struct {
		Required   []string            `json:"required"`
		Properties map[string]property `json:"properties"`
	}
	var s struct {
		object
		Defs struct {
			Rule, Reference, Source   object
			Expression, Service, Path property
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(Schema(), &s))
	for _, o := range []struct {
		object object
		keys   []string
	}{{s.object, fileKeys}, {s.Defs.Rule, ruleKeys}, {s.Defs.Reference, referenceKeys}, {s.Defs.Source, sourceKeys}} {
		var keys []string
		for key, p := range o.object.Properties {
			keys = append(keys, key)
			assert.NotEmpty(t, p.Description, key)
		}
		assert.ElementsMatch(t, o.keys, keys)
	}
	var keys []string
	for _, r := range required {
		keys = append(keys, r.key)
	}
	assert.ElementsMatch(t, keys, s.Defs.Rule.Required)
	assert.Equal(t, []string{keyVersion, keyInvariants}, s.Required)
	assert.Equal(t, referenceKeys, s.Defs.Reference.Required)
	assert.Equal(t, []string{keyKey}, s.Defs.Source.Required)

	assert.Equal(t, MaxRules, s.Properties[keyInvariants].MaxItems)
	assert.Equal(t, MaxReferences, s.Properties[keyReferences].MaxItems)
	assert.Equal(t, MaxSources, s.Defs.Reference.Properties[keyFrom].AnyOf[1].MaxItems)
	source := s.Defs.Source.Properties
	assert.Equal(t, MaxKeyParts, source[keyKey].AnyOf[1].MaxItems)
	assert.Equal(t, MaxListed, source[keyAPI].AnyOf[1].MaxItems)
	assert.Equal(t, MaxListed, source[keyService].AnyOf[1].MaxItems)
	assert.Equal(t, MaxFields, source[keyFields].MaxProperties)
	assert.Equal(t, MaxPathBytes, s.Defs.Path.MaxLength)
	rule := s.Defs.Rule.Properties
	assert.Equal(t, Kinds(), rule[keyKind].AnyOf[0].Enum)
	assert.Equal(t, MaxListed, rule[keyService].AnyOf[1].MaxItems)
	assert.Equal(t, MaxListed, rule[keyAPI].AnyOf[1].MaxItems)
	assert.Equal(t, MaxMessageBytes, rule[keyMessage].MaxLength)
	assert.Equal(t, MaxExpressionBytes, s.Defs.Expression.MaxLength)
	assert.Equal(t, MaxServiceBytes, s.Defs.Service.MaxLength)
}

func TestNobodyChangesTheSchema(t *testing.T) {
	Schema()[0] = 'x'
	assert.Equal(t, byte('{'), Schema()[0])
}
