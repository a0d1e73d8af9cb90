package apibaselineexporter

import (
	"context"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// tracesExporter is the end of a traces pipeline.
type tracesExporter struct{ *part }

var _ exporter.Traces = (*tracesExporter)(nil)

// ConsumeTraces reads what is to be learned from the batch. Learning is an extra: it refuses nothing and holds up nobody.
func (e *tracesExporter) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	e.watch.guard.Do(ctx, func() { e.watch.readTraces(ctx, td) })
	return nil
}

// logsExporter does the same for the records of access logs.
type logsExporter struct{ *part }

var _ exporter.Logs = (*logsExporter)(nil)

// ConsumeLogs reads what is to be learned from the batch, and refuses nothing.
func (e *logsExporter) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	e.watch.guard.Do(ctx, func() { e.watch.readLogs(ctx, ld) })
	return nil
}

// Capabilities says that batches are left as they are.
func (*part) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }
