package apianomalyconnector

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadatatest"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// observed returns settings whose own telemetry can be read.
func observed(t *testing.T) (connector.Settings, *componenttest.Telemetry) {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	set := testSettings("")
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	return set, telemetry
}

func dataPoint(value int64, labels ...string) metricdata.DataPoint[int64] {
	var attrs []attribute.KeyValue
	for i := 0; i < len(labels); i += 2 {
		attrs = append(attrs, attribute.String(labels[i], labels[i+1]))
	}
	return metricdata.DataPoint[int64]{Value: value, Attributes: attribute.NewSet(attrs...)}
}

func TestTelemetryOfLogs(t *testing.T) {
	set, telemetry := observed(t)
	c := newTracesToLogs(t, set, consumertest.NewErr(errors.New("no")))
	unheardOf := report(anomaly.Begun, "/")
	unheardOf.Kind = "novelty"
	require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1), violation(2), violation(1), unheardOf)))

	flow := []string{"otelcol.signal", "traces", "otelcol.signal.output", "logs"}
	ignoreTime := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualConnectorAPIAnomalyTaken(t, telemetry, []metricdata.DataPoint[int64]{
		dataPoint(2, append(flow, "anomaly.kind", "invariant")...),
		dataPoint(1, append(flow, "anomaly.kind", "other")...),
	}, ignoreTime)
	metadatatest.AssertEqualConnectorAPIAnomalyDuplicates(t, telemetry, []metricdata.DataPoint[int64]{dataPoint(1, flow...)}, ignoreTime)
	metadatatest.AssertEqualConnectorAPIAnomalyEmitErrors(t, telemetry, []metricdata.DataPoint[int64]{dataPoint(1, flow...)}, ignoreTime)
}

func TestTelemetryOfMetrics(t *testing.T) {
	set, telemetry := observed(t)
	synctest.Test(t, func(t *testing.T) {
		next := &reports{refuse: func() error { return errors.New("no") }}
		cfg := &Config{MetricsFlushInterval: time.Minute, MaxSeries: 2}
		c := startTracesToMetrics(t, set, cfg, next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(report(anomaly.Begun, "/1"), violation(1), violation(2))))
		pass(0)
		require.NoError(t, c.Shutdown(t.Context()))
	})
	flow := []string{"otelcol.signal", "traces", "otelcol.signal.output", "metrics"}
	ignoreTime := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualConnectorAPIAnomalyOverflow(t, telemetry, []metricdata.DataPoint[int64]{dataPoint(2, flow...)}, ignoreTime)
	// The zeros, and the last report.
	metadatatest.AssertEqualConnectorAPIAnomalyEmitErrors(t, telemetry, []metricdata.DataPoint[int64]{dataPoint(2, flow...)}, ignoreTime)
}
