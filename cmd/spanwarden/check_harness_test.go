package main

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shopRules has a rule of each kind, one that its calls say nothing about, and one
// whose API nobody calls.
const shopRules = `version: 1
invariants:
  - id: quantity-is-positive
    kind: common-sense
    service: gateway
    api: POST /orders
    check: req.body.quantity > 0
    message: nothing is ordered
  - id: email-is-one
    kind: format
    api: POST /orders
    check: isEmail(req.body.email)
    message: the e-mail address is none
  - id: order-read-by-its-owner
    kind: database
    api: GET /orders/{id}
    when: call.service == "orders"
    check: db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))
    message: somebody else's order is read
  - id: buyer-is-the-caller
    kind: environment
    api: POST /orders
    check: req.body.userId == env.user.id && !has(req.body.role)
    message: somebody buys for another
  - id: orders-are-read-where-they-are
    kind: related-API
    service: gateway
    api: GET /orders/{id}
    check: calls.all(c, c.status < 500 && same(c.req.path.id, req.path.id))
    message: another order is shown than was asked for
  - id: nobody-pays-in-stones
    kind: common-sense
    api: POST /orders
    check: req.body.currency != "stone"
  - id: nobody-returns
    kind: common-sense
    api: POST /returns
    check: resp.status < 500
`

// attributes of a span.
type attrs map[string]any

// span is one span of a test, of its own batch.
func span(t *testing.T, service string, kind ptrace.SpanKind, trace, id, parent uint64, at int64, a attrs) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	var traceID pcommon.TraceID
	binary.BigEndian.PutUint64(traceID[8:], trace)
	s.SetTraceID(traceID)
	s.SetSpanID(spanID(id))
	s.SetParentSpanID(spanID(parent))
	s.SetKind(kind)
	const noon = 1_772_362_800_000_000_000 // 2026-03-01T11:00:00Z
	s.SetStartTimestamp(pcommon.Timestamp(noon + at*1e6))
	s.SetEndTimestamp(pcommon.Timestamp(noon + at*1e6 + 5e6))
	require.NoError(t, s.Attributes().FromRaw(a))
	return td
}

func spanID(n uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// ordered is a call of POST /orders, at so many milliseconds.
func ordered(t *testing.T, trace uint64, at int64, body string) []ptrace.Traces {
	t.Helper()
	return []ptrace.Traces{span(t, "gateway", ptrace.SpanKindServer, trace, 16*trace, 0, at, attrs{
		"http.request.method": "POST", "http.route": "/orders", "url.path": "/orders", "http.response.status_code": 201,
		"user.id": "7", "client.address": "203.0.113.9", "http.request.body.content": body,
	})}
}

// read is a call of GET /orders/{id}, which the gateway hands on to the orders, with one statement there.
func read(t *testing.T, trace uint64, at int64, sql string) []ptrace.Traces {
	t.Helper()
	get := attrs{
		"http.request.method": "GET", "http.route": "/orders/{id}", "url.path": "/orders/42", "http.response.status_code": 200,
		"user.id": "7", "client.address": "203.0.113.9",
	}
	id := 16 * trace
	return []ptrace.Traces{
		span(t, "gateway", ptrace.SpanKindServer, trace, id, 0, at, get),
		span(t, "gateway", ptrace.SpanKindClient, trace, id+1, id, at+1, attrs{"http.request.method": "GET"}),
		span(t, "orders", ptrace.SpanKindServer, trace, id+2, id+1, at+2, get),
		span(t, "orders", ptrace.SpanKindClient, trace, id+3, id+2, at+3, attrs{
			"db.system.name": "postgresql", "db.query.text": sql, "db.query.parameter.0": "42", "db.query.parameter.1": "7",
		}),
	}
}

// Statements of reading an order.
const (
	ownOrder = "SELECT * FROM orders WHERE id = $1 AND user_id = $2"
	anyOrder = "SELECT * FROM orders WHERE id = $1"
)

// shop is a recording of honest calls and of calls that break rules.
func shop(t *testing.T) (batches []ptrace.Traces) {
	t.Helper()
	for _, call := range [][]ptrace.Traces{
		ordered(t, 1, 10, `{"userId": "7", "quantity": 1, "email": "ann@example.com"}`),
		read(t, 2, 20, ownOrder),
		ordered(t, 3, 30, `{"userId": "8", "quantity": -1, "email": "ann@example.com"}`),
		read(t, 4, 40, anyOrder),
		ordered(t, 5, 50, `{"userId": "7", "quantity": 2, "email": "\u001b[31m<ann>"}`),
		ordered(t, 6, 50, `{"userId": "7", "quantity": 0, "role": "admin"}`),
	} {
		batches = append(batches, call...)
	}
	return batches
}

// jsonl is a recording, a batch a line.
func jsonl(t *testing.T, batches ...ptrace.Traces) string {
	t.Helper()
	var b strings.Builder
	for _, td := range batches {
		line, err := new(ptrace.JSONMarshaler).MarshalTraces(td)
		require.NoError(t, err)
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}
