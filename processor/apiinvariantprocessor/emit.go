package apiinvariantprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/consumer"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadata"
)

// spanSender emits violations as spans into the traces pipeline.
type spanSender struct {
	version string
	next    consumer.Traces
}

func (s spanSender) send(ctx context.Context, events []anomaly.Event) error {
	td, spans := anomaly.NewTraces(metadata.ScopeName, s.version)
	for i := range events {
		events[i].ToSpan(spans.AppendEmpty())
	}
	return s.next.ConsumeTraces(ctx, td)
}

// recordSender emits violations as records into the logs pipeline.
type recordSender struct {
	version string
	next    consumer.Logs
}

func (s recordSender) send(ctx context.Context, events []anomaly.Event) error {
	ld, records := anomaly.NewLogs(metadata.ScopeName, s.version)
	now := time.Now()
	for i := range events {
		events[i].ToLogRecord(records.AppendEmpty(), now)
	}
	return s.next.ConsumeLogs(ctx, ld)
}
