package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// lateRules look at what was ordered before.
const lateRules = `version: 1
references:
  - name: orders
    from:
      - table: orders
        key: id
        fields: {owner: user_id}
invariants:
  - id: orders-stay-with-their-owners
    service: gateway
    api: GET /orders/{id}
    check: same(row("orders", req.path.id).owner, env.user.id)
    message: an order is read that was somebody else's
`

// stored is a store of what those calls showed, as the command reads it.
func stored(t *testing.T, batches ...ptrace.Traces) string {
	t.Helper()
	rules, err := rulefile.Parse("rules.yaml", []byte(lateRules))
	require.NoError(t, err)
	book, err := invariant.Compile([]*rulefile.File{rules}, invariant.Options{})
	require.NoError(t, err)
	checker, err := check.New(book, check.DefaultSettings())
	require.NoError(t, err)
	for _, td := range batches {
		checker.Read(td)
	}
	require.NoError(t, checker.Judge(t.Context(), func(*check.Violation) error { return nil }))
	var store bytes.Buffer
	require.NoError(t, checker.References().Save(&store))
	return store.String()
}

// torn is a store that was not written to its end.
func torn(t *testing.T) string {
	t.Helper()
	whole := stored(t, read(t, 1, 10, ownOrder)...)
	return file(t, "torn.references", whole[:len(whole)-10])
}

// otherRead is read by user 8.
func otherRead(t *testing.T, trace uint64, at int64) []ptrace.Traces {
	t.Helper()
	batches := read(t, trace, at, anyOrder)
	for _, td := range batches {
		attributes := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
		if _, named := attributes.Get("user.id"); named {
			attributes.PutStr("user.id", "8")
		}
	}
	return batches
}

func TestCheckStartsFromAStore(t *testing.T) {
	rules := file(t, "late.yaml", lateRules)
	spans := file(t, "spans.jsonl", jsonl(t, otherRead(t, 2, 1000)...))
	stdout, _, err := command("check", "--invariants", rules, "--out", "-", "--quiet", spans)
	require.NoError(t, err, "nothing is known of the order")
	assert.Empty(t, stdout)

	store := file(t, "orders.references", stored(t, read(t, 1, 10, ownOrder)...))
	stdout, stderr, err := command("check", "--invariants", rules, "--references", store, "--out", "-", "--quiet", spans)
	require.ErrorIs(t, err, errViolated)
	assert.NotContains(t, stderr, "note")
	var v check.Violation
	require.NoError(t, json.Unmarshal([]byte(stdout), &v))
	assert.Equal(t, "orders-stay-with-their-owners", v.Invariant)
	assert.Equal(t, "related-API", v.Kind)
	assert.Equal(t, map[string]string{`row("orders", req.path.id).owner`: "7", "req.path.id": "42", "env.user.id": "8"}, v.Values)
}

// One recording shows what the rules about its later calls need.
func TestCheckLooksAtEarlierCallsOfTheRecording(t *testing.T) {
	rules := file(t, "late.yaml", lateRules)
	spans := file(t, "spans.jsonl", jsonl(t, append(otherRead(t, 2, 1000), read(t, 1, 10, ownOrder)...)...))
	stdout, _, err := command("check", "--invariants", rules, "--out", "-", "--quiet", spans)
	require.ErrorIs(t, err, errViolated)
	assert.Contains(t, stdout, "orders-stay-with-their-owners")
}

func TestAStoreThatNoRuleLooksAtIsTold(t *testing.T) {
	store := file(t, "orders.references", stored(t, read(t, 1, 10, ownOrder)...))
	_, stderr, _ := checked(t, "--references", store, file(t, "spans.jsonl", jsonl(t, shop(t)...)))
	assert.Contains(t, stderr, "looks at earlier calls, so that --references changes nothing")
}
