package apibaselineexporter

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/snapshot"
)

const (
	// storeName is that of the storage client, which all signals share.
	storeName = "baseline"
	// keyBytes is the most that is saved under one key, and mostKeys how many of them there are at most.
	keyBytes = 1 << 20
	mostKeys = 1024
	slots    = 2 // what was learned is saved in turn in two places, so that one of them is always whole
)

// manifest is what was saved last. What was learned is in the keys of its slot, and of the same generation.
type manifest struct {
	Generation uint64 `json:"generation"`
	Keys       int    `json:"keys"`
	Times      times  `json:"times"`
	Tally      tally  `json:"tally"`
}

// Name is the key of the manifest.
func (m *manifest) Name() string { return "manifest" }

// Save encodes it.
func (m *manifest) Save() ([]byte, error) { return json.Marshal(m) }

// Restore reads it.
func (m *manifest) Restore(state []byte) error {
	var read manifest
	if err := json.Unmarshal(state, &read); err != nil {
		return err
	}
	if read.Keys < 0 || read.Keys > mostKeys {
		return fmt.Errorf("the saved state has %d keys", read.Keys)
	}
	*m = read
	return nil
}

// piece is a part of what was learned, under a key of its own.
type piece struct {
	generation uint64
	number     int
	content    []byte
}

// Name is the key, which is used again by the generation after the next one.
func (p *piece) Name() string { return fmt.Sprintf("learned.%d.%d", p.generation%slots, p.number) }

// Save puts the generation before the content.
func (p *piece) Save() ([]byte, error) {
	return append(binary.BigEndian.AppendUint64(nil, p.generation), p.content...), nil
}

// Restore refuses what is of another generation.
func (p *piece) Restore(state []byte) error {
	if len(state) < 8 || binary.BigEndian.Uint64(state) != p.generation {
		return errors.New("the saved state is of several times")
	}
	p.content = state[8:]
	return nil
}

// pieceWriter saves what is written to it piece by piece.
type pieceWriter struct {
	ctx   context.Context
	store *snapshot.Store
	piece piece
	bytes int64
}

func (w *pieceWriter) Write(text []byte) (n int, err error) {
	for len(text) > 0 {
		if len(w.piece.content) == keyBytes {
			if err := w.next(); err != nil {
				return n, err
			}
		}
		fits := min(len(text), keyBytes-len(w.piece.content))
		w.piece.content = append(w.piece.content, text[:fits]...)
		text, n = text[fits:], n+fits
	}
	return n, nil
}

// next saves the piece and begins another one.
func (w *pieceWriter) next() error {
	if w.piece.number == mostKeys {
		return fmt.Errorf("what was learned is more than %d MiB, which is the most that is saved", mostKeys*keyBytes>>20)
	}
	if _, err := w.store.Save(w.ctx, &w.piece); err != nil {
		return err
	}
	w.bytes += int64(len(w.piece.content))
	w.piece.number++
	w.piece.content = w.piece.content[:0]
	return nil
}

// pieceReader reads what was saved piece by piece.
type pieceReader struct {
	ctx   context.Context
	store *snapshot.Store
	piece piece
	keys  int
	rest  []byte
	bytes int64
}

func (r *pieceReader) Read(into []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.piece.number == r.keys {
			return 0, io.EOF
		}
		r.piece.content = nil
		if err := r.store.Load(r.ctx, &r.piece); err != nil {
			return 0, err
		}
		if r.piece.content == nil {
			return 0, fmt.Errorf("the key %s is missing", r.piece.Name())
		}
		r.rest = r.piece.content
		r.bytes += int64(len(r.rest))
		r.piece.number++
	}
	n := copy(into, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// restore reads the manifest of the run before; nil if there is none.
func (w *watch) restore(ctx context.Context) *manifest {
	m := new(manifest)
	if err := w.store.Load(ctx, m); err != nil {
		w.unsaved(ctx, "What was learned before could not be read: learning begins anew", err)
		return nil
	}
	if m.Generation == 0 {
		return nil
	}
	w.generation = m.Generation
	w.calendar.restore(m.Times)
	return m
}

// newLesson goes on from what was saved, or begins anew.
func (w *watch) newLesson(ctx context.Context, saved *manifest) (*lesson, error) {
	if saved != nil && saved.Keys > 0 {
		in := &pieceReader{ctx: ctx, store: w.store, piece: piece{generation: saved.Generation}, keys: saved.Keys}
		var l learner
		err := errors.New("a defect came to light")
		w.guard.Do(ctx, func() { l, err = w.school.load(in) })
		if err == nil {
			w.report.stateBytes.Store(in.bytes)
			w.logger.Info("Learning goes on where it was before", zap.Int("calls", saved.Tally.Calls))
			return &lesson{learner: l, tally: saved.Tally, written: saved.Tally.Calls}, nil
		}
		w.unsaved(ctx, "What was learned before could not be read: learning begins anew", err)
		w.calendar.restore(times{})
	}
	l, err := w.school.fresh()
	return &lesson{learner: l, fresh: true}, err
}

// restorePasts reads what was known of clients.
func (w *watch) restorePasts(ctx context.Context) {
	if err := w.store.Load(ctx, pasts{w.rows}); err != nil {
		w.unsaved(ctx, "What was known of clients could not be read: feature rows begin without their past", err)
	}
}

// save saves what was learned, if there is a storage.
func (w *watch) save(ctx context.Context) {
	if !w.stored() {
		return
	}
	var errs []error
	if w.rows != nil {
		_, err := w.store.Save(ctx, pasts{w.rows})
		errs = append(errs, err)
	}
	err := errors.New("a defect came to light")
	w.guard.Do(ctx, func() { err = w.saveLesson(ctx) })
	if err := errors.Join(append(errs, err)...); err != nil {
		w.unsaved(ctx, "What was learned could not be saved", err)
	}
}

// saveLesson saves into the slot that the manifest does not speak of, and then the manifest.
func (w *watch) saveLesson(ctx context.Context) error {
	m := &manifest{Generation: w.generation + 1, Times: w.calendar.now()}
	if w.lesson != nil {
		out := &pieceWriter{ctx: ctx, store: w.store, piece: piece{generation: m.Generation}}
		if err := w.lesson.learner.Save(out); err != nil {
			return err
		}
		if err := out.next(); err != nil {
			return err
		}
		m.Keys, m.Tally = out.piece.number, w.lesson.tally
		w.report.stateBytes.Store(out.bytes)
	}
	if _, err := w.store.Save(ctx, m); err != nil {
		return err
	}
	w.generation = m.Generation
	return nil
}

// unsaved reports state that could not be saved or restored.
func (w *watch) unsaved(ctx context.Context, what string, err error) {
	w.report.saveError(ctx)
	w.logger.Warn(what, zap.Error(err))
}
