package apicall

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// batch builds spans as services of several makes send them: 10 to 15 attributes each, old and new conventions.
type batch struct {
	rng   *rand.Rand
	spans ptrace.SpanSlice
}

func newBatch(seed uint64) *batch {
	return &batch{rng: rand.New(rand.NewPCG(seed, 1)), spans: ptrace.NewSpanSlice()}
}

// received returns the spans as a receiver would hand them on: each string somewhere else in memory.
func (b *batch) received(tb testing.TB) []ptrace.Span {
	tb.Helper()
	sent := ptrace.NewTraces()
	b.spans.MoveAndAppendTo(sent.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans())
	wire, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(sent)
	require.NoError(tb, err)
	got, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(wire)
	require.NoError(tb, err)
	spans := got.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	list := make([]ptrace.Span, 0, spans.Len())
	for i := range spans.Len() {
		list = append(list, spans.At(i))
	}
	return list
}

func (b *batch) span(kind ptrace.SpanKind) pcommon.Map {
	span := b.spans.AppendEmpty()
	span.SetKind(kind)
	span.SetName("GET")
	span.SetTraceID(pcommon.TraceID{1, byte(b.spans.Len()), byte(b.spans.Len() >> 8)})
	span.SetSpanID(pcommon.SpanID{2, byte(b.spans.Len()), byte(b.spans.Len() >> 8)})
	if b.rng.IntN(3) == 0 {
		span.SetParentSpanID(pcommon.SpanID{3})
	}
	start := 1_700_000_000_000_000_000 + b.rng.Int64N(60e9)
	span.SetStartTimestamp(pcommon.Timestamp(start))
	span.SetEndTimestamp(pcommon.Timestamp(start + b.rng.Int64N(1e9)))
	return span.Attributes()
}

func (b *batch) method() string {
	return []string{"GET", "GET", "GET", "POST", "PUT", "DELETE"}[b.rng.IntN(6)]
}

func (b *batch) address() string {
	return fmt.Sprintf("10.%d.%d.%d", b.rng.IntN(4), b.rng.IntN(256), b.rng.IntN(256))
}

func (b *batch) status() int64 {
	return []int64{200, 200, 200, 201, 204, 302, 404, 500}[b.rng.IntN(8)]
}

// path returns a raw path and the route of the framework that serves it.
func (b *batch) path() (path, route string) {
	n := b.rng.Uint64()
	switch b.rng.IntN(8) {
	case 0:
		return fmt.Sprintf("/api/products/%d/customers", n%5000), "/api/products/:id/customers"
	case 1:
		return fmt.Sprintf("/api/v1/orders/%08x-%04x-4%03x-a%03x-%012x", uint32(n), n>>8&0xffff, n&0xfff, n>>20&0xfff, n>>16),
			"/api/v1/orders/{orderId}"
	case 2:
		return "/api/v1/travelservice/trips/left", "/api/v1/travelservice/trips/left"
	case 3:
		return "/health", "/health"
	case 4:
		return fmt.Sprintf("/users/user-%05d/settings", n%100000), "/users/{user}/settings"
	case 5:
		return fmt.Sprintf("/reports/2024-%02d-%02d/summary.pdf", n%12+1, n%28+1), "/reports/{day}/{file}"
	case 6:
		return "/static/js/app.min.js", "/static/*"
	}
	return fmt.Sprintf("/shop/cart/ord_%06x/items/%d", n&0xffffff|0x100000, n%40), "/shop/cart/{cart}/items/{item}"
}

// stable is an HTTP server span by the stable conventions, 12 to 15 attributes.
func (b *batch) stable(withRoute bool) {
	path, route := b.path()
	m := b.span(ptrace.SpanKindServer)
	m.PutStr("http.request.method", b.method())
	m.PutStr("url.scheme", "https")
	m.PutStr("url.path", path)
	m.PutStr("server.address", "shop.example.org")
	m.PutInt("server.port", 443)
	m.PutStr("network.protocol.version", "1.1")
	m.PutStr("network.peer.address", b.address())
	m.PutInt("network.peer.port", 30000+b.rng.Int64N(30000))
	m.PutStr("client.address", b.address())
	m.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	m.PutInt("thread.id", b.rng.Int64N(200))
	if b.rng.IntN(2) == 0 {
		m.PutStr("url.query", "page=2&sort=name")
		m.PutStr("thread.name", "http-nio-8080-exec-7")
	}
	if withRoute {
		m.PutStr("http.route", route)
	}
	m.PutInt("http.response.status_code", b.status())
	m.PutInt("http.response.body.size", b.rng.Int64N(50000))
}

// old is an HTTP server span by the conventions before 1.20, 11 to 13 attributes.
func (b *batch) old(withRoute bool) {
	path, route := b.path()
	m := b.span(ptrace.SpanKindServer)
	m.PutStr("http.method", b.method())
	m.PutStr("http.scheme", "http")
	m.PutStr("http.host", "shop.example.org")
	m.PutStr("http.target", path+"?page=2")
	m.PutStr("http.flavor", "1.1")
	m.PutStr("http.user_agent", "python-requests/2.31.0")
	m.PutStr("net.host.name", "shop")
	m.PutInt("net.host.port", 8080)
	m.PutStr("net.sock.peer.addr", b.address())
	m.PutInt("net.sock.peer.port", 30000+b.rng.Int64N(30000))
	if b.rng.IntN(2) == 0 {
		m.PutStr("http.client_ip", b.address())
	}
	if withRoute {
		m.PutStr("http.route", route)
	}
	m.PutInt("http.status_code", b.status())
	m.PutInt("http.response_content_length", b.rng.Int64N(50000))
}

// database is a statement by the stable or the old conventions, 8 or 9 attributes.
func (b *batch) database() {
	m := b.span(ptrace.SpanKindClient)
	if b.rng.IntN(2) == 0 {
		m.PutStr("db.system.name", "postgresql")
		m.PutStr("db.namespace", "shop")
		m.PutStr("db.query.text", "SELECT id, name, price FROM products WHERE id = $1")
		m.PutStr("db.operation.name", "SELECT")
		m.PutStr("db.collection.name", "products")
		m.PutStr("server.address", "db.example.org")
		m.PutInt("server.port", 5432)
		m.PutInt("db.response.returned_rows", b.rng.Int64N(100))
		return
	}
	m.PutStr("db.system", "mysql")
	m.PutStr("db.name", "shop")
	m.PutStr("db.user", "app")
	m.PutStr("db.connection_string", "mysql://db:3306")
	m.PutStr("db.statement", "UPDATE carts SET quantity = ? WHERE id = ?")
	m.PutStr("db.operation", "UPDATE")
	m.PutStr("db.sql.table", "carts")
	m.PutStr("net.peer.name", "db")
	m.PutInt("net.peer.port", 3306)
}

// client is a call to another service, 8 attributes.
func (b *batch) client() {
	path, _ := b.path()
	m := b.span(ptrace.SpanKindClient)
	m.PutStr("http.request.method", b.method())
	m.PutStr("url.full", "http://stock:8080"+path)
	m.PutStr("server.address", "stock")
	m.PutInt("server.port", 8080)
	m.PutStr("network.protocol.version", "1.1")
	m.PutInt("http.response.status_code", b.status())
	m.PutInt("thread.id", b.rng.Int64N(200))
	m.PutStr("thread.name", "http-nio-8080-exec-7")
}

// internal is a span of the application's own, 4 attributes.
func (b *batch) internal() {
	m := b.span(ptrace.SpanKindInternal)
	m.PutStr("code.function", "renderTemplate")
	m.PutStr("code.namespace", "org.example.shop")
	m.PutInt("thread.id", b.rng.Int64N(200))
	m.PutStr("thread.name", "main")
}
