package apianomalyconnector

import (
	"context"
	"errors"
	"flag"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// alarmAndViolation is a life of an alarm and a broken invariant, in the midst of which are users' spans.
func alarmAndViolation() ptrace.Traces {
	td := userSpans(1, 2)
	spansOf(report(anomaly.Begun, "/orders"), report(anomaly.Ongoing, "/orders"), violation(1), report(anomaly.Ended, "/orders")).
		ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	userSpans(1, 2).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	return td
}

func alarmAndViolationRecords() plog.Logs {
	ld := userRecords(1, 2)
	recordsOf(report(anomaly.Begun, "/orders"), report(anomaly.Ongoing, "/orders"), violation(1), report(anomaly.Ended, "/orders")).
		ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
	return ld
}

func newTracesToLogs(t *testing.T, set connector.Settings, next consumer.Logs) connector.Traces {
	t.Helper()
	c, err := NewFactory().CreateTracesToLogs(t.Context(), set, createDefaultConfig(), next)
	require.NoError(t, err)
	return c
}

func newLogsToLogs(t *testing.T, next consumer.Logs) connector.Logs {
	t.Helper()
	c, err := NewFactory().CreateLogsToLogs(t.Context(), testSettings(""), createDefaultConfig(), next)
	require.NoError(t, err)
	return c
}

func compareLogs(t *testing.T, file string, got plog.Logs) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		require.NoError(t, golden.WriteLogsToFile(file, got))
	}
	want, err := golden.ReadLogs(file)
	require.NoError(t, err)
	assert.NoError(t, plogtest.CompareLogs(want, got))
	records := got.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	for i := range records.Len() {
		assert.Equal(t, "spanwarden.anomaly", records.At(i).EventName(), "plogtest does not compare it")
	}
}

func TestTracesToLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // for the time of observation
		var sink consumertest.LogsSink
		c := newTracesToLogs(t, testSettings(""), &sink)
		td := alarmAndViolation()
		before := ptrace.NewTraces()
		td.CopyTo(before)
		require.NoError(t, c.ConsumeTraces(t.Context(), td))

		require.Len(t, sink.AllLogs(), 1)
		compareLogs(t, "traces_to_logs.yaml", sink.AllLogs()[0])
		assert.Equal(t, before, td, "the batch is only read")
	})
}

func TestLogsToLogs(t *testing.T) {
	var sink consumertest.LogsSink
	c := newLogsToLogs(t, &sink)
	require.NoError(t, c.ConsumeLogs(t.Context(), alarmAndViolationRecords()))
	require.Len(t, sink.AllLogs(), 1)
	compareLogs(t, "logs_to_logs.yaml", sink.AllLogs()[0])
}

func TestNothingIsEmittedWithoutAnomalies(t *testing.T) {
	var sink consumertest.LogsSink
	require.NoError(t, newTracesToLogs(t, testSettings(""), &sink).ConsumeTraces(t.Context(), userSpans(2, 4)))
	require.NoError(t, newLogsToLogs(t, &sink).ConsumeLogs(t.Context(), userRecords(2, 4)))
	assert.Empty(t, sink.AllLogs())
}

// A Collector that records itself has spans and logs under the processors' scopes that are no anomalies.
func TestOwnTelemetryOfAProcessorIsNoAnomaly(t *testing.T) {
	td, spans := anomaly.NewTraces(trafficScope, "1.2.3")
	spans.AppendEmpty().SetName("processor/api_traffic/TracesConsumed")
	ld, records := anomaly.NewLogs(trafficScope, "1.2.3")
	records.AppendEmpty().Body().SetStr("Everything is ready.")

	var sink consumertest.LogsSink
	require.NoError(t, newTracesToLogs(t, testSettings(""), &sink).ConsumeTraces(t.Context(), td))
	require.NoError(t, newLogsToLogs(t, &sink).ConsumeLogs(t.Context(), ld))
	assert.Empty(t, sink.AllLogs())
}

func TestFeedbackYieldsNothing(t *testing.T) {
	var sink, loop consumertest.LogsSink
	require.NoError(t, newTracesToLogs(t, testSettings(""), &sink).ConsumeTraces(t.Context(), alarmAndViolation()))
	require.NoError(t, newLogsToLogs(t, &sink).ConsumeLogs(t.Context(), alarmAndViolationRecords()))
	require.Len(t, sink.AllLogs(), 2)

	again := newLogsToLogs(t, &loop)
	for _, ld := range sink.AllLogs() {
		require.NoError(t, again.ConsumeLogs(t.Context(), ld))
	}
	assert.Empty(t, loop.AllLogs())
}

func TestRetriedBatchIsEmittedOnce(t *testing.T) {
	var sink consumertest.LogsSink
	c := newTracesToLogs(t, testSettings(""), &sink)
	require.NoError(t, c.ConsumeTraces(t.Context(), alarmAndViolation()))
	require.NoError(t, c.ConsumeTraces(t.Context(), alarmAndViolation()))
	assert.Equal(t, 4, sink.LogRecordCount())

	require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1), violation(2))))
	assert.Equal(t, 5, sink.LogRecordCount(), "what is new in a batch still comes through")
}

func TestConcurrentBatches(t *testing.T) {
	var sink consumertest.LogsSink
	c := newTracesToLogs(t, testSettings(""), &sink)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range byte(50) {
				_ = c.ConsumeTraces(t.Context(), spansOf(violation(n)))
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 50, sink.LogRecordCount())
}

// failing refuses what it is given, or panics, until it is mended.
type failing struct {
	consumertest.LogsSink
	failure func() error
}

func (f *failing) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	if f.failure != nil {
		return f.failure()
	}
	return f.LogsSink.ConsumeLogs(ctx, ld)
}

func TestTroubleDownstreamStaysThere(t *testing.T) {
	failures := map[string]func() error{
		"error": func() error { return errors.New("queue is full") },
		"panic": func() error { panic("out of order") },
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			core, logged := observer.New(zap.WarnLevel)
			set := testSettings("")
			set.Logger = zap.New(core)
			next := &failing{failure: failure}
			c := newTracesToLogs(t, set, next)
			for n := range byte(10) {
				require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(n))))
			}
			assert.Equal(t, 1, logged.Len(), "warnings are rate-limited")

			next.failure = nil
			require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(3))))
			assert.Equal(t, 1, next.LogRecordCount(), "what was refused has a second chance")
		})
	}
}
