package tampering

import (
	"bytes"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Lesson is what was learned from traces.
type Lesson struct {
	File *rulefile.File
	// References is the store of earlier calls at the end of the traces; nil if there is none.
	References *reference.Store
	// Exceptions are the ids of the traces, hexadecimal, that the report names as exceptions of rules that almost held.
	Exceptions []string
}

// Learner learns from whole traces in the order of their time.
type Learner func(traces []ptrace.Traces) (*Lesson, error)

// Book compiles the rules of a file.
func Book(file *rulefile.File) (*invariant.Book, error) {
	book, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	if err != nil {
		return nil, fmt.Errorf("the rules do not compile: %w", err)
	}
	return book, nil
}

// references hands out copies of one store: each pass begins with what was known before.
type references struct{ saved []byte }

func newReferences(store *reference.Store) (*references, error) {
	r := new(references)
	if store == nil {
		return r, nil
	}
	var b bytes.Buffer
	if err := store.Save(&b); err != nil {
		return nil, fmt.Errorf("the references cannot be saved: %w", err)
	}
	r.saved = b.Bytes()
	return r, nil
}

// next is a copy of the store, nil if there is none.
func (r *references) next() (*reference.Store, error) {
	if r.saved == nil {
		return nil, nil //nolint:nilnil // no store is no error
	}
	return reference.Load(bytes.NewReader(r.saved), reference.DefaultSettings())
}

// Poison mixes tampered copies into traces to learn from, so that the share (0 to 1) of the calls at the front door is
// tampered with, each at the time of its original, and returns them with the traces.
func (s *Survey) Poison(traces []Trace, share float64, settings Settings) (poisoned []Trace, copies []Copy) {
	front := 0
	for i := range traces {
		if newScene(&traces[i]).front != nil {
			front++
		}
	}
	settings.Copies = int(share*float64(front)/(1-share) + 0.5)
	poisoned = slices.Clone(traces)
	copies = slices.DeleteFunc(s.Tamper(traces, settings), func(c Copy) bool { return c.Sham })
	for i := range copies {
		poisoned = append(poisoned, copies[i].Trace)
	}
	Sort(poisoned)
	return poisoned, copies
}

// Without leaves out the traces with these ids, hexadecimal.
func Without(traces []Trace, ids []string) []Trace {
	return slices.DeleteFunc(slices.Clone(traces), func(t Trace) bool { return slices.Contains(ids, t.ID.String()) })
}
