package endtoend

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// everything has both connector pairs, a sampler behind `forward`, and span_metrics beside Spanwarden and without it.
var everything = overlay(`
receivers:
  otlp/plain: {protocols: {http: {endpoint: "127.0.0.1:${env:SPANWARDEN_SPARE_PORT}"}}}
processors:
  tail_sampling:
    decision_wait: 30s
    policies:
      - {name: anomalies, type: string_attribute, string_attribute: {key: anomaly.kind, values: [.+], enabled_regex_matching: true}}
connectors:
  api_anomaly: {metrics_flush_interval: 1s}
  forward:
  span_metrics/with: {metrics_flush_interval: 500ms}
  span_metrics/without: {metrics_flush_interval: 500ms}
exporters:
  file/spans: {path: "${env:SPANWARDEN_STATE}/spans.jsonl", flush_interval: 100ms}
  file/sampled: {path: "${env:SPANWARDEN_STATE}/sampled.jsonl", flush_interval: 100ms}
  file/metrics: {path: "${env:SPANWARDEN_STATE}/metrics.jsonl", flush_interval: 100ms}
  file/red_with: {path: "${env:SPANWARDEN_STATE}/red-with.jsonl", flush_interval: 100ms}
  file/red_without: {path: "${env:SPANWARDEN_STATE}/red-without.jsonl", flush_interval: 100ms}
  file/anomalies: {path: "${env:SPANWARDEN_STATE}/anomalies.jsonl", flush_interval: 100ms, rotation: null}
service:
  pipelines:
    traces: {exporters: [api_anomaly, forward, file/spans, span_metrics/with]}
    traces/store: {receivers: [forward], processors: [tail_sampling], exporters: [file/sampled]}
    traces/plain: {receivers: [otlp/plain], exporters: [span_metrics/without]}
    logs: {receivers: [otlp], processors: [memory_limiter, api_traffic], exporters: [api_anomaly]}
    metrics/anomalies: {exporters: [prometheus/anomalies, file/metrics]}
    metrics/with: {receivers: [span_metrics/with], exporters: [file/red_with]}
    metrics/without: {receivers: [span_metrics/without], exporters: [file/red_without]}
`)

// An alarm whose window closes only because the Collector is stopped is still delivered: as records and in the metric,
// through both connector pairs, and as a span behind the sampler.
func TestAnAlarmRightBeforeTheStopIsDelivered(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, everything)
	newScenario(1, "shop").flood(t, c)
	newScenario(2, "site").floodRecords(t, c)
	assert.Empty(t, c.anomalies(t), "the flood's window is still open")
	c.stop(t)

	assert.Equal(t, []string{"begun total_calls shop", "begun total_calls site"}, c.anomalies(t))
	last := map[string]float64{}
	for _, md := range readMetrics(t, c.file("metrics.jsonl")) {
		eachPoint(md, "spanwarden.anomalies", func(p pmetric.NumberDataPoint) {
			last[text(p.Attributes(), "anomaly.source")+" "+text(p.Attributes(), "service.name")] = float64(p.IntValue())
		})
	}
	assert.Equal(t, map[string]float64{"traces shop": 1, "logs site": 1}, last)

	sampled := 0
	for _, td := range readTraces(t, c.file("sampled.jsonl")) {
		own, _ := ownSpans(td)
		assert.Equal(t, td.SpanCount(), own.SpanCount(), "the sampler keeps nothing else")
		sampled += own.SpanCount()
	}
	assert.Equal(t, 1, sampled)
}

// What Spanwarden has emitted, sent back to it, yields nothing; nor does a batch that a sender repeats.
func TestFeedbackAndRetriesYieldNothing(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, everything)
	s := newScenario(1, "shop")
	flood := s.flood(t, c)
	require.NoError(t, c.sendTraces(flood), "the same batch again")
	s.calm(t, c, 4)
	want := []string{"begun total_calls shop", "ended total_calls shop"}
	c.awaitAnomalies(t, want...)

	fed := 0
	eventually(t, 10*time.Second, func() error {
		fed = 0
		for _, td := range readTraces(t, c.file("spans.jsonl")) {
			if own, ok := ownSpans(td); ok {
				fed += own.SpanCount()
			}
		}
		if fed != len(want) {
			return fmt.Errorf("%d anomaly spans have arrived", fed)
		}
		return nil
	})
	for _, td := range readTraces(t, c.file("spans.jsonl")) {
		if own, ok := ownSpans(td); ok {
			require.NoError(t, c.sendTraces(own))
		}
	}
	for _, ld := range readLogs(t, c.file("anomalies.jsonl")) {
		require.NoError(t, c.sendLogs(ld))
	}
	require.NoError(t, c.sendTraces(flood), "and once more, late")
	s.calm(t, c, 4)
	c.stop(t)
	assert.Equal(t, want, c.anomalies(t))
}

// span_metrics behind api_traffic reports the users' services exactly as without it.
func TestNobodysMetricsChange(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, everything)
	plain := *c
	plain.otlpHTTP = c.spare // where the overlay puts the pipeline without Spanwarden
	s := newScenario(1, "shop")
	total := 0
	for minute := range 35 {
		n := quietCalls
		if minute == 31 {
			n = floodCalls
		}
		batch := s.spans(n, "192.0.2.1")
		require.NoError(t, c.sendTraces(batch))
		require.NoError(t, plain.sendTraces(batch))
		s.minute = s.minute.Add(time.Minute)
		total += n
	}
	c.awaitAnomalies(t, "begun total_calls shop", "ended total_calls shop")
	for _, file := range []string{"red-with.jsonl", "red-without.jsonl"} {
		eventually(t, 20*time.Second, func() error {
			for series, value := range redMetrics(t, c, file) {
				if strings.Contains(series, "traces.span.metrics.calls") && value == fmt.Sprint(total) {
					return nil
				}
			}
			return fmt.Errorf("%s does not count %d calls yet", file, total)
		})
	}
	c.stop(t)
	assert.Equal(t, redMetrics(t, c, "red-without.jsonl"), redMetrics(t, c, "red-with.jsonl"))
}

// redMetrics are the last values of span_metrics for the users' services; each connector has an id of its own.
func redMetrics(t *testing.T, c *collector, file string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, md := range readMetrics(t, c.file(file)) {
		for _, rm := range md.ResourceMetrics().All() {
			service := text(rm.Resource().Attributes(), "service.name")
			if service == "spanwarden" {
				continue
			}
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					switch m.Type() {
					case pmetric.MetricTypeSum:
						for _, p := range m.Sum().DataPoints().All() {
							p.Attributes().Remove("collector.instance.id")
							values[fmt.Sprint(service, m.Name(), p.Attributes().AsRaw())] = fmt.Sprint(p.IntValue())
						}
					case pmetric.MetricTypeHistogram:
						for _, p := range m.Histogram().DataPoints().All() {
							p.Attributes().Remove("collector.instance.id")
							values[fmt.Sprint(service, m.Name(), p.Attributes().AsRaw())] = fmt.Sprint(p.Count(), p.Sum(), p.BucketCounts().AsRaw())
						}
					}
				}
			}
		}
	}
	return values
}

func eachPoint(md pmetric.Metrics, name string, visit func(pmetric.NumberDataPoint)) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Name() == name {
					for _, p := range m.Sum().DataPoints().All() {
						visit(p)
					}
				}
			}
		}
	}
}
