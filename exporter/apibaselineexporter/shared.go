package apibaselineexporter

import (
	"context"
	"fmt"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
)

// shared are the watches in use. The Collector makes an exporter for each signal out of one and the same configuration,
// by whose address they find each other.
type shared struct {
	mu      sync.Mutex
	watches map[*Config]*sharing
}

// sharing is a watch with those who share it.
type sharing struct {
	watch   *watch
	parts   int // that were made and not shut down
	started bool
}

// part is a signal's part in a watch.
type part struct {
	watch  *watch
	shared *shared
	done   bool // shut down
}

func newShared() *shared { return &shared{watches: make(map[*Config]*sharing)} }

// part takes part in the watch of a configuration, which it makes unless it is there.
func (s *shared) part(set exporter.Settings, cfg *Config) (*part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.watches[cfg]
	if of == nil {
		w, err := newWatch(set, cfg)
		if err != nil {
			return nil, err
		}
		of = &sharing{watch: w}
		s.watches[cfg] = of
	}
	of.parts++
	return &part{watch: of.watch, shared: s}, nil
}

// Start begins to learn, with the first signal that starts.
func (p *part) Start(ctx context.Context, host component.Host) error {
	s := p.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.watches[p.watch.config]
	if of == nil || of.started {
		return nil
	}
	if err := s.vacant(p.watch); err != nil {
		return err
	}
	of.started = true
	return p.watch.start(ctx, host)
}

// vacant makes sure that nobody else writes the watch's files.
func (s *shared) vacant(w *watch) error {
	for _, other := range s.watches {
		if !other.started || other.watch == w {
			continue
		}
		if path := commonFile(w.config, other.watch.config); path != "" {
			return fmt.Errorf("%s is written by %s already: give %s a file of its own", path, other.watch.id, w.id)
		}
	}
	return nil
}

// Shutdown ends the learning with the last signal that ends, as far as the context's time allows.
func (p *part) Shutdown(ctx context.Context) error {
	s := p.shared
	s.mu.Lock()
	of := s.watches[p.watch.config]
	if p.done || of == nil {
		s.mu.Unlock()
		return nil
	}
	p.done = true
	of.parts--
	last := of.parts == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	err := p.watch.shutdown(ctx)
	s.mu.Lock() // only now may somebody else write the files
	defer s.mu.Unlock()
	delete(s.watches, p.watch.config)
	return err
}
