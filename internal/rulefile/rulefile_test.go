package rulefile

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withoutPositions returns a copy of a file's rules as they are wherever they stand.
func withoutPositions(f *File) []Rule {
	rules := append([]Rule(nil), f.Rules...)
	for i := range rules {
		r := &rules[i]
		r.Line, r.Column, r.place = 0, 0, ""
		r.When.origin, r.Check.origin = nil, nil
		r.APIs = append([]API(nil), r.APIs...)
		for j := range r.APIs {
			r.APIs[j].Line, r.APIs[j].Column = 0, 0
		}
	}
	return rules
}

// referencesWithoutPositions is the same of a file's references.
func referencesWithoutPositions(f *File) []Reference {
	references := append([]Reference(nil), f.References...)
	for i := range references {
		r := &references[i]
		r.Line, r.Column, r.place = 0, 0, ""
		r.Sources = append([]Source(nil), r.Sources...)
		for j := range r.Sources {
			s := &r.Sources[j]
			s.Line, s.Column = 0, 0
			s.APIs = append([]API(nil), s.APIs...)
			for k := range s.APIs {
				s.APIs[k].Line, s.APIs[k].Column = 0, 0
			}
		}
	}
	return references
}

func TestEveryKeyOfTheExampleIsRead(t *testing.T) {
	f, err := Load("testdata/invariants.yaml")
	require.NoError(t, err)
	assert.Equal(t, "testdata/invariants.yaml", f.Path)
	api := func(route, text string, methods ...string) API {
		return API{Methods: methods, Route: route, Text: text}
	}
	orders := api("/orders", "GET /orders", "GET")
	want := []Rule{
		{
			ID: "order-read-by-its-owner", Kind: "database", Services: []string{"orders"},
			APIs:    []API{api("/orders/{id}", "GET /orders/{id}", "GET")},
			When:    Expression{Text: "resp.status == 200"},
			Check:   Expression{Text: `db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))`},
			Message: "somebody else's order is read",
			Support: map[string]any{"calls": 432, "distinct": 2},
		},
		{
			ID: "preserve-account-is-caller", Kind: "environment", Services: []string{"preserve", "preserve-other"},
			APIs: []API{
				api("/api/v1/preserveservice/preserve", "POST /api/v1/preserveservice/preserve", "POST"),
				api("/api/v1/preserveservice/:account/**", "PUT|PATCH /api/v1/preserveservice/:account/**", "PUT", "PATCH"),
				api("/api/v1/preserveotherservice/<account>", "* /api/v1/preserveotherservice/<account>"),
			},
			Check: Expression{Text: "req.body.accountId == env.user.id\n  && has(req.body.tripId)\n"},
		},
		{
			ID: "No.Novel_table-2", Kind: "novelty", APIs: []API{api("*", "*")},
			When:     Expression{Text: `!has(env.user.id) ? env.client == "it's" : true`},
			Check:    Expression{Text: `db.all(s, s.table in ["orders", "items"])`},
			Disabled: true,
			Support: map[string]any{
				"calls": 1.5,
				"seen":  []any{map[string]any{"day": "2026-01-31", "complete": true}, nil},
			},
		},
		{ID: "anchored", APIs: []API{orders}, Check: Expression{Text: "same(req.query.user, env.user.id)"}},
		{
			ID: "aliased", APIs: []API{orders},
			When: Expression{Text: "resp.status < 400"}, Check: Expression{Text: "same(req.query.user, env.user.id)"},
		},
	}
	assert.Equal(t, want, withoutPositions(f))
	assert.Equal(t, 4, f.Rules[0].Line)
	assert.Equal(t, 5, f.Rules[0].Column)
	assert.Equal(t, 18, f.Rules[1].APIs[1].Line)
	assert.Equal(t, 9, f.Rules[1].APIs[1].Column)
}

func TestAFileMayHaveNoRules(t *testing.T) {
	for _, content := range []string{
		"version: 1\ninvariants: []\n", "\uFEFFversion: 1\ninvariants: []", "{version: 1, invariants: []}",
		"---\nversion: 1\ninvariants: []\n...\n", "version: 1\r\ninvariants: []\r\n",
	} {
		f, err := Parse("x.yaml", []byte(content))
		require.NoError(t, err, content)
		assert.Empty(t, f.Rules)
	}
}

func TestAWrittenFileLooksLikeThis(t *testing.T) {
	f, err := Load("testdata/invariants.yaml")
	require.NoError(t, err)
	got := written(t, f)
	want, err := os.ReadFile("testdata/written.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}
