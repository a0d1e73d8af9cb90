package apianomalyconnector

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// history of one series, as a store of metrics sees it
type history struct {
	at     []time.Time
	points []pmetric.NumberDataPoint
}

func (r *reports) histories() map[string]*history {
	all := map[string]*history{}
	for i, md := range r.all() {
		for _, p := range points(md).All() {
			key := fmt.Sprint(p.Attributes().AsRaw())
			if all[key] == nil {
				all[key] = &history{}
			}
			all[key].at = append(all[key].at, r.at[i])
			all[key].points = append(all[key].points, p)
		}
	}
	return all
}

// soundness says what a store could take for a reset, or would never see.
func (h *history) soundness(interval time.Duration) error {
	first := h.points[0]
	if first.IntValue() != 0 {
		return fmt.Errorf("starts with %d", first.IntValue())
	}
	for i, p := range h.points[1:] {
		before, atEnd := h.points[i], i == len(h.points)-2
		switch {
		case p.StartTimestamp() != first.StartTimestamp():
			return errors.New("another start")
		case p.Timestamp() <= before.Timestamp():
			return errors.New("time stands still")
		case p.IntValue() < before.IntValue():
			return fmt.Errorf("falls from %d to %d", before.IntValue(), p.IntValue())
		case before.IntValue() == 0 && p.IntValue() > 0 && !atEnd && h.at[i+1].Sub(h.at[i]) < interval:
			return errors.New("0 is overwritten too soon")
		}
	}
	return nil
}

// In whatever order anomalies, time and failures come: no false reset, nothing lost.
func TestSeriesAreSound(t *testing.T) {
	const interval = 8 * time.Second
	type step struct {
		Violations, Alarms int
		Wait               time.Duration
		Refuse             bool
	}
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			Violations: rapid.IntRange(0, 3).Draw(t, "violations"),
			Alarms:     rapid.IntRange(0, 2).Draw(t, "alarms"),
			Wait:       time.Duration(rapid.Int64Range(0, int64(2*interval)).Draw(t, "wait")),
			Refuse:     rapid.Bool().Draw(t, "refuse"),
		}
	}), 1, 12)
	rapid.Check(t, func(rt *rapid.T) {
		drawn := steps.Draw(rt, "steps")
		var failed error
		synctest.Test(t, func(t *testing.T) {
			var next reports
			var refusing bool
			next.refuse = func() error {
				if refusing {
					return errors.New("no")
				}
				return nil
			}
			cfg := &Config{MetricsFlushInterval: interval, MaxSeries: 10, MaxExemplars: 1}
			c := startTracesToMetrics(t, testSettings(""), cfg, &next)
			var fed int64
			feed := func(e *anomaly.Event) {
				fed++
				e.Begun = e.Begun.Add(time.Duration(fed))
				e.Parent.SpanID[0] = byte(fed)
				_ = c.ConsumeTraces(t.Context(), spansOf(e))
			}
			for _, s := range drawn {
				next.mu.Lock()
				refusing = s.Refuse
				next.mu.Unlock()
				for range s.Violations {
					feed(violation(1))
				}
				for i := range s.Alarms {
					feed(report(anomaly.Begun, fmt.Sprint("/", i)))
				}
				pass(s.Wait)
			}
			next.mu.Lock()
			refusing = false
			next.mu.Unlock()
			time.Sleep(3 * interval)
			_ = c.Shutdown(t.Context())

			var counted int64
			for key, h := range next.histories() {
				counted += h.points[len(h.points)-1].IntValue()
				if err := h.soundness(interval); err != nil {
					failed = fmt.Errorf("%s: %w", key, err)
				}
			}
			if counted != fed {
				failed = fmt.Errorf("%d anomalies, %d counted", fed, counted)
			}
		})
		if failed != nil {
			rt.Fatal(failed)
		}
	})
}
