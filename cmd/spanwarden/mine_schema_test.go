package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/proposer"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// schemaOf is what some spans show of their application.
func schemaOf(t *testing.T, references *rulefile.File, batches ...ptrace.Traces) proposer.Schema {
	t.Helper()
	recorded, err := replay.New(nil, replay.DefaultSettings())
	require.NoError(t, err)
	for _, td := range batches {
		recorded.Read(td)
	}
	s := newSchema()
	require.NoError(t, recorded.Traces(func(trace *replay.Trace) error {
		s.trace(trace)
		return nil
	}))
	return s.told(references)
}

// shownColumns are columns as "req.body.id: text uuid 0.5".
func shownColumns(columns []proposer.Column) (shown []string) {
	for _, c := range columns {
		shown = append(shown, strings.TrimSpace(fmt.Sprintf("%s: %s %s", strings.Join(c.Path, "."), c.Type, c.Format))+fmt.Sprintf(" %.2g", c.Share))
	}
	return shown
}

func TestTheSchemaHasNamesAndTypes(t *testing.T) {
	batches := append(shop(t), ordered(t, 7, 60, `{"items": [{"sku": "a", "price": 1}, {"price": 1.5}], "gift": true, "note": null, "userId": 7}`)...)
	references := &rulefile.File{References: []rulefile.Reference{{Name: "offers", Sources: []rulefile.Source{
		{Key: []string{"id"}, Fields: map[string]string{"price": "price"}}, {Key: []string{"id"}, Fields: map[string]string{"owner": "env.user.id"}},
	}}}}
	got := schemaOf(t, references, batches...)
	require.Len(t, got.APIs, 3)

	read := got.APIs[0]
	assert.Equal(t, "GET /orders/{id}", read.API)
	assert.Equal(t, "gateway", read.Service)
	assert.Equal(t, []string{"GET /orders/{id}"}, read.Children)
	below := got.APIs[1]
	assert.Equal(t, "orders", below.Service)
	assert.Equal(t, 2, below.Seen)
	assert.Equal(t, []string{"req.path.id: text digits 1"}, shownColumns(below.Columns))
	assert.Equal(t, []proposer.Statement{
		{Op: "SELECT", Table: "orders", Where: []string{"id"}}, {Op: "SELECT", Table: "orders", Where: []string{"id", "user_id"}},
	}, below.Statements)

	order := got.APIs[2]
	assert.Equal(t, "POST /orders", order.API)
	assert.Equal(t, []string{
		"req.body.email: text 0.6", "req.body.gift: boolean 0.2", "req.body.items: list 0.2", "req.body.items.[].price: number 0.2",
		"req.body.items.[].sku: text 0.2", "req.body.quantity: integer 0.8", "req.body.role: text 0.2", "req.body.userId: integer|text digits 1",
	}, shownColumns(order.Columns))
	quantity := order.Columns[5]
	assert.Equal(t, []string{"-1", "0", "1", "2"}, quantity.Values)
	assert.Equal(t, "-1", quantity.Least)
	assert.Equal(t, "2", quantity.Most)

	assert.Equal(t, []string{"env.client.address: text 1", "env.user.id: text digits 1"}, shownColumns(got.Environment))
	require.Len(t, got.Tables, 1)
	assert.Equal(t, "orders", got.Tables[0].Name)
	assert.Equal(t, []string{"id: text digits 1", "user_id: text digits 0.5"}, shownColumns(got.Tables[0].Columns))
	require.Len(t, got.Collections, 1)
	assert.Len(t, got.Collections[0].Key, 1)
	assert.Equal(t, []string{"owner: 0", "price: 0"}, shownColumns(got.Collections[0].Fields))
}

// A caller who invents names, depths and values does not fill the memory.
func TestTheSchemaIsBounded(t *testing.T) {
	var wide strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&wide, `"name%d": "%s", `, i, strings.Repeat("x", 100))
	}
	bodies := []string{
		"{" + wide.String() + `"last": 1}`,
		strings.Repeat(`{"deep": `, 40) + "1" + strings.Repeat("}", 40),
		`{"` + strings.Repeat("long", 100) + `": 1}`,
	}
	for i := range 40 {
		bodies = append(bodies, fmt.Sprintf(`{"few": "value %d"}`, i))
	}
	var batches []ptrace.Traces
	for i, body := range bodies {
		batches = append(batches, ordered(t, uint64(i+1), int64(i), body)...)
	}
	got := schemaOf(t, &rulefile.File{}, batches...)
	require.Len(t, got.APIs, 1)
	assert.LessOrEqual(t, len(got.APIs[0].Columns), maxNotedFields)
	for _, c := range got.APIs[0].Columns {
		assert.LessOrEqual(t, len(c.Path), maxNotedDepth+2)
		assert.Empty(t, c.Values, "they are long, or too many")
	}
}
