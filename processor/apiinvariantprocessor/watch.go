package apiinvariantprocessor

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/guard"
	"github.com/spanwarden/spanwarden/internal/instance"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/reload"
	"github.com/spanwarden/spanwarden/internal/snapshot"
)

// watch is what both signals share, in the order of the data: an intake reads
// calls and judges what can be judged at once, the tree holds the others until
// they have settled, the rate cap and the outbox let violations out.
type watch struct {
	id       component.ID
	signal   pipeline.Signal
	resource pcommon.Resource // of the Collector's own telemetry
	config   *Config
	settings *settings
	logger   *zap.Logger
	now      func() time.Time
	origin   time.Time // of the clock

	rules *rulebook
	seen  *seenCalls
	tree  *calltree.Assembler[waiting, *invariant.Statement]
	rate  *rateCap
	// chronicle is nil until there are rules that look at earlier calls.
	chronicle *chronicle
	storage   *snapshot.Store
	send      outbox.Send
	outbox    *outbox.Outbox
	report    *report
	guard     guard.Guard
	reloads   []*reload.Watcher
	intakes   sync.Pool

	release  func()
	stop     chan struct{}
	stopping sync.Once
	settling sync.WaitGroup
}

func newWatch(set processor.Settings, cfg *Config, signal pipeline.Signal, send outbox.Send) (*watch, error) {
	s, err := cfg.compile()
	if err != nil {
		return nil, err
	}
	w := &watch{
		id: set.ID, signal: signal, resource: set.Resource, config: cfg, settings: s, logger: set.Logger, now: time.Now, origin: time.Now(),
		seen: newSeenCalls(),
		rate: newRateCap(s.rate),
		send: send,
		stop: make(chan struct{}),
	}
	w.rules = newRulebook(s.loaded, func() time.Time { return w.now() })
	w.intakes.New = func() any { return newIntake(w) }
	if w.tree, err = calltree.New[waiting, *invariant.Statement](s.tree); err != nil {
		return nil, err
	}
	w.report, err = newReport(set.TelemetrySettings, w.rules, w.tree)
	w.guard.Logger, w.guard.Count = w.logger, w.report.panicked
	return w, err
}

// Capabilities says that batches are passed on as they are.
func (w *watch) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// Start takes up what is known of earlier calls and begins to judge.
func (w *watch) Start(ctx context.Context, host component.Host) (err error) {
	if w.release, err = instance.Claim(w.resource, w.id, w.signal); err != nil {
		return err
	}
	if w.storage, err = snapshot.Open(ctx, host, w.config.Storage, w.id, w.signal); err == nil {
		err = w.remember(ctx)
	}
	if err != nil {
		w.release()
		return errors.Join(err, w.storage.Close(ctx))
	}
	w.outbox = outbox.New(w.config.QueueSize, w.send, w.lost)
	w.rules.begin()
	w.watchRules()
	w.settling.Go(w.settle)
	return nil
}

// remember begins a chronicle if there is none and the rules look at earlier calls. The error is about the file of what is
// known of those, and the chronicle goes on without it.
func (w *watch) remember(ctx context.Context) error {
	if w.chronicle != nil || w.signal != pipeline.SignalTraces || !w.rules.current.Load().book.Stateful() {
		return nil
	}
	store, err := w.recollect(ctx)
	w.chronicle = newChronicle(w, store)
	w.chronicle.rest()
	w.report.chronicle.Store(w.chronicle)
	return err
}

// Shutdown judges the calls that wait and emits what is found, as far as the
// context's time allows, and saves what calls showed.
func (w *watch) Shutdown(ctx context.Context) (err error) {
	defer w.report.close()
	if w.outbox == nil { // never started
		return nil
	}
	w.stopping.Do(func() {
		close(w.stop)
		for _, r := range w.reloads {
			r.Stop()
		}
		w.settling.Wait()
		w.flush(ctx)
		w.outbox.Close(ctx)
		w.save(ctx)
		err = w.storage.Close(ctx)
		w.release()
	})
	return err
}

// clock is the time in ns that calls wait by. It goes on as time passes, also where the wall clock is set.
func (w *watch) clock() int64 { return w.origin.UnixNano() + int64(w.now().Sub(w.origin)) }

// patience is for how long a shutdown waits for room in the outbox.
const patience = 30 * time.Second

const (
	leastTick = 50 * time.Millisecond
	mostTick  = time.Second
	ticks     = 20 // while a call waits
)

// settle judges the calls that are due, until the processor stops.
func (w *watch) settle() {
	ticker := time.NewTicker(min(max(w.config.Settle/ticks, leastTick), mostTick))
	defer ticker.Stop()
	saving := time.NewTicker(w.config.References.SaveInterval)
	defer saving.Stop()
	in := newIntake(w)
	for {
		select {
		case <-ticker.C:
			w.settled(in, w.clock())
		case <-saving.C:
			w.save(context.Background())
		case <-w.stop:
			return
		}
	}
}

// settled judges the calls that are due by now.
func (w *watch) settled(in *intake, now int64) {
	ctx := context.Background()
	w.guard.Do(ctx, func() {
		if err := w.remember(ctx); err != nil {
			w.logger.Warn("Rules that look at earlier calls begin without the file of those", zap.Error(err))
		}
		judged, began := 0, time.Now()
		w.tree.Settled(now, func(s *settledCall) {
			judged++
			in.deferred(ctx, s, now)
		})
		if w.chronicle != nil {
			w.chronicle.proceed(now)
		}
		if judged > 0 {
			w.report.evaluated(ctx, time.Since(began))
		}
	})
}

// flush judges all calls that wait, while there is time.
func (w *watch) flush(ctx context.Context) {
	if err := w.remember(ctx); err != nil { // of rules that were loaded a moment ago
		w.logger.Warn("Rules that look at earlier calls begin without the file of those", zap.Error(err))
	}
	in := newIntake(w)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in.patience = waiting
	if w.chronicle != nil {
		w.chronicle.ctx, w.chronicle.patience = ctx, waiting
	}
	unjudged := 0
	w.guard.Do(ctx, func() {
		w.tree.Flush(func(s *settledCall) {
			if ctx.Err() != nil {
				unjudged++
				return
			}
			in.deferred(ctx, s, w.clock())
		})
		if w.chronicle != nil {
			unjudged += w.chronicle.finish()
		}
	})
	if unjudged > 0 {
		w.logger.Warn("Calls were not judged by all their rules, since the time for shutting down was over", zap.Int("calls", unjudged))
	}
}

// lost is told of violations that could not be emitted.
func (w *watch) lost(count int, reason string, err error) {
	w.report.lost(context.Background(), reason, count)
	if err == nil {
		err = errors.New("more were found than received")
	}
	w.logger.Warn("Violations were lost", zap.Int("count", count), zap.String("reason", reason), zap.Error(err))
}
