package apibaselineexporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadata"
)

// NewFactory returns the factory of the api_baseline exporter.
func NewFactory() exporter.Factory {
	f := &factory{shared: newShared()}
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithTraces(f.createTraces, metadata.TracesStability),
		exporter.WithLogs(f.createLogs, metadata.LogsStability),
	)
}

// factory makes exporters of which those of one configuration learn together, whatever their signal.
type factory struct{ shared *shared }

func (f *factory) createTraces(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	part, err := f.shared.part(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return &tracesExporter{part}, nil
}

func (f *factory) createLogs(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	part, err := f.shared.part(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return &logsExporter{part}, nil
}
