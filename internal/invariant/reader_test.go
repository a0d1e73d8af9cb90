package invariant

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

func newTestReader(t testing.TB) *Reader {
	t.Helper()
	r, err := NewReader(apicall.BodyNames{}, 1<<10, sqltext.NewCache(100, 1<<20))
	require.NoError(t, err)
	return r
}

// statement reads a statement as a span has it.
func statement(t testing.TB, attributes map[string]any) *Statement {
	t.Helper()
	m := attributesOf(t, attributes)
	st := apicall.Statement{System: "postgresql", Rows: -1}
	for key, into := range map[string]*string{"db.query.text": &st.Text, "db.operation.name": &st.Operation, "db.collection.name": &st.Collection} {
		if v, ok := m.Get(key); ok {
			*into = v.Str()
		}
	}
	return newTestReader(t).Statement(&st, m)
}

func TestWhatIsNoStatement(t *testing.T) {
	for _, text := range []string{"", "BEGIN", "commit", "ROLLBACK TO SAVEPOINT a", "SET search_path TO shop", "PRAGMA foreign_keys = on"} {
		assert.Nil(t, statement(t, map[string]any{"db.query.text": text}), text)
	}
	for _, text := range []string{"SELECT 1", "UPDATE a SET b = 1", "garbage"} {
		assert.NotNil(t, statement(t, map[string]any{"db.query.text": text}), text)
	}
}

func TestAStatementWithoutTextHasOperationAndTable(t *testing.T) {
	s := order()
	s.statements = append(s.statements, statement(t, map[string]any{"db.operation.name": "select", "db.collection.name": "Orders"}))
	s.around.StatementsOpen = false
	assert.Equal(t, "held", s.judged(t, `db.all(s, s.op == "SELECT" && s.table == "orders")`))
	assert.Equal(t, "unknown", s.judged(t, `db.all(s, has(s.where.id))`))
	assert.Equal(t, "unknown", s.judged(t, `db.all(s, s.skeleton == "x")`))
}

func TestAStatementThatIsNoSQL(t *testing.T) {
	m := attributesOf(t, map[string]any{})
	st := newTestReader(t).Statement(&apicall.Statement{System: "redis", Text: "GET user:1", Rows: -1}, m)
	s := order()
	s.statements, s.around.StatementsOpen = []*Statement{st}, false
	assert.Equal(t, "held", s.judged(t, `db.all(s, s.op == "GET" && s.system == "redis")`))
	assert.Equal(t, "unknown", s.judged(t, `db.all(s, s.skeleton in ["select ?"])`))
}

func TestParametersThatNobodyCanTellApartAreNotUsed(t *testing.T) {
	text := "SELECT * FROM orders WHERE id = $1 AND user_id = $2"
	s := order()
	s.around.StatementsOpen = false
	s.statements = []*Statement{statement(t, map[string]any{"db.query.text": text, "pgx.query.parameters": "[42 8 7]"})}
	assert.Equal(t, "unknown", s.judged(t, `db.all(s, same(s.where.user_id, env.user.id))`))
	s.statements = []*Statement{statement(t, map[string]any{"db.query.text": text, "pgx.query.parameters": []any{"42", "7"}})}
	assert.Equal(t, "held", s.judged(t, `db.all(s, same(s.where.user_id, env.user.id))`))
}

func TestALongBodyIsUnknown(t *testing.T) {
	s := order().with(requestBodyAttribute, `{"note": "`+strings.Repeat("x", 1<<16)+`"}`)
	assert.Equal(t, "unknown", s.judged(t, `size(req.body.note) < 100`))
	assert.Equal(t, "unknown", s.judged(t, `has(req.body.note)`))
}

// What is kept must not point into the span, whose memory is used again.
func TestAKeptCallStandsOnItsOwn(t *testing.T) {
	s := order().with(requestBodyAttribute, `{"a": 1}`).with("http.request.header.x-a", []any{"b"}).with("url.query", "a=1")
	b := book(t, `req.body.a == 1 && req.header["x-a"] == "b" && env.user.id == "7" && size(db) == 0`, `req.query.x == "y"`)
	reader, err := apicall.NewReader(apicall.Settings{})
	require.NoError(t, err)
	var scratch Scratch
	span := s.span(t)
	var call apicall.Call
	reader.Span(span, new(apicall.Scratch), &call, new(apicall.Statement))
	read := newTestReader(t).Span(b, "orders", &call, span.Attributes(), &scratch)
	kept := read.Keep()
	want := *kept
	assert.Equal(t, want, *kept.Keep(), "kept twice")
	later := read.KeepDeferred()
	assert.Equal(t, kept.RequestBody, later.RequestBody)
	assert.Equal(t, "a=1", kept.Query)
	assert.Empty(t, later.Query, "only a rule that has been judged wants it")
	assert.Less(t, later.Bytes(), kept.Bytes())
	other := order()
	other.attributes = map[string]any{"user.id": "9", "session.id": "s-9", requestBodyAttribute: `{"b": 2}`, "http.request.header.x-b": []any{"c"}}
	span = other.span(t)
	reader.Span(span, new(apicall.Scratch), &call, new(apicall.Statement))
	newTestReader(t).Span(b, "orders", &call, span.Attributes(), &scratch)
	assert.Equal(t, `{"a": 1}`, kept.RequestBody.Text)
	assert.Equal(t, []Header{{Name: "x-a", Value: "b"}}, kept.RequestHeaders)
	assert.Equal(t, "7", kept.User)
	assert.Equal(t, []string{"customer", "gold"}, kept.Roles)
	assert.Greater(t, kept.Bytes(), len(`{"a": 1}`)+100)
	assert.Equal(t, pcommon.TraceID{1}, kept.TraceID)
}

// A call that no rule is about is not read, unless somebody's rule is about the calls of others.
func TestCallsThatNoRuleIsAbout(t *testing.T) {
	s := stock()
	assert.Nil(t, s.read(t, book(t, `call.status == 200`)))
	c := s.read(t, book(t, `calls.all(c, c.resp.body.left > 1)`))
	require.NotNil(t, c)
	assert.Nil(t, c.API())
	assert.NotEmpty(t, c.ResponseBody.Text)
	assert.Empty(t, s.read(t, book(t, `calls.all(c, c.status > 1)`)).ResponseBody.Text, "nobody wants it")
}

func TestWhatIsTooLongIsUnknown(t *testing.T) {
	many := order()
	for i := range 130 {
		many.with("http.request.header.x-"+strconv.Itoa(i), []any{"a"})
	}
	roles := make([]any, 70)
	for i := range roles {
		roles[i] = "r" + strconv.Itoa(i)
	}
	long := strings.Repeat("a", 10_000)
	for name, l := range map[string]struct {
		scene *scene
		check string
		want  string
	}{
		"a header among too many":   {many, `!("x-on-behalf-of" in req.header)`, "unknown"},
		"the number of headers":     {many, `size(req.header) < 200`, "unknown"},
		"a header that is long":     {order().with("http.request.header.x-a", []any{long}), `size(req.header["x-a"]) < 5000`, "unknown"},
		"one that is long is there": {order().with("http.request.header.x-a", []any{long}), `has(req.header.x)`, "violated"},
		"a path":                    {&scene{service: "a", method: "GET", route: "/orders/{id}", path: "/orders/" + long}, `size(call.path) < 9000 || req.path.id == "a"`, "unknown"},
		"a role among too many":     {order().with("user.roles", roles), `"r69" in env.user.roles`, "unknown"},
		"a user":                    {order().with("user.id", long), `size(env.user.id) < 2000`, "unknown"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, l.want, l.scene.judged(t, l.check)) })
	}
}

// Rules about one API may call a part of the path by the same name, and mean different ones.
func TestNamesInThePathAreThoseOfTheRule(t *testing.T) {
	file := &rulefile.File{Path: "rules.yaml", Rules: []rulefile.Rule{
		{ID: "a", Check: rulefile.Expression{Text: `req.path.id == "8" && req.path.orderId == "7"`}, APIs: apis("GET /users/{id}/orders/{orderId}")},
		{ID: "b", Check: rulefile.Expression{Text: `req.path.id == "7" && req.path.userId == "8"`}, APIs: apis("GET /users/{userId}/orders/{id}")},
	}}
	b, err := Compile([]*rulefile.File{file}, Options{})
	require.NoError(t, err)
	s := &scene{service: "a", method: "GET", route: "/users/{u}/orders/{o}", path: "/users/8/orders/7"}
	s.verdicts(t, b, func(v *Verdict) { assert.Equal(t, Holds, v.Outcome, v.Rule.ID) })
}

// Read whole, a call has all that there is of it, whatever rules there are.
func TestACallThatIsReadWhole(t *testing.T) {
	attributes := attributesOf(t, map[string]any{
		"user.id": "7", "session.id": "s", "user.roles": []any{"gold"}, "url.query": "a=1", requestBodyAttribute: "{}", responseBodyAttribute: "[]",
		"http.request.header.x-a": []any{"b"}, "http.response.header.x-c": []any{"d"},
	})
	rec := plog.NewLogRecord()
	attributes.CopyTo(rec.Attributes())
	call := &apicall.Call{Method: "GET", Route: "/orders", RouteGiven: true, Path: "/orders"}
	for name, c := range map[string]*Call{
		"span":       newTestReader(t).Whole("shop", call, attributes, new(Scratch)),
		"log record": newTestReader(t).WholeLogRecord("shop", call, rec, new(Scratch)),
	} {
		for _, c := range []*Call{c, c.Keep(), c.KeepDeferred()} {
			assert.Equal(t, []any{"shop", "7", "s", "gold", "a=1", "{}", "[]", "b", "d"}, []any{
				c.Service, c.User, c.Session, c.Roles[0], c.Query, c.RequestBody.Text, c.ResponseBody.Text, c.RequestHeaders[0].Value, c.ResponseHeaders[0].Value,
			}, name)
			assert.Nil(t, c.API())
		}
	}
}
