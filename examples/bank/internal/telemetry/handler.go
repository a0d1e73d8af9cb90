package telemetry

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// request is what Handler knows of a request; it is put into the context before the instrumentation sees the request.
type request struct {
	optIns OptIns
	span   trace.Span // the server span, from the instrumentation on

	traceID trace.TraceID // for the request's root span; not valid: a random one
	taken   atomic.Bool   // the trace's id is
}

type requestKey struct{}

// requestOf returns the request that a context belongs to, or nil.
func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// router is how a *http.ServeMux tells its pattern for a request.
type router interface {
	Handler(r *http.Request) (handler http.Handler, pattern string)
}

// Handler makes a server span of every request to h, and adds the attributes that were opted in for. From the outside
// inwards: the request's own id, the route, the instrumentation (otelhttp), the capture of what it leaves out, and h.
//
// The instrumentation takes http.route from the request's Pattern, which a ServeMux sets too late, after the span has
// begun. So an h that tells its patterns as a ServeMux does is asked beforehand. For another, the pattern is read after the
// request: middlewares between here and the ServeMux that pass on a copy of the request, as WithContext makes one, are to
// give the original the Pattern of the copy.
func (t *Telemetry) Handler(h http.Handler) http.Handler {
	instrumented := otelhttp.NewHandler(t.capture(h), "", t.instrumentation()...)
	routes, _ := h.(router)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := &request{optIns: t.optIns}
		if t.trust {
			own.traceID = traceIDFrom(r.Header.Get(requestIDHeader))
		}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, own))
		if routes != nil {
			_, r.Pattern = routes.Handler(r)
		}
		instrumented.ServeHTTP(w, r)
	})
}

// capture sets what the instrumentation leaves out. It hands on the very request that it was given, for the pattern's sake.
func (t *Telemetry) capture(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span := trace.SpanFromContext(r.Context())
		requestOf(r.Context()).span = span
		if t.optIns.Has(Query) && r.URL.RawQuery != "" {
			span.SetAttributes(semconv.URLQuery(r.URL.RawQuery))
		}
		if t.optIns.Has(Headers) {
			captureRequestHeaders(span, r.Header)
		}
		routed := r.Pattern != ""
		// Deferred, so that a panic keeps what is known of the request that led to it.
		defer func() {
			if _, route, ok := strings.Cut(r.Pattern, "/"); ok && !routed {
				span.SetAttributes(semconv.HTTPRoute("/" + route))
			}
			if t.optIns.Has(Headers) {
				captureResponseHeaders(span, w.Header())
			}
		}()
		if t.optIns.Has(Bodies) {
			received, sent := new(head), new(head)
			header := w.Header()
			defer func() {
				captureBodies(span, r.Header, received, header, sent)
			}()
			r.Body, w = tee(r.Body, received), teeWriter(w, sent)
		}
		next.ServeHTTP(w, r)
	})
}

// capturedHeaders are the headers of requests that are recorded, in lower case as their attributes are. Those that carry
// credentials are not among them.
func capturedHeaders() []string {
	return []string{"content-type", "x-on-behalf-of", "idempotency-key", "x-request-id"}
}

const contentType = "content-type"

func captureRequestHeaders(span trace.Span, header http.Header) {
	for _, name := range capturedHeaders() {
		if values := header.Values(name); len(values) > 0 {
			span.SetAttributes(semconv.HTTPRequestHeader(name, values...))
		}
	}
}

func captureResponseHeaders(span trace.Span, header http.Header) {
	if values := header.Values(contentType); len(values) > 0 {
		span.SetAttributes(semconv.HTTPResponseHeader(contentType, values...))
	}
}
