package apiinvariantprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

// accessLog is a batch of lines as file_log delivers them.
func accessLog(lines ...string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "site")
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	for _, line := range lines {
		records.AppendEmpty().Body().SetStr(line)
	}
	return ld
}

// judgeLogs passes batches through a logs processor and returns our records.
func judgeLogs(t *testing.T, telemetry *componenttest.Telemetry, cfg *Config, batches ...plog.Logs) (ours []plog.LogRecord) {
	t.Helper()
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(t.Context(), settingsOf(telemetry.NewTelemetrySettings()), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	for _, ld := range batches {
		ld.MarkReadOnly()
		require.NoError(t, p.ConsumeLogs(t.Context(), ld))
	}
	requireNoPanics(t, telemetry)
	require.NoError(t, p.Shutdown(t.Context()))
	for _, ld := range sink.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				if anomaly.Ours(sl.Scope().Name()) {
					for _, rec := range sl.LogRecords().All() {
						ours = append(ours, rec)
					}
				}
			}
		}
	}
	return ours
}

func TestAccessLogsAreJudged(t *testing.T) {
	foreign := `203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "GET /orders/42?user=bob HTTP/1.1" 200 512 "-" "curl/8"`
	own := `203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "GET /orders/42?user=ann HTTP/1.1" 200 512 "-" "curl/8"`
	other := `203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "GET /orders/43?user=bob HTTP/1.1" 200 512 "-" "curl/8"`
	records := judgeLogs(t, newTelemetry(t), withRules(ownID, ownOrder), accessLog(foreign, own, other, "something else entirely"))
	require.Len(t, records, 2)
	text := func(rec plog.LogRecord, key string) string {
		v, _ := rec.Attributes().Get(key)
		return v.AsString()
	}
	rec := records[0]
	assert.Equal(t, anomaly.EventName, rec.EventName())
	assert.Equal(t, "own-id is broken", rec.Body().Str())
	assert.Equal(t, plog.SeverityNumberError, rec.SeverityNumber())
	assert.Equal(t, "own-id is broken: req.query.user == env.user.id is false; req.query.user = bob, env.user.id = ann", text(rec, "anomaly.explanation"))
	assert.Equal(t, "bob", text(rec, "anomaly.value.req.query.user"))
	assert.Equal(t, "req.query.user == env.user.id", text(rec, "anomaly.expression"))
	assert.Equal(t, "203.0.113.9", text(rec, "client.address"))
	assert.Equal(t, "site", text(rec, "service.name"))
	assert.Equal(t, noon, rec.Timestamp().AsTime())
	assert.NotEqual(t, text(records[0], "anomaly.id"), text(records[1], "anomaly.id"), "two records of one second")

	again := judgeLogs(t, newTelemetry(t), withRules(ownID), accessLog(foreign))
	assert.Equal(t, text(records[0], "anomaly.id"), text(again[0], "anomaly.id"), "a repeated record repeats its violation")
}

func TestARecordWithASpanIsLinkedToIt(t *testing.T) {
	withIDs := func(trace pcommon.TraceID, span pcommon.SpanID) plog.Logs {
		ld := accessLog("")
		rec := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		rec.SetTraceID(trace)
		rec.SetSpanID(span)
		rec.SetTimestamp(pcommon.NewTimestampFromTime(noon))
		for k, v := range map[string]string{"http.request.method": "GET", "url.path": "/orders/42", "url.query": "user=8", "user.id": "7"} {
			rec.Attributes().PutStr(k, v)
		}
		return ld
	}
	records := judgeLogs(t, newTelemetry(t), withRules(ownID), withIDs(pcommon.TraceID{1}, spanID(5)), withIDs(pcommon.TraceID{2}, pcommon.SpanID{}))
	require.Len(t, records, 2)
	assert.Equal(t, pcommon.TraceID{1}, records[0].TraceID())
	assert.Equal(t, spanID(5), records[0].SpanID())
	traces, ok := records[1].Attributes().Get("anomaly.traces")
	require.True(t, ok, "half an id is a hint, and no parent")
	assert.Equal(t, pcommon.TraceID{2}.String(), traces.Slice().At(0).Str())
}

func TestRulesAboutStatementsAreNotApplicableToLogs(t *testing.T) {
	telemetry := newTelemetry(t)
	sink := new(consumertest.LogsSink)
	cfg := withRules(ownOrder, audited, `complete | GET /orders/{id} | db.complete && db.exists(s, s.table == "audit")`)
	p, err := NewFactory().CreateLogs(t.Context(), settingsOf(telemetry.NewTelemetrySettings()), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	ld := accessLog(
		`203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "GET /orders/42 HTTP/1.1" 200 512 "-" "curl/8"`,
		`203.0.113.9 - ann [01/Mar/2026:12:00:00 +0000] "GET /never HTTP/1.1" 200 512 "-" "curl/8"`,
		"",
	)
	broken := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(2)
	broken.Attributes().PutStr("http.request.method", "GET")
	require.NoError(t, p.ConsumeLogs(t.Context(), ld))
	metadatatest.AssertEqualProcessorAPIInvariantNotApplicable(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "rule", "own-order", "reason", "unobserved"), point(1, "rule", "audited", "reason", "unobserved"), point(1, "rule", "complete", "reason", "unobserved"),
	}, valuesOnly...)
	metadatatest.AssertEqualProcessorAPIInvariantItems(t, telemetry, []metricdata.DataPoint[int64]{
		point(1, "outcome", "judged"), point(1, "outcome", "unmatched"), point(1, "outcome", "malformed"),
	}, valuesOnly...)
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Equal(t, 3, sink.LogRecordCount())
}
