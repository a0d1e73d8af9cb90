package apianomalyconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// ticksPerInterval is how finely the flush interval is divided. Every series is reported once an interval, but in the
// rhythm of its own first appearance: were there one flush for all, a 0 reported just before it would be overwritten
// by the value before anybody could have scraped it.
const ticksPerInterval = 4

// toMetrics counts anomalies and reports the counts on a goroutine of its own, so that reading a batch never waits for
// whoever takes the metric.
type toMetrics struct {
	intake
	identity identity
	interval time.Duration
	next     consumer.Metrics
	table    *seriesTable
	fresh    chan struct{} // holds something if there are series to announce

	stop    context.CancelFunc
	stopped chan struct{}

	// Owned by run, and by Shutdown after it.
	started pcommon.Timestamp // of all series: they are never removed, so their counts run from here
	last    pcommon.Timestamp // no report is older than the one before, even if the clock is put back
}

// ConsumeTraces never fails, see intake.emit.
func (c *toMetrics) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	var fresh bool
	eachSpan(td, func(span ptrace.Span) {
		e := exemplar{span.TraceID(), span.SpanID(), span.EndTimestamp()}
		fresh = c.count(ctx, span.Attributes(), e) || fresh
	})
	c.announce(fresh)
	return nil
}

// ConsumeLogs never fails, see intake.emit.
func (c *toMetrics) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	var fresh bool
	eachRecord(ld, func(rec plog.LogRecord) {
		e := exemplar{rec.TraceID(), rec.SpanID(), rec.Timestamp()}
		fresh = c.count(ctx, rec.Attributes(), e) || fresh
	})
	c.announce(fresh)
	return nil
}

// count reports whether these are the attributes of the first anomaly of a series.
func (c *toMetrics) count(ctx context.Context, attrs pcommon.Map, e exemplar) (fresh bool) {
	if _, ok := c.take(ctx, attrs); !ok || !anomaly.ReadState(attrs).IsNew() {
		return false
	}
	fresh, overflowed := c.table.add(anomaly.ReadLabels(attrs), e)
	if overflowed {
		c.telemetry.ConnectorAPIAnomalyOverflow.Add(ctx, 1, c.labels())
	}
	return fresh
}

func (c *toMetrics) announce(fresh bool) {
	if !fresh {
		return
	}
	select {
	case c.fresh <- struct{}{}:
	default: // run has not seen the last one yet, and will see all new series at once
	}
}

// Start begins to report.
func (c *toMetrics) Start(context.Context, component.Host) error {
	c.started = pcommon.NewTimestampFromTime(time.Now())
	c.last = c.started
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	go c.run(ctx)
	return nil
}

// Shutdown reports the final counts. What was read before is in them: the Collector stops the pipelines that lead here
// first.
func (c *toMetrics) Shutdown(ctx context.Context) error {
	if c.stop == nil {
		return nil // never started
	}
	c.stop()
	select {
	case <-c.stopped:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.report(ctx, isNew, false)
	c.report(ctx, isAny, true)
	return nil
}

func (c *toMetrics) run(ctx context.Context) {
	defer close(c.stopped)
	ticker := time.NewTicker(c.interval / ticksPerInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.fresh:
			c.report(ctx, isNew, false)
		case now := <-ticker.C:
			c.report(ctx, func(s *series) bool { return !now.Before(s.due) }, false)
		}
	}
}

func isAny(*series) bool { return true }

// isNew chooses series that were never reported.
func isNew(s *series) bool { return s.due.IsZero() }

// report emits the chosen series, if any. A series that is not announced is announced, with a 0; if the next component
// refuses that, the 0 is due again an interval later, and the value after it.
func (c *toMetrics) report(ctx context.Context, chosen func(*series) bool, last bool) {
	readings := c.table.read(chosen, last)
	if len(readings) == 0 {
		return
	}
	c.last = max(c.last+1, pcommon.NewTimestampFromTime(time.Now()))
	md := c.identity.metrics(readings, c.started, c.last)
	emitted := c.emit(ctx, func() error { return c.next.ConsumeMetrics(ctx, md) })
	now := time.Now()
	for _, r := range readings {
		r.due = now.Add(c.untilDue(r.series, emitted))
		r.announced = r.announced || emitted
	}
}

// untilDue is a whole interval after the 0. A series already in rhythm gets half a tick less, so that a report which
// took a moment does not miss its tick and slip by another.
func (c *toMetrics) untilDue(s *series, emitted bool) time.Duration {
	if !s.announced && emitted {
		return c.interval
	}
	return c.interval - c.interval/(2*ticksPerInterval)
}
