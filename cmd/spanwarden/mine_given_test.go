package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec"
)

const shopOpenAPI = `openapi: 3.0.3
info: {title: shop, version: "1"}
paths:
  /orders:
    post:
      operationId: order
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [quantity]
              properties:
                quantity: {type: integer, minimum: 1, maximum: 12}
                userId: {type: string, maxLength: 1}
      responses: {"200": {description: fine}}
  /returns:
    post:
      operationId: sendBack
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                weight: {type: integer, minimum: 3}
      responses: {"200": {description: fine}}
`

const shopDDL = `CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL, state text CHECK (state IN ('open', 'paid')));
CREATE TABLE offers (id bigint PRIMARY KEY);
SET something;
`

func TestMineTakesRulesThatAreGivenUnlessTheTrafficContradicts(t *testing.T) {
	description, tables := file(t, "openapi.yaml", shopOpenAPI), file(t, "schema.sql", shopDDL)
	m := mine(t, jsonl(t, visits(t, 120)...), "--openapi", "gateway="+description, "--ddl", tables)
	assert.Contains(t, m.rules, "req.body.quantity <= 12")
	assert.Contains(t, m.rules, "source: openapi")
	assert.Contains(t, m.rules, "source: ddl")
	assert.Contains(t, m.rules, "req.body.weight")
	assert.NotContains(t, m.rules, "size(req.body.userId) <= 1\n", "the traffic has longer ones")
	assert.Contains(t, m.report, "\n* `openapi.yaml`: ")
	assert.Contains(t, m.report, "\n* `schema.sql`: ")
	assert.Contains(t, m.report, " The OpenAPI description says so.\n")
	assert.Contains(t, m.report, "No call has tried it yet. The OpenAPI description says so.\n")
	assert.Contains(t, m.report, "\n* **violated when all traces were judged by it**: ")
	assert.Regexp(t, `note: \d+ rules? violated too often when all traces were judged by the file: `, m.stderr)
}

// Few calls write refunds: what the others do says nothing about a rule for those that do.
func TestATableThatIsNotAsItsSchemaSays(t *testing.T) {
	out := filepath.Join(t.TempDir(), "invariants.yaml")
	wrong := file(t, "wrong.sql", "CREATE TABLE refunds (id text, amount bigint CONSTRAINT wrong CHECK (amount < 0), CONSTRAINT fits CHECK (amount > 0));")
	_, stderr, err := command("mine", "--out", out, "--ddl", wrong, "../../testdata/bank/quiet.jsonl.gz")
	require.NoError(t, err, stderr)
	rules, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Contains(t, string(rules), "id: ddl.refunds.fits\n")
	assert.NotContains(t, string(rules), "id: ddl.refunds.wrong\n")
}

func TestDescriptionsBelongToServices(t *testing.T) {
	path, options := ofService("orders=openapi.yaml")
	assert.Equal(t, "openapi.yaml", path)
	assert.Equal(t, apispec.Options{Services: []string{"orders"}}, options)
	there := file(t, "a=b.yaml", "")
	for _, named := range []string{"openapi.yaml", "=openapi.yaml", there} {
		path, options = ofService(named)
		assert.Equal(t, named, path)
		assert.Empty(t, options.Services)
	}
}

func TestMineRefusesDescriptionsThatItCannotRead(t *testing.T) {
	out, spans := filepath.Join(t.TempDir(), "invariants.yaml"), file(t, "broken.jsonl", "not json\n")
	description := file(t, "openapi.yaml", shopOpenAPI)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--openapi", filepath.Join(t.TempDir(), "none.yaml")}, "--openapi: "},
		{[]string{"--openapi", file(t, "torn.yaml", "openapi: [")}, "torn.yaml:"},
		{[]string{"--ddl", file(t, "empty.sql", "")}, "empty.sql:1:1: there is no CREATE TABLE"},
		{[]string{"--openapi", description, "--openapi", file(t, "other.yaml", shopOpenAPI)}, "say whose they are, as in --openapi SERVICE="},
		{[]string{"--openapi", "a=" + description, "--openapi", "b=" + description}, "broken.jsonl:1"},
		{[]string{"--openapi", "gateway=" + description, "--report", description}, "and the report would replace it: name another file"},
	} {
		_, _, err := command(append(append([]string{"mine", "--out", out}, test.args...), spans)...)
		assert.ErrorContains(t, err, test.want, "%q", test.args)
	}
}
