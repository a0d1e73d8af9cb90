package apiinvariantprocessor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// saved is the store as the storage keeps it.
type saved struct {
	settings reference.Settings
	store    *reference.Store // nil: there is none
}

// Name is part of [snapshot.Part].
func (*saved) Name() string { return "references" }

// Save is part of [snapshot.Part].
func (s *saved) Save() ([]byte, error) {
	var state bytes.Buffer
	err := s.store.Save(&state)
	return state.Bytes(), err
}

// Restore is part of [snapshot.Part].
func (s *saved) Restore(state []byte) (err error) {
	s.store, err = reference.Load(bytes.NewReader(state), s.settings)
	return err
}

// recollect returns the store that the processor begins with: of what the storage and the file have the newer one, else an
// empty one. The error is about the file; the store is to be used all the same.
func (w *watch) recollect(ctx context.Context) (*reference.Store, error) {
	kept := saved{settings: w.settings.earlier}
	if err := w.storage.Load(ctx, &kept); err != nil {
		kept.store = nil
		w.report.saveError(ctx)
		w.logger.Warn("What earlier calls showed could not be read from the storage", zap.Error(err))
	}
	given, err := readReferences(w.config.References.File, w.settings.earlier)
	switch {
	case isNewer(given, kept.store):
		w.tell(given, "file")
		return given, nil
	case kept.store != nil:
		w.tell(kept.store, "storage")
		return kept.store, err
	}
	return w.nothing(), err
}

func (w *watch) tell(s *reference.Store, from string) {
	w.logger.Info("Took up what earlier calls showed", zap.String("from", from), zap.Int("rows", s.Stats().Rows))
}

// nothing is an empty store. Its settings have been checked.
func (w *watch) nothing() *reference.Store {
	s, err := reference.New(w.settings.earlier)
	if err != nil {
		panic(err)
	}
	return s
}

// readReferences reads the store of a file, nil without a path.
func readReferences(path string, s reference.Settings) (store *reference.Store, err error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("references: file: %w: write it by spanwarden mine --references, or leave the setting out", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if store, err = reference.Load(f, s); err != nil {
		return nil, fmt.Errorf("references: file: %s: %w: write it anew by spanwarden mine --references, or leave the setting out", path, err)
	}
	return store, nil
}

// isNewer tells whether a store goes on for longer than another; either may be nil.
func isNewer(s, than *reference.Store) bool {
	if s == nil || than == nil {
		return s != nil
	}
	at, begun := s.Last()
	other, otherBegun := than.Last()
	return begun && (!otherBegun || at > other)
}

// save keeps what earlier calls showed, for the next start.
func (w *watch) save(ctx context.Context) {
	if w.chronicle == nil {
		return
	}
	if _, err := w.storage.Save(ctx, &saved{store: w.chronicle.store}); err != nil {
		w.report.saveError(ctx)
		w.logger.Warn("What earlier calls showed was not saved", zap.Error(err))
	}
}
