package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/postgres"
	"github.com/spanwarden/spanwarden/examples/bank/internal/recorder"
)

func TestMain(m *testing.M) {
	code := postgres.Run(m)
	// pgx waits for the server in the background when it leaves a query whose context has ended.
	if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn.(*PgConn).asyncClose.func1")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// seen is a span as it arrived, with its resource.
type seen struct {
	ptrace.Span
	resource map[string]any
}

func (s seen) attributes() map[string]any { return s.Attributes().AsRaw() }

// spans are all that arrived, by their beginning.
type spans []seen

// only returns the span of that name, which must be one.
func (all spans) only(t *testing.T, name string) seen {
	t.Helper()
	found := all.named(name)
	require.Len(t, found, 1, "spans called %q among %v", name, all.names())
	return found[0]
}

func (all spans) named(name string) spans {
	return slices.DeleteFunc(slices.Clone(all), func(s seen) bool { return s.Name() != name })
}

func (all spans) names() []string {
	var names []string
	for _, s := range all {
		names = append(names, s.Name())
	}
	return names
}

// bench is some services whose spans a receiver collects.
type bench struct {
	t        *testing.T
	recorder *recorder.Recorder
	services []*Telemetry

	mu       sync.Mutex
	arrived  spans
	requests int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t}
	var err error
	b.recorder, err = recorder.Start(b.take)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.recorder.Stop()) })
	return b
}

func (b *bench) take(td ptrace.Traces) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests++
	for _, resource := range td.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				b.arrived = append(b.arrived, seen{span, resource.Resource().Attributes().AsRaw()})
			}
		}
	}
	return nil
}

func (b *bench) service(name string, options Options) *Telemetry {
	b.t.Helper()
	options.Endpoint = b.recorder.Endpoint()
	service, err := New(b.t.Context(), name, options)
	require.NoError(b.t, err)
	b.services = append(b.services, service)
	b.t.Cleanup(func() { _ = service.Shutdown(context.Background()) }) // the test's context has ended
	return service
}

// spans shuts the services down and returns what has arrived.
func (b *bench) spans() spans {
	b.t.Helper()
	for _, service := range b.services {
		require.NoError(b.t, service.Shutdown(b.t.Context()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortStableFunc(b.arrived, func(x, y seen) int { return x.StartTimestamp().AsTime().Compare(y.StartTimestamp().AsTime()) })
	return b.arrived
}

// serve starts a server on the loopback interface.
func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// send makes a request and throws the answer away, except for its status.
func send(t *testing.T, client *http.Client, request *http.Request) int {
	t.Helper()
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func inUTC(text string) time.Time {
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return moment
}
