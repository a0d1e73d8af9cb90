package telemetry

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
)

type contextKey struct{}

// telling is a handler that tells the routes of the ServeMux within.
type telling struct {
	*http.ServeMux
	outer http.Handler
}

func (h telling) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.outer.ServeHTTP(w, r) }

// TestRoute has middlewares between the instrumentation and the ServeMux.
func TestRoute(t *testing.T) {
	copies := func(next http.Handler, giveBack bool) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			other := r.WithContext(context.WithValue(r.Context(), contextKey{}, 1))
			next.ServeHTTP(w, other)
			if giveBack {
				r.Pattern = other.Pattern
			}
		})
	}
	for _, test := range []struct {
		name    string
		handler http.Handler
		path    string
		route   any // nil: none
	}{
		{"the mux itself", echo(), "/sessions/4", "/sessions/{id}"},
		{"no such path", echo(), "/elsewhere", nil},
		{"passes on the request", http.HandlerFunc(echo().ServeHTTP), "/sessions/4", "/sessions/{id}"},
		{"passes on a copy", copies(echo(), true), "/sessions/4", "/sessions/{id}"},
		{"passes on a copy, but tells its routes", telling{echo(), copies(echo(), false)}, "/sessions/4", "/sessions/{id}"},
		{"passes on a copy and says nothing", copies(echo(), false), "/sessions/4", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			server := serve(t, b.service("account", Options{OptIns: All}).Handler(test.handler))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+test.path, http.NoBody)
			require.NoError(t, err)
			send(t, server.Client(), request)
			server.Close()
			arrived := b.spans()
			require.Len(t, arrived, 1)
			assert.Equal(t, test.route, arrived[0].attributes()["http.route"])
			name := http.MethodPost
			if test.route != nil {
				name += " " + test.route.(string)
			}
			assert.Equal(t, name, arrived[0].Name())
		})
	}
}

func TestTraceIDIsTheRequestsOwn(t *testing.T) {
	const id = "0af7651916cd43dd8448eb211c80319c"
	for _, test := range []struct {
		name        string
		trusted     bool
		requestID   string
		traceparent string
		want        string // empty: another one
	}{
		{"trusted", true, id, "", id},
		{"in capitals", true, strings.ToUpper(id), "", id},
		{"not trusted", false, id, "", ""},
		{"too short", true, id[1:], "", ""},
		{"not hexadecimal", true, "x" + id[1:], "", ""},
		{"all zero", true, strings.Repeat("0", 32), "", ""},
		{"a trace goes on", true, id, "00-11111111111111111111111111111111-2222222222222222-01", strings.Repeat("1", 32)},
		{"a trace that is not to be recorded", true, id, "00-11111111111111111111111111111111-2222222222222222-00", strings.Repeat("1", 32)},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			service := b.service("gateway", Options{TrustRequestID: test.trusted, OptIns: All})
			server := serve(t, service.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, inner := service.provider.Tracer("test").Start(r.Context(), "another root", trace.WithNewRoot())
				inner.End()
			})))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
			require.NoError(t, err)
			request.Header.Set("X-Request-Id", test.requestID)
			request.Header.Set("traceparent", test.traceparent)
			send(t, server.Client(), request)
			server.Close()
			arrived := b.spans()
			got := arrived.only(t, "GET").TraceID().String()
			assert.NotEmpty(t, got)
			if test.want != "" {
				assert.Equal(t, test.want, got)
			} else {
				assert.NotEqual(t, id, got)
			}
			assert.NotEqual(t, got, arrived.only(t, "another root").TraceID().String())
			assert.False(t, arrived.only(t, "GET").SpanID().IsEmpty())
		})
	}
}
