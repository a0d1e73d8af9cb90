package outbox

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/consumer"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Spans sends events as spans into a traces pipeline. The scope is the name of the component that found them, under
// [anomaly.ScopePrefix].
func Spans(scope, version string, next consumer.Traces) Send {
	return func(ctx context.Context, events []anomaly.Event) error {
		td, spans := anomaly.NewTraces(scope, version)
		for i := range events {
			events[i].ToSpan(spans.AppendEmpty())
		}
		return next.ConsumeTraces(ctx, td)
	}
}

// Records is [Spans] for a logs pipeline; the records are observed when they are sent.
func Records(scope, version string, next consumer.Logs) Send {
	return func(ctx context.Context, events []anomaly.Event) error {
		ld, records := anomaly.NewLogs(scope, version)
		now := time.Now()
		for i := range events {
			events[i].ToLogRecord(records.AppendEmpty(), now)
		}
		return next.ConsumeLogs(ctx, ld)
	}
}
