package apispec_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apispec"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/recording"
)

var (
	bankAPI    = filepath.Join("..", "..", "examples", "bank", "openapi.yaml")
	bankTables = filepath.Join("..", "..", "examples", "bank", "internal", "store", "schema.sql")
)

// bank are the description of the bank's API and its tables.
func bank(t *testing.T) (api, tables *apispec.Spec) {
	t.Helper()
	api, err := apispec.OpenAPI(bankAPI, apispec.Options{})
	require.NoError(t, err)
	tables, err = apispec.DDL(bankTables, apispec.Options{})
	require.NoError(t, err)
	return api, tables
}

// judged judges a recording of the bank by both.
func judged(t *testing.T, name string) (violations []*check.Violation, tallies []check.Tally) {
	t.Helper()
	api, tables := bank(t)
	checker, err := check.New(compiled(t, slices.Concat(api.Rules(), tables.Rules())), check.DefaultSettings())
	require.NoError(t, err)
	file, err := recording.Open(filepath.Join("..", "..", "testdata", "bank", name))
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, file.Traces(func(td ptrace.Traces) error {
		checker.Read(td)
		return nil
	}))
	require.NoError(t, checker.Judge(t.Context(), func(v *check.Violation) error {
		violations = append(violations, v)
		return nil
	}))
	return violations, checker.Tallies()
}

// What the bank's own test holds to be its description is what is read of it.
func TestTheBankIsReadAsAWhole(t *testing.T) {
	t.Parallel()
	api, tables := bank(t)
	fit(t, api)
	fit(t, tables)
	assert.Equal(t, []string{"a body that is neither JSON nor a form is not checked: 2 times, first at the response's body of GET /healthz"}, api.Skipped())
	assert.Equal(t, []string{
		"a CHECK of users: email like '%_@_%' is not understood: line 20",
		"a CHECK of payments: total = price * quantity is not understood: line 107",
	}, tables.Skipped())
	assert.Len(t, api.Rules(), 391)
	assert.Len(t, tables.Rules(), 36)
	assert.Len(t, tables.Tables(), 10)
}

// The rules hold of all quiet hours, and all but those about parameters that nobody uses hold of some call.
func TestTheDescriptionHoldsOfQuietTraffic(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a recording")
	}
	violations, tallies := judged(t, "quiet.jsonl.gz")
	for _, v := range violations {
		t.Errorf("%s: %s: %s", v.Invariant, v.API, v.Explanation)
	}
	held := 0
	for i := range tallies {
		if tallies[i].Held > 0 {
			held++
		}
	}
	t.Logf("%d of %d rules hold of some call", held, len(tallies))
	assert.GreaterOrEqual(t, held, 390)
}

// Rules that nobody taught find the attacks that break the description, and accuse nobody else.
func TestWhatBreaksTheDescriptionIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a recording")
	}
	attacks, err := groundtruth.Read(filepath.Join("..", "..", "testdata", "bank", "tampering.truth.jsonl.gz"))
	require.NoError(t, err)
	kinds := make(map[string]string) // by trace
	for i := range attacks {
		kinds[attacks[i].TraceID] = attacks[i].Kind
	}
	violations, _ := judged(t, "tampering.jsonl.gz")
	found := make(map[string]bool)
	for _, v := range violations {
		kind := kinds[v.TraceID]
		assert.NotEmpty(t, kind, "%s: %s", v.Invariant, v.Explanation)
		found[kind] = true
	}
	assert.Equal(t, []string{"huge_amount", "negative_amount", "negative_quantity", "wrong_type"}, slices.Sorted(maps.Keys(found)))
}
