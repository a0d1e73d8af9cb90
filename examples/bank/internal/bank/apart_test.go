package bank_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/spanwarden/spanwarden/examples/bank/internal/bank"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

// The services can be run apart: each is told where the others are. One trace goes through all of them.
func TestServicesApart(t *testing.T) {
	t.Parallel()
	dsn := filepath.Join(t.TempDir(), "bank.db")
	require.NoError(t, store.Create(t.Context(), dsn, 80, time.Now()))
	exporter := tracetest.NewInMemoryExporter()
	elsewhere := make(map[string]string)
	for _, service := range bank.Services() {
		b, err := bank.Open(t.Context(), bank.Options{
			DSN: dsn, Run: []string{service}, Elsewhere: elsewhere,
			Telemetry: telemetry.Options{Exporter: keep{exporter}, Clock: banktime.Real(), OptIns: telemetry.None},
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, b.Close(context.WithoutCancel(t.Context()))) })
		elsewhere[service] = b.URL(service)
	}
	login := fmt.Sprintf(`{"username":%q,"password":%q}`, store.Username(1), store.Password(1))
	response, err := http.Post(elsewhere[bank.Gateway]+"/login", "application/json", bytes.NewBufferString(login))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, http.StatusOK, response.StatusCode)

	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		services, traces := map[string]bool{}, map[string]bool{}
		for _, span := range exporter.GetSpans() {
			traces[span.SpanContext.TraceID().String()] = true
			for _, attribute := range span.Resource.Attributes() {
				if attribute.Key == "service.name" {
					services[attribute.Value.AsString()] = true
				}
			}
		}
		assert.Equal(c, map[string]bool{bank.Gateway: true, bank.Account: true}, services)
		assert.Len(c, traces, 1)
	}, 10*time.Second, 20*time.Millisecond)
}

// keep lets several services share an exporter: that one of them is done does not end it.
type keep struct{ *tracetest.InMemoryExporter }

func (keep) Shutdown(context.Context) error { return nil }

// A service that cannot start names itself, and those before it are ended.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	dsn := filepath.Join(t.TempDir(), "bank.db")
	require.NoError(t, store.Create(t.Context(), dsn, 80, time.Now()))
	_, err := bank.Open(t.Context(), bank.Options{
		DSN: dsn, Listen: map[string]string{bank.Transaction: "256.0.0.1:1"},
		Telemetry: telemetry.Options{Exporter: tracetest.NewInMemoryExporter(), Clock: banktime.Real()},
	})
	require.ErrorContains(t, err, "start the transaction service")

	_, err = bank.Open(t.Context(), bank.Options{
		DSN: dsn, Run: []string{bank.Gateway}, Telemetry: telemetry.Options{Exporter: tracetest.NewInMemoryExporter(), Clock: banktime.Real()},
	})
	require.ErrorContains(t, err, "start the gateway service")
}
