package apibaselineexporter

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadatatest"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// point is a data point with attributes in pairs.
func point(n int64, attributes ...string) metricdata.DataPoint[int64] {
	var all []attribute.KeyValue
	for i := 0; i < len(attributes); i += 2 {
		all = append(all, attribute.String(attributes[i], attributes[i+1]))
	}
	return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(all...), Value: n}
}

var valuesOnly = []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}

func TestItemsAreCountedByWhatBecameOfThem(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, options{telemetry: telemetry, change: func(c *Config) { c.Ignore.Routes = []string{"/health"} }})
	td := checkout(1, 1)
	health := newTrace(1).call("health", 9, 0, nil).td
	nameless := newTrace(2).call("shop", 5, 0, nil).td
	nameless.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetSpanID(pcommon.SpanID{})
	b.send(copyOf(td), td, health, nameless)
	broken := accessLog("", "nothing", line(1, "/a"))
	broken.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutStr("http.request.method", "GET")
	b.sendLogs(broken)
	metadatatest.AssertEqualExporterAPIBaselineItems(t, telemetry, []metricdata.DataPoint[int64]{
		point(3, "outcome", "taken"), point(1, "outcome", "statement"), point(2, "outcome", "other"), point(4, "outcome", "duplicate"),
		point(1, "outcome", "ignored"), point(1, "outcome", "refused"), point(1, "outcome", "malformed"),
	}, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineWaitingTraces(t, telemetry, []metricdata.DataPoint[int64]{point(2)}, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineRefusedSpans(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	b.stop()
}

func TestWhatWasLearnedIsCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	m := newMemory()
	b := startBench(t, options{telemetry: telemetry, host: m.host(), change: func(c *Config) { stored(c); c.WriteInterval = time.Second }})
	metadatatest.AssertEqualExporterAPIBaselineCalls(t, telemetry, []metricdata.DataPoint[int64]{point(0, "outcome", "learned")}, valuesOnly...)
	b.send(checkout(1, 1))
	b.pass(15 * time.Second)
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 1 })
	b.pass(15 * time.Second)
	b.await(func() bool { return b.content("invariants.yaml") != "" })
	b.await(func() bool { return b.watch.report.book.Load() != nil })
	var kinds []metricdata.DataPoint[int64]
	for _, kind := range rulefile.Kinds() {
		n := int64(0)
		if kind == "format" {
			n = 1
		}
		kinds = append(kinds, point(n, "kind", kind))
	}
	metadatatest.AssertEqualExporterAPIBaselineCalls(t, telemetry, []metricdata.DataPoint[int64]{point(2, "outcome", "learned")}, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineRules(t, telemetry, kinds, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineNearInvariants(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	b.await(func() bool { return b.watch.report.written[b.file("invariants.yaml")].Load() != 0 })
	at := noon.Add(30 * time.Second).Unix()
	metadatatest.AssertEqualExporterAPIBaselineLastWrite(t, telemetry, []metricdata.DataPoint[int64]{point(at, "file.path", b.file("invariants.yaml"))}, valuesOnly...)
	b.watch.save(t.Context()) // nothing else saves within five minutes
	metadatatest.AssertEqualExporterAPIBaselineStateBytes(t, telemetry, []metricdata.DataPoint[int64]{point(int64(len("[\"shop 1*\\u003e3 3+SELECT\"]\n")))}, valuesOnly...)
	b.stop()
}

func TestFailuresAreCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	m := newMemory()
	b := startBench(t, options{telemetry: telemetry, host: m.host(), change: stored, pupil: &pupil{stumbles: true}})
	b.send(checkout(1, 1))
	m.full = 1
	b.watch.config.Invariants = b.file("gone/invariants.yaml")
	b.watch.guard.Do(t.Context(), func() { panic("for the count") })
	b.watch.learnRest(t.Context()) // as a shutdown does, after which nothing can be read
	b.watch.save(t.Context())
	b.watch.write(t.Context())
	metadatatest.AssertEqualExporterAPIBaselinePanics(t, telemetry, []metricdata.DataPoint[int64]{point(2)}, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineSaveErrors(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineWriteErrors(t, telemetry, []metricdata.DataPoint[int64]{point(1, "file.path", b.file("gone/invariants.yaml"))}, valuesOnly...)
	metadatatest.AssertEqualExporterAPIBaselineCalls(t, telemetry, []metricdata.DataPoint[int64]{point(0, "outcome", "learned"), point(2, "outcome", "failed")}, valuesOnly...)
	b.stop()
}

func TestWhatFindsNoRoomIsCounted(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, options{telemetry: telemetry, change: func(c *Config) { c.Limits.MaxTraces = 2 }})
	for i := range 10 {
		b.send(checkout(i+1, 10*i+1))
	}
	assert.LessOrEqual(t, b.watch.tree.Stats().Traces, int64(2))
	metadatatest.AssertEqualExporterAPIBaselineEvictedCalls(t, telemetry, []metricdata.DataPoint[int64]{point(16)}, valuesOnly...)
	for i := range 10 {
		b.sendLogs(accessLog(line(i, "/a")))
	}
	metadatatest.AssertEqualExporterAPIBaselineCalls(t, telemetry, []metricdata.DataPoint[int64]{
		point(0, "outcome", "learned"), point(8, "outcome", "dropped"),
	}, valuesOnly...)
	b.stop()
}

// Every metric has its place in the README.
func TestEveryMetricIsInTheReadme(t *testing.T) {
	readme := readFile(t, "README.md")
	for l := range strings.Lines(readFile(t, "documentation.md")) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(l), "### "); ok {
			assert.Contains(t, readme, "`"+name+"`")
		}
	}
	require.Contains(t, readme, "otelcol_exporter_api_baseline_calls")
}
