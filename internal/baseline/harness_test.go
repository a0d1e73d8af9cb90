package baseline

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// fields is an object of JSON.
type fields map[string]any

// call is a call as tests write it.
type call struct {
	service, method string
	route           string // "": no instrumentation tells it
	path, query     string
	user, session   string
	client, agent   string
	roles           []string
	status          int // 0: not known
	request         any // JSON; nil: none
	response        any
	headers         map[string]string
	statements      []statement
	calls           []*call
	start           time.Time
	length, delay   time.Duration // delay: of a child call
}

// statement is a database statement; -1 rows are not known.
type statement struct {
	sql        string
	parameters []string
	rows       int64
}

// monday is when the first call is made.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// recorded are the spans of calls, each a trace of its own that is numbered by its place in the list, from 1.
func recorded(t require.TestingT, calls []*call) ptrace.Traces {
	td := ptrace.NewTraces()
	r := recorder{t: t, out: td, services: make(map[string]ptrace.SpanSlice)}
	for i, c := range calls {
		r.trace, r.span = uint64(i+1), 0
		if c.start.IsZero() {
			c.start = monday.Add(time.Duration(i) * time.Minute)
		}
		r.add(c, 0)
	}
	return td
}

type recorder struct {
	t           require.TestingT
	out         ptrace.Traces
	services    map[string]ptrace.SpanSlice
	trace, span uint64
}

// newSpan adds a span of a service beneath another one.
func (r *recorder) newSpan(service string, parent uint64, start time.Time, length time.Duration) ptrace.Span {
	spans, known := r.services[service]
	if !known {
		rs := r.out.ResourceSpans().AppendEmpty()
		if service != "" {
			rs.Resource().Attributes().PutStr("service.name", service)
		}
		spans = rs.ScopeSpans().AppendEmpty().Spans()
		r.services[service] = spans
	}
	span := spans.AppendEmpty()
	r.span++
	var trace pcommon.TraceID
	binary.BigEndian.PutUint64(trace[8:], r.trace)
	span.SetTraceID(trace)
	span.SetSpanID(spanID(r.span))
	span.SetParentSpanID(spanID(parent))
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(length)))
	return span
}

func spanID(n uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

func (r *recorder) add(c *call, parent uint64) {
	span := r.newSpan(c.service, parent, c.start, max(c.length, time.Millisecond))
	id := r.span
	span.SetKind(ptrace.SpanKindServer)
	m := span.Attributes()
	for name, value := range map[string]string{
		"http.request.method": c.method, "http.route": c.route, "url.path": c.path, "url.query": c.query, "user.id": c.user,
		"session.id": c.session, "client.address": c.client, "user_agent.original": c.agent,
		"http.request.body.content": r.json(c.request), "http.response.body.content": r.json(c.response),
	} {
		if value != "" {
			m.PutStr(name, value)
		}
	}
	if c.status != 0 {
		m.PutInt("http.response.status_code", int64(c.status))
	}
	if len(c.roles) > 0 {
		roles := m.PutEmptySlice("user.roles")
		for _, role := range c.roles {
			roles.AppendEmpty().SetStr(role)
		}
	}
	for name, value := range c.headers {
		m.PutEmptySlice("http.request.header." + name).AppendEmpty().SetStr(value)
	}
	for i := range c.statements {
		r.statement(c, &c.statements[i], id)
	}
	for _, child := range c.calls {
		child.start = c.start.Add(max(child.delay, 100*time.Microsecond))
		child.length = max(child.length, 200*time.Microsecond)
		r.add(child, id)
	}
}

func (r *recorder) statement(c *call, s *statement, parent uint64) {
	span := r.newSpan(c.service, parent, c.start.Add(10*time.Microsecond), 10*time.Microsecond)
	span.SetKind(ptrace.SpanKindClient)
	m := span.Attributes()
	m.PutStr("db.system.name", "postgresql")
	m.PutStr("db.query.text", s.sql)
	for i, p := range s.parameters {
		m.PutStr(fmt.Sprintf("db.query.parameter.%d", i), p)
	}
	if s.rows >= 0 {
		m.PutInt("db.response.returned_rows", s.rows)
	}
}

// json is the text of a body; what is raw already stays as it is.
func (r *recorder) json(body any) string {
	switch body := body.(type) {
	case nil:
		return ""
	case string:
		return body
	}
	text, err := json.Marshal(body)
	require.NoError(r.t, err)
	return string(text)
}

// traces are calls as a learner reads them.
func traces(t require.TestingT, calls []*call) (all []*replay.Trace) {
	r, err := replay.New(nil, replay.DefaultSettings())
	require.NoError(t, err)
	r.Read(recorded(t, calls))
	require.NoError(t, r.Traces(func(trace *replay.Trace) error {
		all = append(all, trace)
		return nil
	}))
	return all
}

// learned is a learner that has seen the calls.
func learned(t require.TestingT, s Settings, calls []*call) *Learner {
	l, err := New(s)
	require.NoError(t, err)
	for _, trace := range traces(t, calls) {
		l.Learn(trace)
	}
	return l
}

// strict are the default settings without tolerance.
func strict() Settings {
	s := DefaultSettings()
	s.Tolerance, s.Grown = 0, 0
	return s
}

// result is what is learned from calls without tolerance.
func result(t require.TestingT, calls []*call) *Result {
	return learned(t, strict(), calls).Result()
}

// text is a result as it is written.
func written(t require.TestingT, f *rulefile.File) string {
	var out bytes.Buffer
	require.NoError(t, rulefile.Write(&out, f))
	return out.String()
}

// book compiles what was written.
func book(t require.TestingT, f *rulefile.File) *invariant.Book {
	read, err := rulefile.Parse("learned.yaml", []byte(written(t, f)))
	require.NoError(t, err)
	b, err := invariant.Compile([]*rulefile.File{read}, invariant.Options{})
	require.NoError(t, err)
	return b
}

// judgement is what a book says of calls.
type judgement struct {
	alarms  map[int][]string       // ids of the rules that were violated, by the place of the call in the list
	tallies map[string]check.Tally // by the id of the rule
	why     map[string]string      // of each rule, the last explanation
}

// judge judges calls by the real evaluator, stateful rules in the order of time.
func judge(t require.TestingT, f *rulefile.File, calls []*call) *judgement {
	c, err := check.New(book(t, f), check.DefaultSettings())
	require.NoError(t, err)
	c.Read(recorded(t, calls))
	j := &judgement{make(map[int][]string), make(map[string]check.Tally), make(map[string]string)}
	require.NoError(t, c.Judge(context.Background(), func(v *check.Violation) error {
		n := place(t, v.TraceID)
		j.alarms[n] = append(j.alarms[n], v.Invariant)
		j.why[v.Invariant] = v.Explanation
		return nil
	}))
	for _, tally := range c.Tallies() {
		j.tallies[tally.Rule.ID] = tally
	}
	return j
}

// find returns the rule with that check; nil if there is none.
func find(r *Result, text string) *Learned { return findOf(r, "", text) }

// findOf is find for an API; "" is any.
func findOf(r *Result, api, text string) *Learned {
	for i := range r.Rules {
		if rule := &r.Rules[i].Rule; rule.Check.Text == text && (api == "" || rule.APIs[0].Text == api) {
			return &r.Rules[i]
		}
	}
	return nil
}

// checks are those of all rules, one a line, for those who look for one.
func checks(r *Result) string {
	var out strings.Builder
	for i := range r.Rules {
		rule := &r.Rules[i].Rule
		fmt.Fprintf(&out, "%s (%s): %s", rule.ID, rule.Kind, rule.Check.Text)
		if rule.When.Text != "" {
			fmt.Fprintf(&out, " when %s", rule.When.Text)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// dice are the same each time.
func dice(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 7)) } //nolint:gosec // not secret

// uuid is one that the dice make.
func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffffffffffff)
}

// pick is one of several.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// place is that of a call in its list, by its trace.
func place(t require.TestingT, trace string) int {
	n, err := strconv.ParseUint(trace[16:], 16, 64)
	require.NoError(t, err)
	return int(n) - 1
}
