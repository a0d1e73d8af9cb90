package jsonhttp

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// patience is how long a request may take, on the wall's clock.
const patience = 15 * time.Second

// Handler answers a request, or returns an error before it has written anything: an *Error is what the caller is told,
// every other becomes a 500.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Mux is an http.ServeMux of Handlers.
//
// It hands on the request that it was given, not a copy, so that what wraps the Mux finds the pattern in it.
type Mux struct {
	mux http.ServeMux
}

// Handle registers a handler for a pattern of http.ServeMux.
func (m *Mux) Handle(pattern string, handle Handler) {
	m.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		if err := handle(w, r.WithContext(ctx)); err != nil {
			fail(ctx, w, pattern, err)
		}
	})
}

// Handler returns what answers a request and the pattern that it matches, as that of http.ServeMux does: instrumentation
// that is to know the route before the request is answered asks for it.
func (m *Mux) Handler(r *http.Request) (http.Handler, string) { return m.mux.Handler(r) }

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			panic(reason)
		default:
			fail(r.Context(), w, r.Method+" "+r.Pattern, fmt.Errorf("panic: %v\n%s", reason, debug.Stack()))
		}
	}()
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	if handler, pattern := m.mux.Handler(r); pattern == "" {
		refusal := refusal{header: w.Header()}
		handler.ServeHTTP(&refusal, r)
		fail(r.Context(), w, "", refusal.err(r))
		return
	}
	m.mux.ServeHTTP(w, r)
}

// refusal takes the status that http.ServeMux answers with where nothing matches, and drops its text.
type refusal struct {
	header http.Header
	status int
}

// Header returns that of the answer, where Allow is set.
func (r *refusal) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *refusal) WriteHeader(status int) { r.status = status }

// Write drops the text.
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }

func (r *refusal) err(request *http.Request) error {
	if r.status == http.StatusMethodNotAllowed {
		return Errorf(r.status, "%s is not allowed here", request.Method)
	}
	return Errorf(http.StatusNotFound, "there is nothing here")
}
