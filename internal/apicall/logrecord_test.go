package apicall

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// logRecord is a record with timestamps 100 and 900, in ns.
func logRecord(t testing.TB, body string, a attrs) plog.LogRecord {
	t.Helper()
	rec := plog.NewLogRecord()
	rec.SetTimestamp(100)
	rec.SetObservedTimestamp(900)
	rec.SetTraceID(pcommon.TraceID{1})
	rec.SetSpanID(pcommon.SpanID{2})
	if body != "" {
		rec.Body().SetStr(body)
	}
	require.NoError(t, rec.Attributes().FromRaw(a))
	return rec
}

const combinedLine = `10.0.0.2 - jo [04/Mar/2023:09:08:07 +0000] "GET /orders/7?full=1 HTTP/1.1" 200 12 "-" "curl/8.5.0" "1.1.1.1, 203.0.113.9"`

func TestLogRecordKinds(t *testing.T) {
	call := attrs{"http.request.method": "GET", "url.path": "/a", "http.response.status_code": 200}
	tests := []struct {
		name  string
		body  string
		attrs attrs
		want  Kind
	}{
		{"attributes", "", call, APICall},
		{"attributes and other text", "GET /a", call, APICall},
		{"old attributes", "", attrs{"http.status_code": "200", "http.target": "/a"}, APICall},
		{"line", combinedLine, nil, APICall},
		{"line and other attributes", combinedLine, attrs{"log.file.name": "access.log"}, APICall},
		{"line and half the attributes", combinedLine, attrs{"http.request.method": "GET"}, APICall},
		{"broken line", `10.0.0.2 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1`, nil, Malformed},
		{"half the attributes", "", attrs{"http.request.method": "GET"}, Malformed},
		{"half the attributes and other text", "hello", attrs{"http.status_code": 200}, Malformed},
		{"page view of a browser", "", attrs{"url.full": "https://shop.example/"}, None},
		{"other text", "hello", attrs{"client.address": "10.0.0.1"}, None},
		{"nothing", "", nil, None},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Call
			assert.Equal(t, tt.want, newReader(t, Settings{}).LogRecord(logRecord(t, tt.body, tt.attrs), &Scratch{}, &c))
		})
	}
	t.Run("body that is no text", func(t *testing.T) {
		rec := logRecord(t, "", nil)
		rec.Body().SetEmptyMap().PutStr("line", combinedLine)
		assert.Equal(t, None, newReader(t, Settings{}).LogRecord(rec, &Scratch{}, &Call{}))
	})
}

func TestLogRecordOfAttributes(t *testing.T) {
	a := attrs{
		"http.request.method": "GET", "url.path": "/orders/7", "http.response.status_code": 200.0, "http.response.body.size": 12,
		"client.address": "203.0.113.9", "network.peer.address": "10.0.0.2", "user_agent.original": "curl/8.5.0",
	}
	want := Call{
		Start: 100, End: 100, Method: "GET", Route: "/orders/{id}", Path: "/orders/7", Client: "203.0.113.9", Peer: "10.0.0.2", UserAgent: "curl/8.5.0",
		Status: 200, ResponseSize: 12, Forwarded: true, TraceID: pcommon.TraceID{1}, SpanID: pcommon.SpanID{2},
	}
	c := leftOver()
	require.Equal(t, APICall, newReader(t, Settings{}).LogRecord(logRecord(t, "", a), &Scratch{}, &c))
	assert.Equal(t, want, c)
}

func TestLogRecordTime(t *testing.T) {
	r := newReader(t, Settings{})
	rec := logRecord(t, "", attrs{"http.request.method": "GET", "url.path": "/"})
	var c Call
	rec.SetTimestamp(0)
	require.Equal(t, APICall, r.LogRecord(rec, &Scratch{}, &c))
	assert.Equal(t, [2]int64{900, 900}, [2]int64{c.Start, c.End}, "observed")

	for value, want := range map[any]int64{0.5: 900 + 5e8, 2: 900 + 2e9, -1: 900, 1e9: 900, "0.5": 900} {
		require.NoError(t, rec.Attributes().PutEmpty("http.server.request.duration").FromRaw(value))
		require.Equal(t, APICall, r.LogRecord(rec, &Scratch{}, &c))
		assert.Equal(t, [2]int64{900, want}, [2]int64{c.Start, c.End}, "duration %v", value)
	}
}

func TestLogRecordOfLine(t *testing.T) {
	want := Call{
		Start: lineTime, End: lineTime, Method: "GET", Route: "/orders/{id}", Path: "/orders/7", Client: "10.0.0.2", Peer: "10.0.0.2",
		UserAgent: "curl/8.5.0", Status: 200, ResponseSize: 12, TraceID: pcommon.TraceID{1}, SpanID: pcommon.SpanID{2},
	}
	c := leftOver()
	require.Equal(t, APICall, newReader(t, Settings{}).LogRecord(logRecord(t, combinedLine, nil), &Scratch{}, &c))
	assert.Equal(t, want, c)
}

func TestClientOfLine(t *testing.T) {
	const direct = `203.0.113.7 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.5.0" "1.1.1.1"`
	const upstream = `10.0.0.2 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.5.0" 0.004 "1.1.1.1"`
	const absent = `10.0.0.2 - - [04/Mar/2023:09:08:07 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.5.0" "-"`
	trusted := Settings{TrustedProxies: prefixes("10.0.0.0/8")}
	tests := []struct {
		name      string
		settings  Settings
		line      string
		attrs     attrs
		want      string
		forwarded bool
	}{
		{"host", Settings{}, combinedLine, nil, "10.0.0.2", false},
		{"trusted proxy", trusted, combinedLine, nil, "203.0.113.9", true},
		{"host that is not trusted", trusted, direct, nil, "203.0.113.7", false},
		{"another field", trusted, upstream, nil, "10.0.0.2", false},
		{"nothing forwarded", trusted, absent, nil, "10.0.0.2", false},
		{"user of the line", Settings{ClientKey: []string{"user.id"}}, combinedLine, nil, "jo", false},
		{"user of the record", Settings{ClientKey: []string{"user.id"}}, combinedLine, attrs{"enduser.id": "kim"}, "kim", false},
		{"no user", Settings{ClientKey: []string{"user.id"}}, absent, nil, "", false},
		{"no user, then address", Settings{ClientKey: []string{"user.id", "client.address"}}, absent, nil, "10.0.0.2", false},
		{"agent", Settings{ClientKey: []string{"user_agent.original"}}, combinedLine, nil, "curl/8.5.0", false},
		{"peer", Settings{ClientKey: []string{"network.peer.address"}}, combinedLine, nil, "10.0.0.2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := leftOver()
			require.Equal(t, APICall, newReader(t, tt.settings).LogRecord(logRecord(t, tt.line, tt.attrs), &Scratch{}, &c))
			assert.Equal(t, tt.want, c.Client)
			assert.Equal(t, tt.forwarded, c.Forwarded)
		})
	}
}
