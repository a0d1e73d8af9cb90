package apianomalyconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// toLogs emits every anomaly of a batch as a log record, in one batch of its own.
type toLogs struct {
	component.StartFunc
	component.ShutdownFunc
	intake
	version string
	next    consumer.Logs
}

// ConsumeTraces never fails, see intake.emit.
func (c *toLogs) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	var out recordBatch
	eachSpan(td, func(span ptrace.Span) {
		if id, ok := c.take(ctx, span.Attributes()); ok {
			anomaly.RecordFromSpan(span, out.append(id, c.version), time.Now())
		}
	})
	c.send(ctx, out)
	return nil
}

// ConsumeLogs never fails, see intake.emit. Records are passed on as the processor wrote them.
func (c *toLogs) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	var out recordBatch
	eachRecord(ld, func(rec plog.LogRecord) {
		if id, ok := c.take(ctx, rec.Attributes()); ok {
			rec.CopyTo(out.append(id, c.version))
		}
	})
	c.send(ctx, out)
	return nil
}

// send forgets what it could not hand on: if the batch comes again for another reason, that is a second chance.
func (c *toLogs) send(ctx context.Context, out recordBatch) {
	if len(out.ids) == 0 || c.emit(ctx, func() error { return c.next.ConsumeLogs(ctx, out.logs) }) {
		return
	}
	for _, id := range out.ids {
		c.recent.forget(id)
	}
}

// recordBatch is empty, and nothing is allocated for it, until a record is appended.
type recordBatch struct {
	logs    plog.Logs
	records plog.LogRecordSlice
	ids     []anomalyID
}

func (b *recordBatch) append(id anomalyID, version string) plog.LogRecord {
	if len(b.ids) == 0 {
		b.logs, b.records = anomaly.NewLogs(metadata.ScopeName, version)
	}
	b.ids = append(b.ids, id)
	return b.records.AppendEmpty()
}
