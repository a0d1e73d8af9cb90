package apicall

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestAClientSpanWithAMethodOrAURLIsOfHTTP(t *testing.T) {
	for _, tt := range []struct {
		name  string
		attrs attrs
		want  bool
	}{
		{"stable method", attrs{"http.request.method": "POST"}, true},
		{"old method", attrs{"http.method": "POST"}, true},
		{"stable URL", attrs{"url.full": "http://account/postings"}, true},
		{"old URL", attrs{"http.url": "http://account/postings"}, true},
		{"among others", attrs{"server.address": "account", "peer.service": "account", "http.request.method": "GET", "network.protocol.version": "1.1"}, true},
		{"nothing", attrs{}, false},
		{"RPC", attrs{"rpc.system": "grpc", "rpc.method": "Post", "server.address": "account"}, false},
		{"a queue", attrs{"messaging.system": "kafka", "url.path": "/postings"}, false},
		{"others as long", attrs{"http.request.metho_": "GET", "rpc.service": "account", "url.path": "/", "db.query": "x"}, false},
		{"others that begin so", attrs{"http.request.method_original": "GET", "http.urls": "x", "url.fully": "x", "http.methods": "x"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			span := serverSpan(t, tt.attrs)
			for kind := ptrace.SpanKindUnspecified; kind <= ptrace.SpanKindConsumer; kind++ {
				span.SetKind(kind)
				assert.Equal(t, tt.want && kind == ptrace.SpanKindClient, IsHTTPClient(span), kind)
			}
		})
	}
}

func TestRealisticClientSpansOfHTTPAreKnown(t *testing.T) {
	for _, b := range spanBatches {
		t.Run(b.name, func(t *testing.T) {
			for _, span := range makeSpans(t, b.add) {
				assert.Equal(t, b.name == "client/http", IsHTTPClient(span))
			}
		})
	}
}

func TestIsHTTPClientAllocatesNothing(t *testing.T) {
	for _, b := range spanBatches {
		spans := makeSpans(t, b.add)
		assertNoAllocs(t, func() {
			for _, span := range spans {
				IsHTTPClient(span)
			}
		})
	}
}

func BenchmarkIsHTTPClient(b *testing.B) {
	for _, bb := range spanBatches {
		if bb.name != "client/http" && bb.name != "internal" && bb.name != "client/database" {
			continue
		}
		b.Run(bb.name, func(b *testing.B) {
			spans := makeSpans(b, bb.add)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				IsHTTPClient(spans[i])
				if i++; i == len(spans) {
					i = 0
				}
			}
		})
	}
}
