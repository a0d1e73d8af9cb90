package apitrafficprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
)

// TestWhatAClientDidBeforeARestartCounts: 20 calls in half an hour, half of them
// before.
func TestWhatAClientDidBeforeARestartCounts(t *testing.T) {
	host := newStorageHost(t)
	cfg := defaults()
	cfg.EntryServices = []string{"shop"}
	cfg.LowRate.Rule = "paper"
	cfg.Storage = component.MustNewID("file_storage")
	before := startBench(t, cfg, host, sameID())
	before.minutes(5, 2, "192.0.2.1")
	before.stop()
	require.Empty(t, before.told())
	after := startBench(t, cfg, host, sameID())
	after.to(before.minute)
	after.lastSpan = before.lastSpan
	after.minutes(5, 2, "192.0.2.1")
	after.stop()
	assert.Equal(t, []string{"begun low_rate 192.0.2.1"}, after.told())
}

// TestClientsWithoutATrailAreCounted: ten have one, and give way to one newcomer
// a window.
func TestClientsWithoutATrailAreCounted(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	cfg := defaults()
	cfg.EntryServices = []string{"shop"}
	cfg.Limits.MaxClients = 10
	b := startBench(t, cfg, componenttest.NewNopHost(), settingsOf(telemetry.NewTelemetrySettings()))
	b.minutes(1, 10, addresses(0, 10)...)
	b.minutes(4, 1, address(0)) // the others leave their windows, not their trails
	b.minutes(1, 9, addresses(10, 9)...)
	b.stop()
	assert.EqualValues(t, 8, counter(t, telemetry, "otelcol_processor_api_traffic_refused_clients", "", ""))
	require.NoError(t, telemetry.Shutdown(t.Context()))
}
