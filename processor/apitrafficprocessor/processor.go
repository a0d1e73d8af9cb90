package apitrafficprocessor

import (
	"context"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
)

// tracesProcessor passes spans on and lets the watch read them first: behind the
// next consumer they are no longer ours.
type tracesProcessor struct {
	*watch
	next consumer.Traces
}

var _ processor.Traces = (*tracesProcessor)(nil)

// ConsumeTraces passes the batch on as it is.
func (p *tracesProcessor) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	p.guard.Do(ctx, func() { p.readTraces(ctx, td) })
	return p.next.ConsumeTraces(ctx, td)
}

// logsProcessor does the same for the records of access logs.
type logsProcessor struct {
	*watch
	next consumer.Logs
}

var _ processor.Logs = (*logsProcessor)(nil)

// ConsumeLogs passes the batch on as it is.
func (p *logsProcessor) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	p.guard.Do(ctx, func() { p.readLogs(ctx, ld) })
	return p.next.ConsumeLogs(ctx, ld)
}
