package apianomalyconnector

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// warnEvery is how often, at most, the same warning is logged.
const warnEvery = time.Minute

// intake is what the connector does for every pair of signals: it recognises anomalies that it has not seen before, and
// keeps trouble with what it emits away from the pipeline that it reads.
type intake struct {
	recent    *recentIDs
	telemetry *metadata.TelemetryBuilder
	flow      []attribute.KeyValue // from which signal to which
	logger    *zap.Logger
}

func newIntake(set connector.Settings, from, to pipeline.Signal) (intake, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return intake{}, err
	}
	return intake{
		recent:    newRecentIDs(recentCapacity),
		telemetry: telemetry,
		flow: []attribute.KeyValue{
			attribute.String("otelcol.signal", from.String()),
			attribute.String("otelcol.signal.output", to.String()),
		},
		logger: set.Logger.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
			return zapcore.NewSamplerWithOptions(core, warnEvery, 1, 0)
		})),
	}, nil
}

// Capabilities says that what is consumed is only read.
func (*intake) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: false} }

// take reports whether these are the attributes of an anomaly that was not taken before, and its id.
func (in *intake) take(ctx context.Context, attrs pcommon.Map) (anomalyID, bool) {
	id, ok := anomaly.ReadID(attrs)
	if !ok {
		return id, false
	}
	if !in.recent.add(id) {
		in.telemetry.ConnectorAPIAnomalyDuplicates.Add(ctx, 1, in.labels())
		return id, false
	}
	kind := attribute.String(anomaly.AttrKind, knownKind(anomaly.ReadLabels(attrs).Kind))
	in.telemetry.ConnectorAPIAnomalyTaken.Add(ctx, 1, in.labels(kind))
	return id, true
}

// knownKind keeps the number of own series fixed, whatever a sender calls its anomalies.
func knownKind(kind string) string {
	switch anomaly.Kind(kind) {
	case anomaly.Traffic, anomaly.DoS, anomaly.LowRate, anomaly.Invariant:
		return kind
	default:
		return "other"
	}
}

// emit hands something on and reports whether that worked. An error or panic of the next component is counted and
// logged and ends here: returned, it would make the sender repeat its batch, and the pipeline's other consumers would
// see the user's spans twice because of us.
func (in *intake) emit(ctx context.Context, next func() error) bool {
	err := contained(next)
	if err == nil {
		return true
	}
	in.telemetry.ConnectorAPIAnomalyEmitErrors.Add(ctx, 1, in.labels())
	in.logger.Warn("The next component refused anomalies; this warning is logged at most once a minute, "+
		"see otelcol_connector_api_anomaly_emit_errors", zap.Error(err))
	return false
}

func contained(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

func (in *intake) labels(more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(more, in.flow...)...)
}
