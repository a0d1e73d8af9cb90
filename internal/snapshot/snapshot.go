// Package snapshot keeps state across restarts in the Collector's storage
// extension: one key for each part, written only when it has changed.
package snapshot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pipeline"
)

// format is the first byte of every value; another one is refused.
const format = 1

// Part is a piece of state that is saved as a whole.
type Part interface {
	Name() string
	Save() ([]byte, error)
	Restore(state []byte) error
}

// Store writes parts to a storage client. Not for concurrent use.
type Store struct {
	client storage.Client
	hashes map[string][sha256.Size]byte
}

// Open gets the storage client of a processor. The client's name holds the
// signal: two clients of one name block each other in file_storage. A nil store,
// for the empty extension id, keeps nothing.
func Open(ctx context.Context, host component.Host, extension, id component.ID, signal pipeline.Signal) (*Store, error) {
	return OpenNamed(ctx, host, extension, component.KindProcessor, id, signal.String())
}

// OpenNamed is [Open] for a component of any kind, which has one client of that
// name for all its signals.
func OpenNamed(ctx context.Context, host component.Host, extension component.ID, kind component.Kind, id component.ID, name string) (*Store, error) {
	if extension == (component.ID{}) {
		return nil, nil
	}
	ext, ok := host.GetExtensions()[extension]
	if !ok {
		return nil, fmt.Errorf("storage: the extension %s is not there: define it under extensions and list it in service.extensions", extension)
	}
	provider, ok := ext.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %s is no storage extension: use one, such as file_storage", extension)
	}
	client, err := provider.GetClient(ctx, kind, id, name)
	if err != nil {
		return nil, fmt.Errorf("storage: get a client of %s: %w", extension, err)
	}
	return &Store{client: client, hashes: make(map[string][sha256.Size]byte)}, nil
}

// Load restores the parts that were saved. A part that cannot be read starts
// fresh; the errors say which and why.
func (s *Store) Load(ctx context.Context, parts ...Part) error {
	if s == nil {
		return nil
	}
	var errs []error
	for _, part := range parts {
		if err := s.load(ctx, part); err != nil {
			errs = append(errs, fmt.Errorf("%s starts fresh: %w", part.Name(), err))
		}
	}
	return errors.Join(errs...)
}

func (s *Store) load(ctx context.Context, part Part) error {
	value, err := s.client.Get(ctx, part.Name())
	if err != nil || value == nil {
		return err
	}
	const header = 1 + sha256.Size
	if len(value) < header || value[0] != format {
		return errors.New("the saved state is of another format")
	}
	state := value[header:]
	if sum := sha256.Sum256(state); sum != [sha256.Size]byte(value[1:header]) {
		return errors.New("the saved state is damaged")
	}
	if err := part.Restore(state); err != nil {
		return err
	}
	s.hashes[part.Name()] = sha256.Sum256(state)
	return nil
}

// Save writes the parts that have changed and returns how many those were.
func (s *Store) Save(ctx context.Context, parts ...Part) (written int, err error) {
	if s == nil {
		return 0, nil
	}
	var errs []error
	for _, part := range parts {
		state, err := part.Save()
		if err != nil {
			errs = append(errs, fmt.Errorf("save %s: %w", part.Name(), err))
			continue
		}
		sum := sha256.Sum256(state)
		if s.hashes[part.Name()] == sum {
			continue
		}
		value := append(append([]byte{format}, sum[:]...), state...)
		if err := s.client.Set(ctx, part.Name(), value); err != nil {
			errs = append(errs, fmt.Errorf("save %s: %w", part.Name(), err))
			continue
		}
		s.hashes[part.Name()] = sum
		written++
	}
	return written, errors.Join(errs...)
}

// Close gives the client back.
func (s *Store) Close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.client.Close(ctx)
}
