package apianomalyconnector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

func TestOnlyProcessorScopesArePicked(t *testing.T) {
	td := userSpans(2, 3)
	anomalies := spansOf(violation(1), violation(2))
	anomalies.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	other, spans := anomaly.NewTraces(metadata.ScopeName, "1.2.3")
	spans.AppendEmpty()
	other.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())

	var names []string
	eachSpan(td, func(span ptrace.Span) { names = append(names, span.Name()) })
	assert.Equal(t, []string{"anomaly invariant order-read-by-its-owner", "anomaly invariant order-read-by-its-owner"}, names)

	var picked int
	eachRecord(userRecords(2, 3), func(plog.LogRecord) { picked++ })
	assert.Zero(t, picked)
}

// consumers returns all four connectors as they look to the pipelines they read.
func consumers(t testing.TB) (map[string]connector.Traces, map[string]connector.Logs) {
	t.Helper()
	ctx, set, cfg, f := t.Context(), testSettings(""), createDefaultConfig(), NewFactory()
	nop := consumertest.NewNop()
	t2l, err := f.CreateTracesToLogs(ctx, set, cfg, nop)
	require.NoError(t, err)
	t2m, err := f.CreateTracesToMetrics(ctx, set, cfg, nop)
	require.NoError(t, err)
	l2l, err := f.CreateLogsToLogs(ctx, set, cfg, nop)
	require.NoError(t, err)
	l2m, err := f.CreateLogsToMetrics(ctx, set, cfg, nop)
	require.NoError(t, err)
	return map[string]connector.Traces{"traces_to_logs": t2l, "traces_to_metrics": t2m},
		map[string]connector.Logs{"logs_to_logs": l2l, "logs_to_metrics": l2m}
}

func TestBatchWithoutAnomaliesAllocatesNothing(t *testing.T) {
	traces, logs := consumers(t)
	td, ld, ctx := userSpans(8, 32), userRecords(8, 64), t.Context()
	for name, c := range traces {
		assert.Zero(t, testing.AllocsPerRun(100, func() { _ = c.ConsumeTraces(ctx, td) }), name)
		assert.False(t, c.Capabilities().MutatesData, name)
	}
	for name, c := range logs {
		assert.Zero(t, testing.AllocsPerRun(100, func() { _ = c.ConsumeLogs(ctx, ld) }), name)
		assert.False(t, c.Capabilities().MutatesData, name)
	}
}

// 512 spans or records of 8 services, no anomaly among them: what the connector costs while all is well.
func BenchmarkBatchWithoutAnomalies(b *testing.B) {
	traces, logs := consumers(b)
	td, ld, ctx := userSpans(8, 32), userRecords(8, 64), b.Context()
	for name, c := range traces {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = c.ConsumeTraces(ctx, td)
			}
		})
	}
	for name, c := range logs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = c.ConsumeLogs(ctx, ld)
			}
		})
	}
}

// What an anomaly costs when there is one; each is new.
func BenchmarkAnomaly(b *testing.B) {
	traces, _ := consumers(b)
	for name, c := range traces {
		b.Run(name, func(b *testing.B) {
			events := make([]ptrace.Traces, 1<<15) // more than are remembered as recent
			for i := range events {
				e := report(anomaly.Begun, "/orders/{id}")
				e.Score, e.Begun = float64(i), e.Begun.Add(time.Duration(i))
				events[i] = spansOf(e)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_ = c.ConsumeTraces(b.Context(), events[i%len(events)])
				i++
			}
		})
	}
}
