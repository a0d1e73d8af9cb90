package invariant

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// scene is one call with what is around it.
type scene struct {
	service, method, route, path string
	status                       int
	attributes                   map[string]any
	start, end                   int64

	statements []*Statement
	calls      []*scene
	around     Surroundings
}

// order is a call of GET /orders/42 by user 7.
func order() *scene {
	return &scene{
		service: "orders", method: "GET", route: "/orders/{id}", path: "/orders/42", status: 200,
		attributes: map[string]any{
			"user.id": "7", "session.id": "s-1", "user.roles": []any{"customer", "gold"}, "client.address": "203.0.113.9",
		},
		start: 1_700_000_000_000_000_000, end: 1_700_000_000_250_000_000,
		around: Surroundings{StatementsOpen: true, CallsOpen: true},
	}
}

func (s *scene) with(key string, value any) *scene {
	s.attributes[key] = value
	return s
}

// ran adds a statement; it closes the list, as it would be after everything was seen.
func (s *scene) ran(sql string, parameters ...string) *scene {
	st := &Statement{SQL: sqltext.Parse(sql, sqltext.PostgreSQL), System: "postgresql", Rows: 1}
	for i, p := range parameters {
		st.Parameters.Add(string(rune('0'+i)), p)
	}
	s.statements = append(s.statements, st)
	s.around.StatementsOpen = false
	return s
}

// called adds a child call.
func (s *scene) called(c *scene) *scene {
	s.calls = append(s.calls, c)
	s.around.CallsOpen = false
	return s
}

// read reads the call as a processor does.
func (s *scene) read(t testing.TB, b *Book) *Call {
	t.Helper()
	reader, err := NewReader(apicall.BodyNames{}, 1<<16, sqltext.NewCache(100, 1<<20))
	require.NoError(t, err)
	calls, err := apicall.NewReader(apicall.Settings{})
	require.NoError(t, err)
	span := s.span(t)
	var call apicall.Call
	require.Equal(t, apicall.APICall, calls.Span(span, new(apicall.Scratch), &call, new(apicall.Statement)))
	read := reader.Span(b, s.service, &call, span.Attributes(), new(Scratch))
	if read == nil {
		return nil
	}
	return read.Keep()
}

func attributesOf(t testing.TB, all map[string]any) pcommon.Map {
	t.Helper()
	m := pcommon.NewMap()
	require.NoError(t, m.FromRaw(all))
	return m
}

// book compiles rules of the API GET /orders/{id}, one a line: "id: check".
func book(t testing.TB, checks ...string) *Book {
	t.Helper()
	b, err := tryBook(checks...)
	require.NoError(t, err)
	return b
}

func tryBook(checks ...string) (*Book, error) {
	file := &rulefile.File{Path: "rules.yaml"}
	for i, check := range checks {
		file.Rules = append(file.Rules, rulefile.Rule{
			ID: "rule-" + string(rune('a'+i)), Kind: "common-sense", Check: rulefile.Expression{Text: check}, APIs: apis("GET /orders/{id}"),
		})
	}
	return Compile([]*rulefile.File{file}, Options{})
}

func apis(texts ...string) (all []rulefile.API) {
	for _, text := range texts {
		api, err := rulefile.ParseAPI(text)
		if err != nil {
			panic(err)
		}
		all = append(all, api)
	}
	return all
}

// verdicts judges all rules of a book on the scene, by the rules' ids.
func (s *scene) verdicts(t testing.TB, b *Book, each func(*Verdict)) {
	t.Helper()
	call := s.read(t, b)
	require.NotNil(t, call)
	around := s.around
	around.Statements = s.statements
	for _, c := range s.calls {
		around.Calls = append(around.Calls, c.read(t, b))
	}
	j := NewJudge(b)
	take := func(v Verdict) { each(&v) }
	j.Immediate(call, take)
	j.Deferred(call, &around, take)
	assert.Empty(t, disagreement(b, call, &around))
}

// judged is the outcome of one check on the scene: "held", "violated", or the reason why it is not applicable.
func (s *scene) judged(t testing.TB, check string) string {
	t.Helper()
	var out []string
	s.verdicts(t, book(t, check), func(v *Verdict) {
		if v.Outcome == NotApplicable {
			out = append(out, v.Reason.String())
		} else {
			out = append(out, v.Outcome.String())
		}
	})
	return strings.Join(out, " ")
}

// span is the scene's call as an SDK reports it.
func (s *scene) span(t testing.TB) ptrace.Span {
	t.Helper()
	span := ptrace.NewSpan()
	span.SetKind(ptrace.SpanKindServer)
	span.SetTraceID(pcommon.TraceID{1})
	span.SetSpanID(pcommon.SpanID{2})
	span.SetStartTimestamp(pcommon.Timestamp(s.start))
	span.SetEndTimestamp(pcommon.Timestamp(s.end))
	attributesOf(t, s.attributes).CopyTo(span.Attributes())
	for key, value := range map[string]string{"http.request.method": s.method, "http.route": s.route, "url.path": s.path} {
		if value != "" {
			span.Attributes().PutStr(key, value)
		}
	}
	if s.status != 0 {
		span.Attributes().PutInt("http.response.status_code", int64(s.status))
	}
	return span
}
