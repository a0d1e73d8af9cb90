package apianomalyconnector

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

const (
	metricName        = "spanwarden.anomalies"
	metricDescription = "Anomalies found by Spanwarden."
	metricUnit        = "{anomaly}"

	attrOverflow = "otel.metric.overflow" // as the OpenTelemetry SDKs name it
)

// metrics builds one cumulative sum out of the readings.
//
// The resource stays empty on purpose. An exporter that turns resource attributes into labels lets them win over data
// point attributes, so a service.name there would take the place of the offender's.
func (id identity) metrics(readings []reading, start, now pcommon.Timestamp) pmetric.Metrics {
	md := pmetric.NewMetrics()
	scope := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty()
	scope.Scope().SetName(metadata.ScopeName)
	scope.Scope().SetVersion(id.version)
	m := scope.Metrics().AppendEmpty()
	m.SetName(metricName)
	m.SetDescription(metricDescription)
	m.SetUnit(metricUnit)
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	sum.DataPoints().EnsureCapacity(len(readings))
	for _, r := range readings {
		point := sum.DataPoints().AppendEmpty()
		point.SetStartTimestamp(start)
		point.SetTimestamp(now)
		point.SetIntValue(r.count)
		id.putAttributes(point.Attributes(), r.series)
		putExemplars(point.Exemplars(), r.exemplars)
	}
	return md
}

func (id identity) putAttributes(attrs pcommon.Map, s *series) {
	attrs.EnsureCapacity(8)
	putUnlessEmpty(attrs, anomaly.AttrKind, s.labels.Kind)
	putUnlessEmpty(attrs, anomaly.AttrDetector, s.labels.Detector)
	putUnlessEmpty(attrs, anomaly.AttrServiceName, s.labels.Service)
	putUnlessEmpty(attrs, anomaly.AttrMethod, s.labels.Method)
	putUnlessEmpty(attrs, anomaly.AttrRoute, s.labels.Route)
	if s.overflow {
		attrs.PutBool(attrOverflow, true)
	}
	id.putOwnAttributes(attrs)
}

func putUnlessEmpty(attrs pcommon.Map, key, value string) {
	if value != "" {
		attrs.PutStr(key, value)
	}
}

func putExemplars(slice pmetric.ExemplarSlice, exemplars []exemplar) {
	for _, e := range exemplars {
		x := slice.AppendEmpty()
		x.SetTimestamp(e.timestamp)
		x.SetTraceID(e.traceID)
		x.SetSpanID(e.spanID)
		x.SetIntValue(1)
	}
}
