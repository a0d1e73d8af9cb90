package apibaselineexporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/guard"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/keyed"
	"github.com/spanwarden/spanwarden/internal/snapshot"
	"github.com/spanwarden/spanwarden/internal/wholefile"
)

// watch is what all signals of an exporter share, in the order of the data: an intake reads calls, the tree holds them
// until they have settled, the order until their traces have, the lesson learns from them and writes the files. Rows are
// made beside that.
type watch struct {
	id       component.ID
	config   *Config
	settings *settings
	logger   *zap.Logger
	now      func() time.Time
	origin   time.Time // of the clock
	school   school

	report   *report
	guard    guard.Guard
	calendar *calendar
	intakes  sync.Pool

	store      *snapshot.Store
	generation uint64 // of what was saved last

	// While it learns; whoever reads a batch holds the lock for reading.
	mu       sync.RWMutex
	learning bool
	tree     *calltree.Assembler[*node, *invariant.Statement] // nil if no rules are learned
	order    *order                                           // likewise
	rows     *rows                                            // nil if none are made
	since    int64                                            // ns since the epoch; what came before was not seen
	lost     calltree.Stats                                   // of a tree that was let go

	lesson   *lesson
	enough   chan struct{} // is told that the period is over
	stop     chan struct{}
	stopping sync.Once
	working  sync.WaitGroup
}

func newWatch(set exporter.Settings, cfg *Config) (*watch, error) {
	s, err := cfg.compile()
	if err != nil {
		return nil, err
	}
	w := &watch{
		id: set.ID, config: cfg, settings: s, logger: set.Logger, now: time.Now, origin: time.Now(), school: baselineSchool(cfg),
		calendar: &calendar{period: s.period},
		enough:   make(chan struct{}, 1),
		stop:     make(chan struct{}),
	}
	w.intakes.New = func() any { return &intake{watch: w} }
	w.report, err = newReport(set.TelemetrySettings, w)
	if err != nil {
		return nil, err
	}
	w.guard.Logger, w.guard.Count = w.logger, w.report.panicked
	return w, nil
}

// clock is the time in ns that calls wait by. It goes on as time passes, also where the wall clock is set.
func (w *watch) clock() int64 { return w.origin.UnixNano() + int64(w.now().Sub(w.origin)) }

// start takes up what was learned before and learns on.
func (w *watch) start(ctx context.Context, host component.Host) error {
	for _, o := range w.config.outputs() {
		if err := wholefile.Try(o.path); err != nil {
			return keyed.Errors(o.key, err)
		}
	}
	var err error
	if w.store, err = snapshot.OpenNamed(ctx, host, w.config.Storage, component.KindExporter, w.id, storeName); err != nil {
		return err
	}
	if err := w.begin(ctx); err != nil {
		err = errors.Join(err, w.store.Close(ctx))
		w.store = nil
		return err
	}
	return nil
}

// begin learns on, unless learning has ended in a run before.
func (w *watch) begin(ctx context.Context) error {
	saved := w.restore(ctx)
	if w.calendar.over() {
		w.logger.Info("Learning has ended in a run before: nothing is learned, and the files stay as they are")
		return nil
	}
	if err := w.prepare(ctx, saved); err != nil {
		return err
	}
	if w.rows != nil {
		w.working.Go(w.rows.run)
	}
	w.working.Go(w.settle)
	w.working.Go(w.learn)
	return nil
}

// prepare makes what it takes to learn, which goes on from what was saved.
func (w *watch) prepare(ctx context.Context, saved *manifest) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.config.rules() {
		if w.tree, err = calltree.New[*node, *invariant.Statement](w.settings.tree); err != nil {
			return err
		}
		if w.lesson, err = w.newLesson(ctx, saved); err != nil {
			return err
		}
		w.order = newOrder(w.settings.order, &w.report.calls)
	}
	if w.config.Features != "" {
		w.rows = newRows(w)
		w.restorePasts(ctx)
	}
	w.learning, w.since = true, w.now().UnixNano()
	return nil
}

const (
	leastTick = 50 * time.Millisecond
	mostTick  = time.Second
	ticks     = 20 // while a call waits
)

func (w *watch) tick() time.Duration { return min(max(w.config.Settle/ticks, leastTick), mostTick) }

// settle moves calls on that have settled, and closes windows, until the exporter stops or has learned enough.
func (w *watch) settle() {
	ticker := time.NewTicker(w.tick())
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			ctx, more := context.Background(), true
			w.guard.Do(ctx, func() { more = w.settled(w.clock()) })
			if !more {
				return
			}
		case <-w.stop:
			return
		}
	}
}

// settled moves the calls on that have settled by now; false when learning has ended.
func (w *watch) settled(now int64) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.learning {
		return false
	}
	wall := w.now().UnixNano()
	if w.rows != nil {
		w.rows.tick(wall)
	}
	if w.tree != nil {
		w.tree.Settled(now, func(s *settledCall) { w.order.settled(s, now, wall, w.missed(s.Call.call)) })
	}
	return true
}

// flush moves all calls on when no more come. Of those that have not settled, nobody knows what would still have come
// beneath them.
func (w *watch) flush() {
	now, wall := w.clock(), w.now().UnixNano()
	w.tree.Settled(now, func(s *settledCall) { w.order.settled(s, now, wall, w.missed(s.Call.call)) })
	w.tree.Flush(func(s *settledCall) { w.order.settled(s, now, wall, true) })
}

// missed tells whether a call began when what is beneath it was not kept yet, and ended so shortly before, or after, that
// some of it may have been in batches of that time. A call that ended long before is out of a recording that is played.
func (w *watch) missed(c *invariant.Call) bool {
	return c.Start < w.since && c.End >= w.since-int64(w.config.Limits.MaxWait)
}

// end ends the learning; true for the one call of it that did.
func (w *watch) end() bool {
	w.mu.Lock()
	learning := w.learning
	w.learning = false
	w.mu.Unlock()
	if learning && w.rows != nil {
		w.rows.end()
	}
	return learning
}

// release lets go of all that was needed to learn.
func (w *watch) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tree != nil {
		last := w.tree.Stats()
		w.lost = calltree.Stats{EvictedCalls: last.EvictedCalls, RefusedSpans: last.RefusedSpans}
	}
	w.tree, w.order, w.rows, w.lesson = nil, nil, nil, nil
}

// waits is what waits in the tree, and how many traces after it in how many bytes.
func (w *watch) waits() (stats calltree.Stats, traces, bytes int64) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.tree == nil {
		return w.lost, 0, 0
	}
	traces, bytes = w.order.waits()
	return w.tree.Stats(), traces, bytes
}

// shutdown learns from what waits, writes the files and saves the state, as far as the context's time allows.
func (w *watch) shutdown(ctx context.Context) (err error) {
	defer w.report.close()
	w.stopping.Do(func() {
		close(w.stop)
		ended := w.end()
		w.working.Wait()
		if ended {
			w.learnRest(ctx)
			w.conclude(ctx)
		}
		w.release()
		err = w.store.Close(ctx)
	})
	return err
}
