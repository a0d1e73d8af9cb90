package apiinvariantprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/processor"

	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadata"
)

// NewFactory returns the factory of the api_invariant processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(createTraces, metadata.TracesStability),
		processor.WithLogs(createLogs, metadata.LogsStability),
	)
}

func createTraces(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	w, err := newWatch(set, cfg.(*Config), pipeline.SignalTraces, outbox.Spans(metadata.ScopeName, set.BuildInfo.Version, next))
	if err != nil {
		return nil, err
	}
	return &tracesProcessor{watch: w, next: next}, nil
}

func createLogs(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	w, err := newWatch(set, cfg.(*Config), pipeline.SignalLogs, outbox.Records(metadata.ScopeName, set.BuildInfo.Version, next))
	if err != nil {
		return nil, err
	}
	return &logsProcessor{watch: w, next: next}, nil
}
