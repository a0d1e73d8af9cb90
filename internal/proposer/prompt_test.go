package proposer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// exampleAPIs are those that the examples are about.
func exampleAPIs() []*API {
	var apis []*API
	for _, example := range examples {
		apis = append(apis, &API{API: example.rule.API.(string)})
	}
	return apis
}

func TestTheExamplesAreGoodRules(t *testing.T) {
	m := maker{}
	for _, example := range examples {
		if example.rows {
			continue
		}
		rule, err := m.rule(write(example.rule), &question{apis: exampleAPIs()})
		require.NoError(t, err, example.rule.Check)
		assert.Equal(t, example.rule.Kind, rule.Kind)
		assert.Equal(t, example.rule.Message, rule.Message)
	}
}

// TestTheLanguageHasWhatIsTold compiles all that the instructions name.
func TestTheLanguageHasWhatIsTold(t *testing.T) {
	for _, check := range []string{
		`call.method != "" && call.route != "" && call.path != "" && call.status > 0 && call.service != "" && call.client != "" && call.user_agent != ""`,
		`call.duration < duration("1h") && call.start > timestamp("2026-01-01T00:00:00Z")`,
		`req.path.id != "" && req.query.page != "" && req.header["content-type"] != "" && has(req.body.field) && req.body["first name"] != ""`,
		`resp.status < 500 && resp.header["content-type"] != "" && resp.body.items.all(i, isUUID(i.id))`,
		`env.user.id != "" && "clerk" in env.user.roles && env.session.id != "" && env.client.address != ""`,
		`db.all(s, s.op == "SELECT" && s.table == "orders" && "orders" in s.tables && has(s.where.id) && has(s.set.id) && s.rows <= 1)`,
		`calls.all(c, c.method == "GET" && c.route == "/a" && c.path == "/a" && c.status == 200 && c.service == "a" && c.req.body.a == c.resp.body.a)`,
		`req.body.a.exists(x, x > 1) && req.body.a.exists_one(x, x > 1) && size(req.body.a.filter(x, x > 1)) == size(req.body.a.map(x, x))`,
		`same(req.path.id, env.user.id) && req.body.a in ["b"] && req.path.id.matches("^[0-9]+$") && req.path.id.startsWith("a")`,
		`req.path.id.endsWith("a") && req.path.id.contains("b") && isDate(req.body.day) && isEmail(req.body.mail)`,
		`int(req.path.id) > 0 && double(req.path.id) > 0.0 && string(resp.status) != "" && type(req.body.a) == int`,
		`(req.body.a + 1) * 2 - 3 / 4 % 5 >= 0 ? true : !(resp.status == 200) || resp.status != 404`,
	} {
		api, err := rulefile.ParseAPI("GET /orders/{id}")
		require.NoError(t, err)
		rule := rulefile.Rule{ID: "a", APIs: []rulefile.API{api}, Check: rulefile.Expression{Text: check}}
		_, err = invariant.Compile([]*rulefile.File{{Rules: []rulefile.Rule{rule}}}, invariant.Options{})
		assert.NoError(t, err, check)
	}
}

// TestTheLanguageHasRowsAndEarlierCalls compiles what the instructions tell of state.
func TestTheLanguageHasRowsAndEarlierCalls(t *testing.T) {
	file, err := rulefile.Parse("references.yaml", []byte(`
version: 1
references:
  - name: orders
    from:
      - api: GET /orders/{id}
        at: resp.body
        key: id
        fields: {price: price}
invariants: []
`))
	if err != nil && strings.Contains(err.Error(), "references") {
		t.Skip("rule files have no references yet")
	}
	require.NoError(t, err)
	m := maker{references: file}
	for _, example := range examples {
		_, err := m.rule(write(example.rule), &question{apis: exampleAPIs()})
		assert.NoError(t, err, example.rule.Check)
	}
	for _, check := range []string{
		`earlier("GET /orders/{id}").resp.body.price == req.body.price && same(earlier("GET /orders/{id}").req.path.id, req.path.id)`,
		`call.start > earlier("GET /orders/{id}").call.start`,
		`day(req.body.day) == day(call.start)`,
		`row("orders", req.path.id).price == req.body.price && shown("orders", req.path.id)`,
	} {
		_, err := m.rule(write(ruleText{API: "POST /orders/{id}/pay", Check: check}), &question{apis: exampleAPIs()})
		assert.NoError(t, err, check)
	}
	_, err = m.rule(write(ruleText{API: "POST /orders/{id}/pay", Check: `shown("carts", req.path.id)`}), &question{apis: exampleAPIs()})
	assert.Error(t, err, "a collection that nobody declared")
}

func TestInstructionsTellOfRowsWhereThereAreSome(t *testing.T) {
	without := instructions(&Schema{})
	with := instructions(&Schema{Collections: []Collection{{Name: "orders"}}})
	assert.NotContains(t, without, "shown(")
	assert.Contains(t, with, `shown("orders", key)`)
	assert.Contains(t, with, `same(row(\"orders\", req.path.id).price, req.body.price)`)
	for _, text := range []string{without, with} {
		assert.NotContains(t, text, "{{")
		assert.NotContains(t, text, "\n\n\n")
		assert.LessOrEqual(t, len(text), leastPrompt/4)
	}
}

func TestPathsAreWrittenAsInRules(t *testing.T) {
	for want, path := range map[string][]string{
		"req.body.items[].id":         {"req", "body", "items", "[]", "id"},
		`req.header["content-type"]`:  {"req", "header", "content-type"},
		`req.header["host"]`:          {"req", "header", "host"},
		`resp.body["first name"].a`:   {"resp", "body", "first name", "a"},
		`req.body["true"]`:            {"req", "body", "true"},
		`req.body["a\"b\\"]["größe"]`: {"req", "body", `a"b\`, "größe"},
		"resp.body[][].a":             {"resp", "body", "[]", "[]", "a"},
		"user_id":                     {"user_id"},
	} {
		got, ok := pathOf(path)
		assert.True(t, ok, want)
		assert.Equal(t, want, got)
		if strings.Contains(want, "[]") || len(path) == 1 {
			continue
		}
		api, err := rulefile.ParseAPI("GET /")
		require.NoError(t, err)
		rule := rulefile.Rule{ID: "a", APIs: []rulefile.API{api}, Check: rulefile.Expression{Text: got + ` == "x"`}}
		_, err = invariant.Compile([]*rulefile.File{{Rules: []rulefile.Rule{rule}}}, invariant.Options{})
		assert.NoError(t, err, got)
	}
	for _, path := range [][]string{nil, {""}, {"[]"}, {"a b"}, {"req", ""}, {"req", "body", "12345"}, {"req", "body", "a@b"}, slices.Repeat([]string{"a"}, 13)} {
		_, ok := pathOf(path)
		assert.False(t, ok, "%q", path)
	}
	_, ok := pathOf([]string{"resp", "body", "@context"})
	assert.True(t, ok)
}

func TestTextsAreCutToOneLine(t *testing.T) {
	assert.Equal(t, "a b c", clip(" a\n\r\tb\x00  c ", 10))
	assert.Equal(t, "aä…", clip("aää", 4))
	assert.Equal(t, "\uFFFD", clip("\xff", 10))
	assert.Empty(t, clip("", 10))
}

// pairsOf are the pairs that a schema leads to.
func pairsOf(t *testing.T, schema Schema) []string {
	t.Helper()
	s, err := Settings{URL: "https://example.com", Model: "m"}.complete()
	require.NoError(t, err)
	p := newPlan(&schema, &s, newWriter(&s))
	all := []string{}
	for _, pair := range p.relatedPairs() {
		all = append(all, fmt.Sprintf("%s ~ %s (%d)", p.apis[pair.api].API, p.nameOf(pair.other), pair.score))
	}
	return all
}

func TestWhatBelongsTogetherIsAskedAboutTogether(t *testing.T) {
	schema := Schema{
		APIs: []API{
			{API: "GET /orders/{id}", Columns: []Column{text("req", "path", "id"), text("resp", "body", "id"), text("resp", "body", "contactsId"), number("resp", "body", "price")}},
			{API: "POST /payments", Columns: []Column{text("req", "body", "orderId"), number("req", "body", "price")}, Children: []string{"POST /inside/payments"}},
			{API: "POST /inside/payments", Statements: []Statement{{Op: "INSERT", Table: "payment"}}},
			{API: "GET /weather", Columns: []Column{text("req", "query", "city"), text("resp", "body", "status"), text("resp", "body", "id")}},
		},
		Tables: []Table{
			{Name: "orders", Columns: []Column{text("id"), text("contacts_id")}},
			{Name: "payment", Columns: []Column{text("id"), text("order_id")}},
			{Name: "log", Columns: []Column{text("id"), text("status"), text("message")}},
		},
		Collections: []Collection{{Name: "orders", Key: []Column{text("id")}, Fields: []Column{number("price")}}},
	}
	assert.Equal(t, []string{
		"GET /orders/{id} ~ table orders (2)", // of one name, and contactsId
		"GET /orders/{id} ~ collection orders (2)",
		"POST /inside/payments ~ table payment (5)", // writes it
		"POST /payments ~ POST /inside/payments (4)",
		"POST /payments ~ table payment (2)",
		"POST /payments ~ collection orders (2)", // orderId, price
		"POST /payments ~ GET /orders/{id} (2)",
		"POST /payments ~ table orders (1)", // orderId
	}, pairsOf(t, schema))
}

func TestPairsOfOneEntityAreBounded(t *testing.T) {
	schema := Schema{APIs: manyAPIs(1)}
	for i := range 100 {
		schema.Tables = append(schema.Tables, Table{Name: fmt.Sprintf("t%03d", i), Columns: []Column{number("price")}})
	}
	assert.Len(t, pairsOf(t, schema), mostPartner)
}

func TestTheMostCalledAPIsAreAskedAbout(t *testing.T) {
	s, err := Settings{URL: "https://example.com", Model: "m"}.complete()
	require.NoError(t, err)
	schema := Schema{APIs: manyAPIs(mostAPIs + 5)}
	p := newPlan(&schema, &s, newWriter(&s))
	require.Len(t, p.apis, mostAPIs)
	for i := range p.apis {
		assert.GreaterOrEqual(t, p.apis[i].Seen, 5)
	}
	assert.Equal(t, []string{"5 of 1005 APIs were not asked about: 1000 are the most"}, p.left)
}

// TestRareFieldsMakeRoom has fields that somebody made up in one call each: they do not hide those of all calls.
func TestRareFieldsMakeRoom(t *testing.T) {
	a := API{API: "POST /orders"}
	for i := range 500 {
		a.Columns = append(a.Columns, Column{Path: []string{"req", "body", fmt.Sprintf("a%03d%s", i, strings.Repeat("x", 50))}, Share: 0.001})
	}
	a.Columns = append(a.Columns, Column{Path: []string{"req", "body", "price"}, Type: "number", Share: 1})
	s, err := Settings{URL: "https://example.com", Model: "m"}.complete()
	require.NoError(t, err)
	schema := Schema{APIs: []API{a}}
	questions := newPlan(&schema, &s, newWriter(&s)).questions()
	require.Len(t, questions, 1)
	shown := dataOf(t, questions[0].about).APIs[0].Columns
	assert.Equal(t, "number", shown["req.body.price"])
	assert.Less(t, len(shown), mostColumns)
	assert.LessOrEqual(t, len(write(shown)), s.MaxPromptBytes/8)
}

func TestSameTextsOfTwoServicesAreOneRule(t *testing.T) {
	q := &question{apis: []*API{{Service: "b", API: "GET /health"}, {Service: "a", API: "GET /health"}, {API: "GET /x"}}}
	m := maker{}
	rule, err := m.rule(json.RawMessage(`{"api": "GET /health", "check": "resp.status == 200"}`), q)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, rule.Services)
	rule, err = m.rule(json.RawMessage(`{"api": ["GET /health", "GET /x"], "check": "resp.status == 200"}`), q)
	require.NoError(t, err)
	assert.Nil(t, rule.Services, "of one of them the service is not known")
}

func TestRulesThatSayTheSameHaveOneName(t *testing.T) {
	q := &question{apis: []*API{{API: "GET /a"}, {API: "PUT /a"}}}
	m := maker{}
	ids := make(map[string]bool)
	for _, raw := range []string{
		`{"api": ["GET /a", "PUT /a"], "check": "resp.status == 200", "message": "x"}`,
		`{"api": ["PUT /a", "GET /a"], "check": "resp.status  ==\n200"}`,
	} {
		rule, err := m.rule(json.RawMessage(raw), q)
		require.NoError(t, err)
		ids[keyOf(&rule)] = true
	}
	assert.Len(t, ids, 1)
	rule, err := m.rule(json.RawMessage(`{"api": "GET /a", "check": "resp.status == 200", "when": "req.body.a == 1"}`), q)
	require.NoError(t, err)
	assert.False(t, ids[keyOf(&rule)])
	assert.Regexp(t, "^model-get-a-[0-9a-f]{12}$", rule.ID)
}

func TestRejectedRulesAreBounded(t *testing.T) {
	var o Outcome
	for range MaxRejected + 3 {
		o.reject(strings.Repeat("r", 1000), "w", 1)
	}
	assert.Len(t, o.Rejected, MaxRejected)
	assert.Equal(t, 3, o.RejectedMore)
	assert.Len(t, o.Rejected[0].Rule, maxToldRule+len("…"))
}
