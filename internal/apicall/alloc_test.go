package apicall

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/plog"
)

func assertNoAllocs(t *testing.T, read func()) {
	t.Helper()
	assert.Zero(t, testing.AllocsPerRun(100, read))
}

func TestSpanAllocatesNothing(t *testing.T) {
	settings := map[string]Settings{
		"default":         {},
		"trusted proxies": {TrustedProxies: prefixes("10.0.0.0/9", "fd00::/8")},
		"client keys":     {ClientKey: []string{"http.request.header.x-api-key", "user.id", "client.address"}},
	}
	for name, s := range settings {
		for _, b := range spanBatches {
			t.Run(name+"/"+b.name, func(t *testing.T) {
				spans, r := makeSpans(t, b.add), newReader(t, s)
				scratch, c, st := &Scratch{}, &Call{}, &Statement{}
				assertNoAllocs(t, func() {
					for _, span := range spans {
						if r.Span(span, scratch, c, st) == DBStatement {
							r.StatementText(span, st)
						}
					}
				})
			})
		}
	}
}

// What an attacker can choose must not cost an allocation either.
func TestHostileSpansAllocateNothing(t *testing.T) {
	long := strings.Repeat("a", 5000)
	hostile := []attrs{
		{"http.request.method": long, "url.path": "/" + long, "client.address": long},
		{"http.method": "\x00", "http.target": strings.Repeat("/%zz;x", 500), "http.client_ip": "a\nb\xff"},
		{"http.url": "http://" + long, "http.request.header.x-forwarded-for": []any{strings.Repeat("10.0.0.1,", 500)}, "network.peer.address": "10.0.0.1"},
		{"url.path": "/" + strings.Repeat("ü", 60) + strings.Repeat("/%C3%BC%41", 40), "http.request.header.x-forwarded-for": []any{"1:2:3:x", "::::"}},
		{"url.path": "/", "http.status_code": long, "http.response.header.content-length": []any{"-1"}, "network.peer.address": "[::ffff:1.2.3.4"},
		{"url.path": "/", "user.id": long, "network.peer.address": "10.0.0.1", "http.request.header.x-forwarded-for": []any{"2001:DB8::1"}},
		{"url.path": "/", "user.id": 1234567890123, "http.route": long},
		{"url.path": "/", "user.id": 0.1234567, "client.address": strings.Repeat("ü\x00", 100)},
	}
	for _, s := range []Settings{
		{},
		{TrustedProxies: prefixes("10.0.0.0/9")},
		{ClientKey: []string{"user.id", "client.address"}},
	} {
		r, scratch, c, st := newReader(t, s), &Scratch{}, &Call{}, &Statement{}
		for _, a := range hostile {
			span := serverSpan(t, a)
			assertNoAllocs(t, func() { r.Span(span, scratch, c, st) })
		}
	}
}

func TestLogRecordAllocatesNothing(t *testing.T) {
	var records []plog.LogRecord
	for _, tt := range lineCases {
		records = append(records, logRecord(t, tt.line, nil))
	}
	for _, line := range append(foreignLines, brokenLines...) {
		records = append(records, logRecord(t, line, attrs{"log.file.name": "access.log"}))
	}
	records = append(records, logRecord(t, "", attrs{"http.request.method": "GET", "url.path": "/orders/7", "http.server.request.duration": 0.5}))
	for _, s := range []Settings{{}, {TrustedProxies: prefixes("10.0.0.0/8")}, {ClientKey: []string{"user.id"}}} {
		r, scratch, c := newReader(t, s), &Scratch{}, &Call{}
		for _, rec := range records {
			assertNoAllocs(t, func() { r.LogRecord(rec, scratch, c) })
		}
	}
}

func TestAppendRouteAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 2*MaxRouteBytes)
	for _, tt := range routeCases {
		assertNoAllocs(t, func() { dst = AppendRoute(dst[:0], tt.path) })
	}
}
