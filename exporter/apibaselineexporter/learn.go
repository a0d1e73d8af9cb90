package apibaselineexporter

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/replay"
)

// lesson is what was learned. It belongs to the goroutine that learns, and after that to whoever shuts down.
type lesson struct {
	learner learner
	tally   tally
	written int  // calls that had been learned from when the files were written
	fresh   bool // it began in this run
	kept    bool // what a run before it had written was set aside
}

// learn learns from traces when it is their turn, writes the files and saves, until the exporter stops or has learned
// enough.
func (w *watch) learn() {
	ticker := time.NewTicker(w.tick())
	defer ticker.Stop()
	writing := time.NewTicker(w.config.WriteInterval)
	defer writing.Stop()
	saving := time.NewTicker(max(w.config.SaveInterval, time.Second))
	defer saving.Stop()
	ctx := context.Background()
	for {
		select {
		case <-ticker.C:
			w.learnDue(ctx)
		case <-writing.C:
			w.write(ctx)
		case <-saving.C:
			w.save(ctx)
		case <-w.enough:
			w.graduate(ctx)
			return
		case <-w.stop:
			return
		}
	}
}

// learnDue learns from the traces whose turn it is.
func (w *watch) learnDue(ctx context.Context) {
	if w.lesson == nil {
		return
	}
	for {
		select {
		case <-w.stop:
			return
		default:
		}
		t := w.order.next(w.clock())
		if t == nil || !w.learnFrom(ctx, t) {
			return
		}
	}
}

// learnFrom learns from one trace; false if its time is after the period.
func (w *watch) learnFrom(ctx context.Context, t *replay.Trace) bool {
	if !w.calendar.admits(t.Start()) {
		w.learnedEnough()
		return false
	}
	outcome := learnedCall
	if !w.guard.Do(ctx, func() { w.lesson.learner.Learn(t) }) {
		outcome = failedCall
	}
	w.lesson.tally.add(t)
	w.report.calls[outcome].Add(int64(len(t.Calls)))
	return true
}

// learnedEnough tells the goroutine that learns that the period is over.
func (w *watch) learnedEnough() {
	select {
	case w.enough <- struct{}{}:
	default: // it is told already
	}
}

// learnRest learns from all that waits, while there is time.
func (w *watch) learnRest(ctx context.Context) {
	if w.lesson == nil {
		return
	}
	w.guard.Do(ctx, w.flush)
	left := 0
	for t := w.order.any(); t != nil; t = w.order.any() {
		if ctx.Err() != nil || !w.learnFrom(ctx, t) {
			left += len(t.Calls)
		}
	}
	if left > 0 {
		w.report.calls[unlearnedCall].Add(int64(left))
	}
	if ctx.Err() != nil {
		w.logger.Warn("The time for shutting down was over before all was learned from", zap.Int("calls", left))
	}
}

// graduate ends the learning for good: the files stay as they are from here on.
func (w *watch) graduate(ctx context.Context) {
	if !w.end() {
		return // it is being shut down
	}
	w.conclude(ctx)
	t := w.calendar.now()
	w.logger.Info("Learning has ended, since its period is over: the files stay as they are, and nothing more is learned",
		zap.Time("first", time.Unix(0, t.First).UTC()), zap.Time("last", time.Unix(0, t.Last).UTC()))
	w.release()
}

// conclude writes and saves what was learned.
func (w *watch) conclude(ctx context.Context) {
	if ctx.Err() != nil {
		w.logger.Warn("The time for shutting down was over: files and state are as they were written last")
		return
	}
	w.save(ctx)
	w.write(ctx)
}

// stored tells whether what was learned survives a restart.
func (w *watch) stored() bool { return w.config.Storage != (component.ID{}) }
