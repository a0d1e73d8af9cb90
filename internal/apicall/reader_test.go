package apicall

import (
	"math"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

type attrs map[string]any

// serverSpan is a span of kind SERVER with attributes.
func serverSpan(t testing.TB, a attrs) ptrace.Span {
	t.Helper()
	span := ptrace.NewSpan()
	span.SetKind(ptrace.SpanKindServer)
	require.NoError(t, span.Attributes().FromRaw(a))
	return span
}

func newReader(t testing.TB, s Settings) *Reader {
	t.Helper()
	r, err := NewReader(s)
	require.NoError(t, err)
	return r
}

// readCall reads a span that must be an API call.
func readCall(t testing.TB, s Settings, a attrs) Call {
	t.Helper()
	c := leftOver()
	require.Equal(t, APICall, newReader(t, s).Span(serverSpan(t, a), &Scratch{}, &c, &Statement{}))
	return c
}

// leftOver is a call with something in every field that reading may forget to write.
func leftOver() Call {
	return Call{
		Start: 9, End: 9, Method: "x", Route: "x", RouteGiven: true, Path: "x", Client: "x", Peer: "x", UserAgent: "x",
		Status: 9, ResponseSize: 9, HasParent: true, Forwarded: true, TraceID: pcommon.TraceID{9}, SpanID: pcommon.SpanID{9},
	}
}

func TestOldAndNewConventionsReadAlike(t *testing.T) {
	tests := []struct {
		name     string
		stable   attrs
		old      []attrs
		want     Call
		settings Settings
	}{
		{
			name: "with a route",
			stable: attrs{
				"http.request.method": "GET", "url.path": "/orders/7", "url.query": "full=1", "http.route": "/orders/{order}",
				"http.response.status_code": 200, "http.response.body.size": 1234, "client.address": "203.0.113.9",
				"network.peer.address": "10.0.0.2", "user_agent.original": "curl/8.5.0",
			},
			old: []attrs{
				{
					"http.method": "GET", "http.target": "/orders/7?full=1", "http.route": "/orders/{order}", "http.status_code": 200,
					"http.response_content_length": 1234, "http.client_ip": "203.0.113.9", "net.sock.peer.addr": "10.0.0.2",
					"http.user_agent": "curl/8.5.0",
				},
				{
					"http.method": "GET", "http.url": "https://shop.example/orders/7?full=1#top", "http.route": "/orders/{order}",
					"http.status_code": "200", "http.response.header.content_length": []any{"1234"}, "http.client_ip": "203.0.113.9:4711",
					"net.peer.ip": "10.0.0.2", "http.user_agent": "curl/8.5.0",
				},
				{
					"http.request.method": "GET", "url.full": "https://shop.example/orders/7", "http.route": "/orders/{order}",
					"http.response.status_code": 200.0, "http.response.header.content-length": []any{"1234"},
					"client.address": "[::ffff:203.0.113.9]:80", "network.peer.address": "10.0.0.2:99", "user_agent.original": "curl/8.5.0",
				},
			},
			want: Call{
				Method: "GET", Route: "/orders/{order}", RouteGiven: true, Path: "/orders/7", Client: "203.0.113.9", Peer: "10.0.0.2",
				UserAgent: "curl/8.5.0", Status: 200, ResponseSize: 1234, Forwarded: true,
			},
		},
		{
			name:   "without a route",
			stable: attrs{"http.request.method": "DELETE", "url.path": "/orders/7/items", "network.peer.address": "10.0.0.2"},
			old:    []attrs{{"http.method": "DELETE", "http.target": "/orders/7/items", "net.sock.peer.addr": "10.0.0.2"}},
			want: Call{
				Method: "DELETE", Route: "/orders/{id}/items", Path: "/orders/7/items", Client: "10.0.0.2", Peer: "10.0.0.2", ResponseSize: -1,
			},
		},
		{
			name:   "forwarded for",
			stable: attrs{"http.request.method": "GET", "url.path": "/", "http.request.header.x-forwarded-for": []any{"203.0.113.9, 10.0.0.1"}, "network.peer.address": "10.0.0.2"},
			old:    []attrs{{"http.method": "GET", "http.target": "/", "http.request.header.x_forwarded_for": []any{"203.0.113.9", "10.0.0.1"}, "net.peer.ip": "10.0.0.2"}},
			want:   Call{Method: "GET", Route: "/", Path: "/", Client: "203.0.113.9", Peer: "10.0.0.2", Forwarded: true, ResponseSize: -1},
		},
		{
			name:     "by user",
			settings: Settings{ClientKey: []string{"user.id"}},
			stable:   attrs{"http.request.method": "GET", "url.path": "/", "user.id": "jo", "client.address": "203.0.113.9"},
			old:      []attrs{{"http.method": "GET", "http.target": "/", "enduser.id": "jo", "http.client_ip": "203.0.113.9"}},
			want:     Call{Method: "GET", Route: "/", Path: "/", Client: "jo", ResponseSize: -1},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, readCall(t, tt.settings, tt.stable))
			for _, old := range tt.old {
				assert.Equal(t, tt.want, readCall(t, tt.settings, old), "%v", old)
			}
		})
	}
}

func TestStableNamesWinInAnyOrder(t *testing.T) {
	stable := [][2]any{
		{"http.request.method", "POST"},
		{"url.path", "/new"},
		{"client.address", "203.0.113.1"},
		{"network.peer.address", "10.0.0.1"},
		{"http.response.status_code", 201},
		{"http.response.body.size", 1},
		{"user_agent.original", "new"},
	}
	old := [][2]any{
		{"http.method", "GET"},
		{"http.target", "/old"},
		{"http.url", "http://x/older"},
		{"url.full", "http://x/full"},
		{"http.client_ip", "203.0.113.2"},
		{"net.sock.peer.addr", "10.0.0.2"},
		{"net.peer.ip", "10.0.0.3"},
		{"http.status_code", 500},
		{"http.response_content_length", 2},
		{"http.response.header.content-length", "3"},
		{"http.user_agent", "old"},
	}
	want := Call{
		Method: "POST", Route: "/new", Path: "/new", Client: "203.0.113.1", Peer: "10.0.0.1", UserAgent: "new", Status: 201, ResponseSize: 1, Forwarded: true,
	}
	for name, order := range map[string][][2]any{
		"stable first": append(append([][2]any{}, stable...), old...),
		"old first":    append(append([][2]any{}, old...), stable...),
	} {
		t.Run(name, func(t *testing.T) {
			span := serverSpan(t, nil)
			for _, kv := range order {
				require.NoError(t, span.Attributes().PutEmpty(kv[0].(string)).FromRaw(kv[1]))
			}
			c := leftOver()
			require.Equal(t, APICall, newReader(t, Settings{}).Span(span, &Scratch{}, &c, &Statement{}))
			assert.Equal(t, want, c)
		})
	}
}

func TestEmptyStableValueFallsBack(t *testing.T) {
	c := readCall(t, Settings{}, attrs{
		"http.request.method": "", "http.method": "GET", "url.path": "", "http.target": "/a", "http.response.status_code": "n/a", "http.status_code": 204,
		"http.response.body.size": -1, "http.response_content_length": 3, "client.address": "", "http.client_ip": "203.0.113.9",
	})
	assert.Equal(t, Call{Method: "GET", Route: "/a", Path: "/a", Client: "203.0.113.9", Status: 204, ResponseSize: 3}, c)
}

func TestSpanKinds(t *testing.T) {
	tests := []struct {
		name  string
		kind  ptrace.SpanKind
		attrs attrs
		want  Kind
	}{
		{"server with a method", ptrace.SpanKindServer, attrs{"http.request.method": "GET"}, APICall},
		{"server with an old status", ptrace.SpanKindServer, attrs{"http.status_code": 200}, APICall},
		{"server with a route", ptrace.SpanKindServer, attrs{"http.route": "/a"}, APICall},
		{"server with a target", ptrace.SpanKindServer, attrs{"http.target": "/a"}, APICall},
		{"server of another protocol", ptrace.SpanKindServer, attrs{"rpc.system": "grpc", "client.address": "10.0.0.1"}, None},
		{"server without attributes", ptrace.SpanKindServer, nil, None},
		{"server that names a database", ptrace.SpanKindServer, attrs{"db.system": "mysql"}, None},
		{"client of a database", ptrace.SpanKindClient, attrs{"db.system.name": "postgresql"}, DBStatement},
		{"client of a database, old", ptrace.SpanKindClient, attrs{"db.system": "mysql"}, DBStatement},
		{"client of a nameless database", ptrace.SpanKindClient, attrs{"db.system": ""}, None},
		{"client of a service", ptrace.SpanKindClient, attrs{"http.request.method": "GET", "url.full": "http://a/"}, None},
		{"internal", ptrace.SpanKindInternal, attrs{"db.system.name": "sqlite", "http.request.method": "GET"}, None},
		{"producer", ptrace.SpanKindProducer, attrs{"http.request.method": "GET"}, None},
		{"unspecified", ptrace.SpanKindUnspecified, attrs{"http.request.method": "GET"}, None},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			span := serverSpan(t, tt.attrs)
			span.SetKind(tt.kind)
			c, st := leftOver(), Statement{Text: "left over"}
			assert.Equal(t, tt.want, newReader(t, Settings{}).Span(span, &Scratch{}, &c, &st))
			if tt.want != APICall {
				assert.Equal(t, leftOver(), c, "a call that was not read")
			}
			if tt.want != DBStatement {
				assert.Equal(t, "left over", st.Text, "a statement that was not read")
			}
		})
	}
}

func TestSpanIdentityAndTime(t *testing.T) {
	span := serverSpan(t, attrs{"http.route": "/a"})
	span.SetTraceID(pcommon.TraceID{1})
	span.SetSpanID(pcommon.SpanID{2})
	span.SetParentSpanID(pcommon.SpanID{3})
	r := newReader(t, Settings{})
	tests := []struct {
		name       string
		start, end pcommon.Timestamp
		wantStart  int64
		wantEnd    int64
	}{
		{"usual", 100, 250, 100, 250},
		{"ends before it starts", 100, 50, 100, 100},
		{"never ended", 100, 0, 100, 100},
		{"beyond int64", math.MaxUint64, math.MaxUint64, math.MaxInt64, math.MaxInt64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			span.SetStartTimestamp(tt.start)
			span.SetEndTimestamp(tt.end)
			var c Call
			require.Equal(t, APICall, r.Span(span, &Scratch{}, &c, &Statement{}))
			assert.Equal(t, [2]int64{tt.wantStart, tt.wantEnd}, [2]int64{c.Start, c.End})
			assert.Equal(t, pcommon.TraceID{1}, c.TraceID)
			assert.Equal(t, pcommon.SpanID{2}, c.SpanID)
			assert.True(t, c.HasParent)
		})
	}
}

func TestStatus(t *testing.T) {
	for value, want := range map[any]int{
		200: 200, "404": 404, 503.0: 503, 999: 999,
		0: 0, 99: 0, 1000: 0, -200: 0, "2xx": 0, "": 0, 200.5: 0, true: 0, math.MaxInt64: 0, "99999999999999999999": 0,
	} {
		c := readCall(t, Settings{}, attrs{"http.response.status_code": value})
		assert.Equal(t, want, c.Status, "%T %v", value, value)
	}
}

func TestMethod(t *testing.T) {
	for value, want := range map[string]string{
		"GET": "GET", "QUERY": "QUERY", "PROPFIND": "PROPFIND", "get": "GET", "propfind": "PROPFIND",
		"": "", "_OTHER": "_OTHER", "BREW": "_OTHER", "GET ": "_OTHER",
	} {
		c := readCall(t, Settings{}, attrs{"http.request.method": value})
		assert.Equal(t, want, c.Method, value)
	}
}

func TestPathOf(t *testing.T) {
	for target, want := range map[string]string{
		"": "", "/": "/", "/a?b=c": "/a", "/a#b?c": "/a", "//a//b": "//a//b", "/a?u=http://x/y": "/a", "?a": "",
		"http://shop/a?b": "/a", "http://shop": "/", "http://shop?b": "/", "http://shop#b": "/", "HTTPS://jo:pw@shop:1/a/b#c": "/a/b",
		"*": "*", "shop:443": "shop:443", "a/b?u=http://x/y": "a/b", "://x/y": "://x/y",
	} {
		assert.Equal(t, want, pathOf(target), "%q", target)
	}
}

func TestNewReaderRefuses(t *testing.T) {
	for name, s := range map[string]Settings{
		"empty name":     {ClientKey: []string{"user.id", ""}},
		"repeated name":  {ClientKey: []string{"user.id", "session.id", "user.id"}},
		"repeated alias": {ClientKey: []string{"user.id", "enduser.id"}},
		"invalid prefix": {TrustedProxies: []netip.Prefix{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewReader(s)
			assert.Error(t, err)
		})
	}
}

// One reader serves all goroutines, each with its own scratch.
func TestReaderIsSharedByGoroutines(t *testing.T) {
	r := newReader(t, Settings{TrustedProxies: prefixes("10.0.0.0/9")})
	spans := makeSpans(t, spanBatches[0].add)
	routes := func() (list []string) {
		var s Scratch
		var c Call
		for _, span := range spans {
			r.Span(span, &s, &c, &Statement{})
			list = append(list, strings.Clone(c.Client+" "+c.Route))
		}
		return list
	}
	want := routes()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { assert.Equal(t, want, routes()) })
	}
	wg.Wait()
}

func TestServiceName(t *testing.T) {
	for want, a := range map[string]attrs{
		"shop":            {"service.name": "shop", "host.name": "h"},
		"unknown_service": {"host.name": "h", "service.name": ""},
	} {
		res := pcommon.NewResource()
		require.NoError(t, res.Attributes().FromRaw(a))
		assert.Equal(t, want, ServiceName(res))
	}
	assert.Equal(t, "unknown_service", ServiceName(pcommon.NewResource()))
}

func TestKindString(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range []Kind{None, APICall, DBStatement, Malformed, Kind(200)} {
		seen[k.String()] = true
	}
	assert.Len(t, seen, 5)
}

func TestAddressesAreComparedWithPrefixesUnmapped(t *testing.T) {
	prefixes, err := Prefixes("clients", []string{"10.1.2.3/8", "192.0.2.7", "2001:db8::/32", "fe80::/10"})
	require.NoError(t, err)
	for address, want := range map[string]bool{
		"10.200.0.1": true, "11.0.0.1": false, "192.0.2.7": true, "192.0.2.8": false, "2001:db8:1::1": true, "2001:db9::1": false,
		"::ffff:10.200.0.1": true, "fe80::1": true, "fe80::1%eth0": false, "": false, "jo": false, "10.200.0.1:80": false,
	} {
		assert.Equal(t, want, Within(prefixes, address), address)
	}
	assert.False(t, Within(nil, "10.200.0.1"))
}
