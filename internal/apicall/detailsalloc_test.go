package apicall

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// assertNoAllocsOnceWarm lets the buffers grow first.
func assertNoAllocsOnceWarm(t *testing.T, read func()) {
	t.Helper()
	read()
	assertNoAllocs(t, read)
}

func TestDetailsAllocateNothing(t *testing.T) {
	long := strings.Repeat("Aü_", 5000)
	headers := attrs{"http.request.header." + long: "x"}
	for i := range 100 {
		headers["http.request.header.x"+strings.Repeat("_", i)] = []any{1.5, "b"}
	}
	for _, a := range []attrs{
		{"user.id": 12345, "user.roles": []any{1000, "b"}, "session.id": 0.125, "http.target": "/a?b"},
		{"user.id": long, "user.roles": strings.Repeat(" a,", 5000), "url.query": long},
		{"http.request.body": long, "http.response.body": 12345, "http.request.header.content_type": "TEXT/plain; a=b"},
		headers,
	} {
		m, d, into := serverSpan(t, a).Attributes(), newDetailer(t, BodyNames{}), &Details{}
		assertNoAllocsOnceWarm(t, func() { d.Read(m, WantAll, into) })
	}
	for _, b := range detailBatches {
		spans, d, into := makeSpans(t, b.add), newDetailer(t, BodyNames{}), &Details{}
		assertNoAllocsOnceWarm(t, func() {
			for _, span := range spans {
				d.Read(span.Attributes(), WantAll, into)
			}
		})
	}
}

func TestDetailsOfALogRecordAllocateNothing(t *testing.T) {
	d, into := newDetailer(t, BodyNames{}), &Details{}
	var records []plog.LogRecord
	for _, tt := range lineCases {
		records = append(records, logRecord(t, tt.line, nil))
	}
	for _, line := range append(foreignLines, brokenLines...) {
		records = append(records, logRecord(t, line, nil))
	}
	for _, rec := range records {
		assertNoAllocsOnceWarm(t, func() { d.LogRecord(rec, WantAll, into) })
	}
}

func TestFieldsOfDetailsAllocateNothing(t *testing.T) {
	d := readDetails(t, attrs{"http.request.header.a": []any{"b", "c"}})
	n := 0
	assertNoAllocs(t, func() {
		value, _ := d.Header(true, "a")
		n += len(value)
		for v := range d.RequestHeaders[0].Values() {
			n += len(v)
		}
	})
	assert.Positive(t, n)
}

func TestParametersAllocateNothing(t *testing.T) {
	n := 0
	count := func(key, value string) { n += len(key) + len(value) }
	for _, tt := range parameterTexts {
		m := serverSpan(t, attrs{"db.statement.parameters": tt.text}).Attributes()
		assertNoAllocsOnceWarm(t, func() { Parameters(m, count) })
	}
	for _, a := range []attrs{
		{"db.query.parameter.a": 12345, "db.query.parameter.b": true},
		{"pgx.query.parameters": []any{0.125, "b", nil, 12345}},
	} {
		m := serverSpan(t, a).Attributes()
		assertNoAllocsOnceWarm(t, func() { Parameters(m, count) })
	}
	assert.Positive(t, n)
}

func TestRouteParametersAllocateNothing(t *testing.T) {
	n := 0
	count := func(name, value string) { n += len(name) + len(value) }
	for _, tt := range fittingRoutes {
		assertNoAllocsOnceWarm(t, func() { RouteParameters(tt.route, tt.path, count) })
	}
	for _, tt := range unfitRoutes {
		assertNoAllocsOnceWarm(t, func() { RouteParameters(tt[0], tt[1], count) })
	}
	assert.Positive(t, n)
}

// What is large and was decoded is not kept.
func TestAGiantParameterIsNotKept(t *testing.T) {
	s := &textScratch{buf: make([]byte, 0, maxParameterText+1)}
	s.release()
	for range 100 {
		require.NotSame(t, s, newTextScratch())
	}
}

// detailBatches are spans with what details are read from: callers, headers, bodies.
var detailBatches = []struct {
	name string
	add  func(b *batch, i int)
}{
	{"plain", spanBatches[0].add},
	{"caller", func(b *batch, i int) { b.stable(i%2 == 0); b.caller(i) }},
	{"headers", func(b *batch, i int) { b.stable(i%2 == 0); b.caller(i); b.headers(i) }},
	{"headers and bodies", func(b *batch, i int) { b.stable(i%2 == 0); b.caller(i); b.headers(i); b.bodies(i) }},
}

// last returns the attributes of the span that was added last.
func (b *batch) last() pcommon.Map {
	return b.spans.At(b.spans.Len() - 1).Attributes()
}

// caller adds user, session and roles; every third user is a number.
func (b *batch) caller(i int) {
	m := b.last()
	if i%3 == 0 {
		m.PutInt("user.id", b.rng.Int64N(1e6))
	} else {
		m.PutStr("enduser.id", "user-"+b.address())
	}
	m.PutStr("session.id", b.address()+"-session")
	roles := m.PutEmptySlice("user.roles")
	for _, role := range []string{"customer", "staff", "admin"}[:1+i%3] {
		roles.AppendEmpty().SetStr(role)
	}
}

// headers adds eight headers to the request and three to the response, as arrays.
func (b *batch) headers(i int) {
	m := b.last()
	for _, name := range []string{"accept", "accept-encoding", "content-type", "host", "referer", "x-forwarded-for", "x-request-id", "x-tenant"} {
		m.PutEmptySlice("http.request.header." + name).AppendEmpty().SetStr(name + b.address())
	}
	for _, name := range []string{"content-type", "content_length", "cache-control"} {
		m.PutEmptySlice("http.response.header." + name).AppendEmpty().SetStr([]string{"application/json", "text/html; charset=utf-8"}[i%2])
	}
}

func (b *batch) bodies(i int) {
	body := `{"accountId":"` + b.address() + `","items":[` + strings.Repeat(`{"sku":"A-1","quantity":2},`, i%7) + `{"sku":"B-2","quantity":1}]}`
	b.last().PutStr([]string{"http.request.body.content", "http.request.body"}[i%2], body)
	b.last().PutStr("http.response.body.content", `{"orderId":"`+b.address()+`","status":"created"}`)
}
