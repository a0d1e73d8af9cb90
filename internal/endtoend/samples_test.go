package endtoend

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// sequenceKey is the attribute that tells each generated span or log record from all others.
const sequenceKey = "test.sequence"

// generator makes batches as a small shop would send them, with everything in them that OTLP can carry, and with the
// oddities of real senders. The same seed gives the same batches; each has its own sequence numbers, from first on.
type generator struct {
	random *rand.Rand
	next   int64
	end    time.Time
}

func newGenerator(seed uint64, first int64) *generator {
	return &generator{random: rand.New(rand.NewPCG(seed, 1)), next: first, end: time.Now()}
}

// traces makes a batch of calls: a server span each, and below it a database span.
func (g *generator) traces(calls int) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, service := range []string{"orders", "accounts", ""} {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.37.0")
		if service != "" {
			rs.Resource().Attributes().PutStr("service.name", service)
			rs.Resource().SetDroppedAttributesCount(1)
		}
		ss := rs.ScopeSpans().AppendEmpty()
		ss.SetSchemaUrl("https://opentelemetry.io/schemas/1.27.0")
		ss.Scope().SetName("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp")
		ss.Scope().SetVersion("0.60.0")
		ss.Scope().Attributes().PutBool("short", true)
		for range calls {
			g.call(ss.Spans())
		}
		g.odd(rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	}
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty() // senders do send empty groups
	return td
}

func (g *generator) call(spans ptrace.SpanSlice) {
	server, statement := spans.AppendEmpty(), spans.AppendEmpty()
	g.identify(server)
	order := g.random.IntN(1000)
	server.SetName("GET /orders/{id}")
	server.SetKind(ptrace.SpanKindServer)
	server.TraceState().FromRaw("vendor=1")
	server.SetFlags(0x301)
	attributes := server.Attributes()
	attributes.PutStr("http.request.method", "GET")
	attributes.PutStr("http.route", "/orders/{id}")
	attributes.PutStr("url.path", fmt.Sprintf("/orders/%d", order))
	attributes.PutStr("client.address", fmt.Sprintf("203.0.113.%d", g.random.IntN(250)))
	attributes.PutInt("http.response.status_code", []int64{200, 201, 404, 500}[g.random.IntN(4)])
	attributes.PutInt("http.response.body.size", int64(g.random.IntN(1<<20)))
	attributes.PutEmptySlice("http.request.header.x-forwarded-for").AppendEmpty().SetStr("198.51.100.1")
	event := server.Events().AppendEmpty()
	event.SetName("exception")
	event.SetTimestamp(server.EndTimestamp())
	event.Attributes().PutStr("exception.message", "no such order")
	link := server.Links().AppendEmpty()
	link.SetTraceID(g.traceID())
	link.SetSpanID(g.spanID())
	link.TraceState().FromRaw("other=2")

	g.identify(statement)
	statement.SetTraceID(server.TraceID())
	statement.SetParentSpanID(server.SpanID())
	statement.SetName("SELECT orders")
	statement.SetKind(ptrace.SpanKindClient)
	statement.Status().SetCode(ptrace.StatusCodeError)
	statement.Status().SetMessage("timeout")
	statement.Attributes().PutStr("db.system.name", "postgresql")
	statement.Attributes().PutStr("db.query.text", "SELECT * FROM orders WHERE id = $1")
}

// odd fills a span as no instrumentation should and some does: no ids, an end before its start, values of every type
// at their limits.
func (g *generator) odd(span ptrace.Span) {
	span.Attributes().PutInt(sequenceKey, g.sequence())
	span.SetKind(ptrace.SpanKindServer)
	span.SetStartTimestamp(math.MaxUint64)
	span.SetDroppedAttributesCount(math.MaxUint32)
	attributes := span.Attributes()
	attributes.PutInt("int.max", math.MaxInt64)
	attributes.PutInt("int.min", math.MinInt64)
	attributes.PutDouble("double.tiny", math.SmallestNonzeroFloat64)
	attributes.PutDouble("double.tenth", 0.1)
	attributes.PutEmptyBytes("bytes").FromRaw([]byte{0, 255, '\n'})
	attributes.PutStr("text", "line\nbreak \"quoted\" \u2028 Grüße <&> \x00")
	attributes.PutStr("long", strings.Repeat("a", 10_000))
	attributes.PutStr("empty", "")
	attributes.PutEmpty("nothing")
	attributes.PutEmptyMap("map").PutEmptyMap("nested").PutStr("http.route", "/")
	attributes.PutStr("http.request.method", "")
	attributes.PutStr("http.response.status_code", "two hundred")
}

// logs makes a batch of access-log records.
func (g *generator) logs(records int) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "proxy")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("access")
	for range records {
		record := sl.LogRecords().AppendEmpty()
		start, _ := g.times()
		record.SetTimestamp(start)
		record.SetSeverityNumber(plog.SeverityNumberInfo)
		record.SetSeverityText("info")
		record.SetTraceID(g.traceID())
		record.SetSpanID(g.spanID())
		record.SetEventName("access")
		record.Body().SetStr("GET /orders/7 200")
		record.Attributes().PutInt(sequenceKey, g.sequence())
		record.Attributes().PutStr("http.request.method", "GET")
		record.Attributes().PutStr("url.path", "/orders/7")
		record.Attributes().PutInt("http.response.status_code", 200)
		record.Attributes().PutStr("client.address", "203.0.113.7")
	}
	return ld
}

func (g *generator) identify(span ptrace.Span) {
	span.SetTraceID(g.traceID())
	span.SetSpanID(g.spanID())
	start, end := g.times()
	span.SetStartTimestamp(start)
	span.SetEndTimestamp(end)
	span.Attributes().PutInt(sequenceKey, g.sequence())
}

// times are those of a call in the last two minutes.
func (g *generator) times() (start, end pcommon.Timestamp) {
	begin := g.end.Add(-time.Duration(g.random.Int64N(int64(2 * time.Minute))))
	return pcommon.NewTimestampFromTime(begin), pcommon.NewTimestampFromTime(begin.Add(35 * time.Millisecond))
}

func (g *generator) sequence() int64 {
	g.next++
	return g.next - 1
}

func (g *generator) traceID() (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[:8], g.random.Uint64())
	binary.BigEndian.PutUint64(id[8:], g.random.Uint64())
	return id
}

func (g *generator) spanID() (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], g.random.Uint64())
	return id
}
