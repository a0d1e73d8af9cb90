package apitrafficprocessor

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// counter is the value of one of the processor's own counters, of the series
// with that attribute, or of all series if key is empty; 0 if there is none.
func counter(tb testing.TB, telemetry *componenttest.Telemetry, name, key, value string) (sum int64) {
	tb.Helper()
	metric, err := telemetry.GetMetric(name)
	if err != nil && strings.Contains(err.Error(), "not found") {
		return 0
	}
	require.NoError(tb, err)
	data, ok := metric.Data.(metricdata.Sum[int64])
	require.True(tb, ok, "%s is no counter", name)
	for _, point := range data.DataPoints {
		if got, ok := point.Attributes.Value(attribute.Key(key)); key == "" || ok && got.AsString() == value {
			sum += point.Value
		}
	}
	return sum
}
