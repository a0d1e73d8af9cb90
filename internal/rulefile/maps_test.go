package rulefile

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestRulesInAnotherFileAreReadAsInTheirOwn(t *testing.T) {
	content, err := os.ReadFile("testdata/invariants.yaml")
	require.NoError(t, err)
	var file struct{ Invariants []map[string]any }
	require.NoError(t, yaml.Unmarshal(content, &file))
	// A decoder of YAML that knows dates makes them of this text.
	file.Invariants[2]["support"].(map[string]any)["seen"].([]any)[0].(map[string]any)["day"] = "2026-01-31"

	own, err := Parse("f.yaml", content)
	require.NoError(t, err)
	inline, err := FromMaps("rules", file.Invariants)
	require.NoError(t, err)
	assert.Equal(t, withoutPositions(own), withoutPositions(inline))
	assert.Equal(t, "rules", inline.Path)
	for _, r := range inline.Rules {
		assert.Zero(t, r.Line)
		assert.Zero(t, r.APIs[0].Line)
	}
}

func TestErrorsInAnotherFileNameTheRule(t *testing.T) {
	_, err := FromMaps("rules", []map[string]any{
		{"id": "a", "api": "*", "check": "a"},
		{"id": "a", "api": []any{"*", 5}, "check": true},
		{"id": "b", "api": "*", "expr": "a", "support": map[any]any{1: 2}},
		{"id": "b", "api": "*", "checks": "a"},
		nil,
	})
	assert.EqualError(t, err, `rules[1]: rule a: id is taken by rules[0]: give every rule its own
rules[1]: rule a: api[1] is the number 5: put it in quotes
rules[1]: rule a: check is the truth value true: put it in quotes
rules[2]: has a mapping with keys that are no texts in UTF-8: make texts of them
rules[3]: rule b: there is no key "checks": did you mean check?
rules[3]: rule b: check is missing: write the expression that must hold
rules[4]: id is missing: give the rule a name, such as order-read-by-its-owner
rules[4]: api is missing: write a method and a route, such as GET /orders/{id}, or "*" for every API
rules[4]: check is missing: write the expression that must hold`)

	_, err = FromMaps("rules", make([]map[string]any, MaxRules+1))
	assert.EqualError(t, err, "rules: there are 10001 rules: 10000 are the most")
}
