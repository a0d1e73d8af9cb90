package apitrafficprocessor

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

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/guard"
	"github.com/spanwarden/spanwarden/internal/ignore"
	"github.com/spanwarden/spanwarden/internal/instance"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/recent"
	"github.com/spanwarden/spanwarden/internal/reload"
	"github.com/spanwarden/spanwarden/internal/snapshot"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// watch is what both signals share, in the order of the data: reader and tracker
// take calls in, the judge turns closed windows into anomalies, the outbox emits
// them.
type watch struct {
	id       component.ID
	signal   pipeline.Signal
	resource pcommon.Resource // of the Collector's own telemetry
	config   *Config
	settings *settings
	logger   *zap.Logger
	now      func() time.Time

	reader  *apicall.Reader
	ignore  *ignore.List
	seen    *recent.Set
	tracker *traffic.Tracker
	judge   *judge
	send    outbox.Send
	outbox  *outbox.Outbox
	report  *report
	guard   guard.Guard
	store   *snapshot.Store
	reloads []*reload.Watcher

	release  func()
	stop     chan struct{}
	stopping sync.Once
	ticking  sync.WaitGroup
	judging  sync.WaitGroup
}

func newWatch(set processor.Settings, cfg *Config, signal pipeline.Signal, send outbox.Send) (*watch, error) {
	s, err := cfg.compile()
	if err != nil {
		return nil, err
	}
	w := &watch{
		id: set.ID, signal: signal, resource: set.Resource, config: cfg, settings: s, logger: set.Logger, now: time.Now,
		reader: s.reader, ignore: &s.ignore, seen: new(recent.Set),
		tracker: traffic.New(s.traffic, s.lookBack),
		send:    send,
		stop:    make(chan struct{}),
	}
	if w.report, err = newReport(set.TelemetrySettings, w.tracker); err != nil {
		return nil, err
	}
	w.guard.Logger, w.guard.Count = w.logger, w.report.panicked
	w.judge, err = newJudge(s, cfg, w)
	return w, err
}

// Capabilities says that batches are passed on as they are.
func (w *watch) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// Start restores the baselines and starts judging.
func (w *watch) Start(ctx context.Context, host component.Host) (err error) {
	if w.release, err = instance.Claim(w.resource, w.id, w.signal); err != nil {
		return err
	}
	if w.store, err = snapshot.Open(ctx, host, w.config.Storage, w.id, w.signal); err != nil {
		w.release()
		return err
	}
	if err := w.store.Load(ctx, w.judge.parts()...); err != nil {
		w.report.saveError(ctx)
		w.logger.Warn("Some saved state could not be read; detection warms up again", zap.Error(err))
	}
	w.outbox = outbox.New(w.config.QueueSize, w.send, w.lost)
	w.watchModels()
	w.judging.Go(w.judgeWindows)
	w.ticking.Go(w.tick)
	return nil
}

// Shutdown judges the windows that are open, emits what is found, and saves the
// baselines, as far as the context's time allows.
func (w *watch) Shutdown(ctx context.Context) error {
	defer w.report.close()
	if w.outbox == nil { // never started
		if w.release != nil {
			w.release()
		}
		return nil
	}
	var err error
	w.stopping.Do(func() {
		close(w.stop)
		for _, r := range w.reloads {
			r.Stop()
		}
		w.ticking.Wait()
		w.report.windows(ctx, dropped, w.tracker.Flush())
		w.judging.Wait()
		w.judge.close()
		w.outbox.Close(ctx)
		w.save(ctx)
		err = w.store.Close(ctx)
		w.release()
	})
	return err
}

// judgeWindows judges closed windows until the tracker is flushed, and saves
// between them: the baselines belong to this goroutine.
func (w *watch) judgeWindows() {
	saving := time.NewTicker(max(w.config.SaveInterval, time.Second))
	defer saving.Stop()
	lapsing := time.NewTicker(w.config.Window)
	defer lapsing.Stop()
	for {
		select {
		case window, ok := <-w.tracker.Closed():
			if !ok {
				return
			}
			ctx := context.Background()
			w.guard.Do(ctx, func() { w.judge.window(ctx, window) })
			window.Release()
		case <-lapsing.C:
			ctx := context.Background()
			w.guard.Do(ctx, func() { w.judge.lapse(ctx) })
		case <-saving.C:
			w.save(context.Background())
		}
	}
}

// tick closes the windows of services that have gone quiet.
func (w *watch) tick() {
	ticker := time.NewTicker(min(time.Second, w.config.Window/4))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			ctx := context.Background()
			w.guard.Do(ctx, func() { w.report.windows(ctx, dropped, w.tracker.Tick(w.now().UnixNano())) })
		case <-w.stop:
			return
		}
	}
}

func (w *watch) save(ctx context.Context) {
	if _, err := w.store.Save(ctx, w.judge.parts()...); err != nil {
		w.report.saveError(ctx)
		w.logger.Warn("Baselines were not saved", zap.Error(err))
	}
}

// lost is told of anomalies that could not be emitted.
func (w *watch) lost(count int, reason string, err error) {
	w.report.lost(context.Background(), reason, count)
	if err == nil {
		err = errors.New("more were found than received")
	}
	w.logger.Warn("Anomalies were lost", zap.Int("count", count), zap.String("reason", reason), zap.Error(err))
}
