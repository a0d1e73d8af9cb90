package telemetry

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// nowhere is where spans go that nobody wants.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                             { return nil }

func forBenchmark(b *testing.B, set OptIns) *Telemetry {
	b.Helper()
	service, err := New(b.Context(), "account", Options{Exporter: nowhere{}, OptIns: set})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, service.Shutdown(context.Background())) })
	return service
}

// BenchmarkHandler has a request whose answer is 3 KiB of JSON, without a network.
func BenchmarkHandler(b *testing.B) {
	answer := []byte(`{"entries":[` + strings.Repeat(`{"id":1,"text":"Transfer to 1003","amount":-1250},`, 60) + `{}]}`)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /accounts/{id}/statement", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})
	for _, set := range []OptIns{None, All &^ Bodies, All} {
		b.Run(set.String(), func(b *testing.B) {
			h := forBenchmark(b, set).Handler(mux)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/accounts/1/statement?limit=20", http.NoBody))
			}
		})
	}
}

// BenchmarkQuery reads 20 rows of 3 columns from SQLite.
func BenchmarkQuery(b *testing.B) {
	for _, set := range []OptIns{None, Text | Parameters, Text | Parameters | Rows} {
		b.Run(set.String(), func(b *testing.B) {
			db, err := forBenchmark(b, set).OpenDB("sqlite", filepath.Join(b.TempDir(), "bank.db"))
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, db.Close()) })
			const query = `WITH RECURSIVE s(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM s WHERE x < $1) SELECT x, 'text', 1.5 FROM s`
			b.ReportAllocs()
			for b.Loop() {
				got := ask(b.Context(), db, false, query, 20)
				require.Len(b, got.Rows, 20)
			}
		})
	}
}
