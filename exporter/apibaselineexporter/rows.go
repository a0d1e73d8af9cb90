package apibaselineexporter

import (
	"context"
	"sync"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/featurerow"
	"github.com/spanwarden/spanwarden/internal/recent"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// rows turns closed windows into rows of the features file.
type rows struct {
	watch   *watch
	tracker *traffic.Tracker
	seen    recent.Set
	ending  sync.Once

	mu      sync.Mutex
	maker   *featurerow.Maker
	file    *rowFile
	vectors []traffic.Vector
	failing bool // the last attempt to write
}

func newRows(w *watch) *rows {
	r := &rows{watch: w, tracker: traffic.New(w.settings.windows, 1), maker: featurerow.New(w.settings.rows)}
	r.file = newRowFile(w.settings.file, r.maker.Names())
	return r
}

// run makes rows until the tracker is flushed.
func (r *rows) run() {
	ctx := context.Background()
	for window := range r.tracker.Closed() {
		r.watch.guard.Do(ctx, func() { r.window(ctx, window) })
		window.Release()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.file.close(); r.file.used() || err != nil {
		r.wrote(ctx, err)
	}
}

// window writes the rows of a window. One that may lack calls has none, but is part of its clients' past.
func (r *rows) window(ctx context.Context, window *traffic.Window) {
	if !r.watch.calendar.admits(window.Start.UnixNano()) {
		r.watch.learnedEnough()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.vectors = window.Vectors(r.vectors[:0])
	written := 0
	err := r.maker.Rows(r.vectors, func(_ *traffic.Vector, row []string) error {
		if window.Partial {
			return nil
		}
		written++
		return r.file.write(row)
	})
	clear(r.vectors)
	if err != nil {
		r.wrote(ctx, err)
	}
	outcome := writtenWindow
	if window.Partial {
		outcome = partialWindow
	}
	r.watch.report.window(ctx, outcome, 1)
	r.watch.report.rows(ctx, written)
}

// flush brings the rows that were made so far into the file.
func (r *rows) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file.waits() {
		r.wrote(context.Background(), r.file.flush())
	}
}

// wrote is told how writing went. The first failure is logged.
func (r *rows) wrote(ctx context.Context, err error) {
	path := r.watch.config.Features
	r.watch.report.file(ctx, path, r.watch.now(), err)
	if err != nil && !r.failing {
		r.watch.logger.Warn("Feature rows could not be written and are lost", zap.String("file", path), zap.Error(err))
	}
	r.failing = err != nil
}

// tick closes the windows of services that have gone quiet.
func (r *rows) tick(wall int64) { r.dropped(r.tracker.Tick(wall)) }

// dropped is told of windows that were given up.
func (r *rows) dropped(windows int) {
	if windows > 0 {
		r.watch.report.window(context.Background(), droppedWindow, windows)
	}
}

// end closes all windows. Nothing may be added any more.
func (r *rows) end() {
	r.ending.Do(func() { r.dropped(r.tracker.Flush()) })
}

// pasts are what is known of clients, to be saved.
type pasts struct{ *rows }

// Name is the key of their state.
func (p pasts) Name() string { return (*trail.Book)(nil).Name() }

// Save encodes them.
func (p pasts) Save() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.maker.Pasts().Save()
}

// Restore takes them up.
func (p pasts) Restore(state []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.maker.Pasts().Restore(state)
}
