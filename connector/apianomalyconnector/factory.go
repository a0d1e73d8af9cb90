package apianomalyconnector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pipeline"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadata"
)

// NewFactory returns the factory of the api_anomaly connector.
func NewFactory() connector.Factory {
	return connector.NewFactory(
		metadata.Type,
		createDefaultConfig,
		connector.WithTracesToLogs(createTracesToLogs, metadata.TracesToLogsStability),
		connector.WithTracesToMetrics(createTracesToMetrics, metadata.TracesToMetricsStability),
		connector.WithLogsToLogs(createLogsToLogs, metadata.LogsToLogsStability),
		connector.WithLogsToMetrics(createLogsToMetrics, metadata.LogsToMetricsStability),
	)
}

func createTracesToLogs(_ context.Context, set connector.Settings, _ component.Config, next consumer.Logs) (connector.Traces, error) {
	return newToLogs(set, pipeline.SignalTraces, next)
}

func createLogsToLogs(_ context.Context, set connector.Settings, _ component.Config, next consumer.Logs) (connector.Logs, error) {
	return newToLogs(set, pipeline.SignalLogs, next)
}

func createTracesToMetrics(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Traces, error) {
	return newToMetrics(set, pipeline.SignalTraces, cfg.(*Config), next)
}

func createLogsToMetrics(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Logs, error) {
	return newToMetrics(set, pipeline.SignalLogs, cfg.(*Config), next)
}

func newToLogs(set connector.Settings, from pipeline.Signal, next consumer.Logs) (*toLogs, error) {
	in, err := newIntake(set, from, pipeline.SignalLogs)
	if err != nil {
		return nil, err
	}
	return &toLogs{intake: in, version: set.BuildInfo.Version, next: next}, nil
}

func newToMetrics(set connector.Settings, from pipeline.Signal, cfg *Config, next consumer.Metrics) (*toMetrics, error) {
	in, err := newIntake(set, from, pipeline.SignalMetrics)
	if err != nil {
		return nil, err
	}
	return &toMetrics{
		intake:   in,
		identity: newIdentity(set, from),
		interval: cfg.MetricsFlushInterval,
		next:     next,
		table:    newSeriesTable(cfg.MaxSeries, cfg.MaxExemplars),
		fresh:    make(chan struct{}, 1),
		stopped:  make(chan struct{}),
	}, nil
}
