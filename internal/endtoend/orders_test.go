package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// orderRules is a rule over a call, its statements and its user.
const orderRules = `version: 1
invariants:
  - id: order-read-by-its-owner
    kind: database
    service: orders
    api: GET /orders/{id}
    check: db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))
    message: ` + orderRefusal + "\n"

// judged is a pipeline with both processors in front of the connector, behind which everything is written down.
var judged = overlay(`
processors:
  api_invariant: {rules: ["${env:SPANWARDEN_STATE}/invariants.yaml"], settle: 1s}
exporters:
  file/spans: {path: "${env:SPANWARDEN_STATE}/spans.jsonl", flush_interval: 100ms}
  file/anomalies: {path: "${env:SPANWARDEN_STATE}/anomalies.jsonl", flush_interval: 100ms, rotation: null}
service:
  pipelines:
    traces: {processors: [memory_limiter, api_traffic, api_invariant], exporters: [api_anomaly, file/spans]}
`)

// startJudging runs a Collector that judges orderRules; further overlays come on top.
func startJudging(t *testing.T, overlays ...string) *collector {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "invariants.yaml"), []byte(orderRules), 0o600))
	return startCollectorIn(t, folder, append([]string{defaultConfig, judged}, overlays...)...)
}

// What the service orders may ask its database for.
const (
	itsOwner     = "SELECT id, item, total FROM orders WHERE id = $1 AND user_id = $2"
	sanitised    = "SELECT id, item, total FROM orders WHERE id = ? AND user_id = ?" // whose order it is has been taken out
	anotherTable = "SELECT name FROM items WHERE id = $1"
	nothing      = "" // or the statement's span is lost
	anybodys     = "SELECT id, item, total FROM orders WHERE id = $1"
)

const (
	orderRoute   = "/orders/{id}"
	orderUser    = "7"
	orderClient  = "203.0.113.7"
	orderRefusal = "somebody reads an order without having to be its owner"
)

// orderCall is the trace of a call that goes through the gateway to the service orders and on to its database. The
// parts are in the order in which SDKs send them, a span being sent once it has ended: children first.
type orderCall struct {
	traceID pcommon.TraceID
	called  pcommon.SpanID // the server span of orders
	spans   int

	statement, orders, gateway ptrace.Traces
}

// readOrder makes the call, with what orders asks its database for.
func (g *generator) readOrder(query string) *orderCall {
	c := &orderCall{
		traceID: g.traceID(), called: g.spanID(), spans: 3,
		statement: ptrace.NewTraces(), orders: ptrace.NewTraces(), gateway: ptrace.NewTraces(),
	}
	begin := g.end.Add(-time.Minute).Truncate(time.Millisecond)
	order := fmt.Sprint(g.random.IntN(1000))
	// span appends one that begins and ends depth milliseconds after and before the root.
	span := func(td ptrace.Traces, service string, id, parent pcommon.SpanID, depth int, kind ptrace.SpanKind, name string) pcommon.Map {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(c.traceID)
		span.SetSpanID(id)
		span.SetParentSpanID(parent)
		span.SetName(name)
		span.SetKind(kind)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(begin.Add(time.Duration(depth) * time.Millisecond)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(begin.Add(time.Duration(20-depth) * time.Millisecond)))
		span.Attributes().PutInt(sequenceKey, g.sequence())
		return span.Attributes()
	}
	serve := func(a pcommon.Map) {
		a.PutStr("http.request.method", "GET")
		a.PutStr("http.route", orderRoute)
		a.PutStr("url.path", "/orders/"+order)
		a.PutStr("client.address", orderClient)
		a.PutStr("user.id", orderUser)
		a.PutInt("http.response.status_code", 200)
	}
	root, request := g.spanID(), g.spanID()
	serve(span(c.gateway, "gateway", root, pcommon.SpanID{}, 0, ptrace.SpanKindServer, "GET "+orderRoute))
	span(c.gateway, "gateway", request, root, 1, ptrace.SpanKindClient, "GET").PutStr("http.request.method", "GET")
	serve(span(c.orders, "orders", c.called, request, 2, ptrace.SpanKindServer, "GET "+orderRoute))
	if query != nothing {
		a := span(c.statement, "orders", g.spanID(), c.called, 3, ptrace.SpanKindClient, "SELECT")
		a.PutStr("db.system.name", "postgresql")
		a.PutStr("db.query.text", query)
		if query != sanitised {
			a.PutStr("db.query.parameter.0", order)
			a.PutStr("db.query.parameter.1", orderUser)
		}
		c.spans++
	}
	return c
}

// batch puts parts of traces into one batch.
func batch(parts ...ptrace.Traces) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, part := range parts {
		for _, rs := range part.ResourceSpans().All() {
			rs.CopyTo(td.ResourceSpans().AppendEmpty())
		}
	}
	return td
}

// callOrders sends calls that are in order, in several ways, and one in between that is not; that one's statement
// comes in a batch of its own before the spans that it belongs to.
func callOrders(t *testing.T, c *collector, g *generator) (honest []*orderCall, condemned *orderCall) {
	t.Helper()
	send := func(parts ...ptrace.Traces) { require.NoError(t, c.sendTraces(batch(parts...))) }
	for _, query := range []string{itsOwner, sanitised, anotherTable, nothing} {
		call := g.readOrder(query)
		honest = append(honest, call)
		send(call.gateway, call.orders, call.statement)
	}
	condemned = g.readOrder(anybodys)
	split := g.readOrder(itsOwner)
	honest = append(honest, split)
	send(condemned.statement, split.statement)
	send(split.orders, split.gateway, condemned.orders, condemned.gateway)
	return honest, condemned
}
