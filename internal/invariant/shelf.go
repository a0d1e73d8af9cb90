package invariant

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/document"
)

// bodies are those of one call, each read when it is first asked for.
type bodies struct {
	call     *Call // nil: nobody's
	readers  int   // views that show the call
	readings [2]reading
}

// Readings of the bodies.
const (
	requestReading = iota
	responseReading
)

// reading is a text that is read into a document when it is asked for.
type reading struct {
	done     bool
	text     string
	err      *types.Err
	value    ref.Val // nil until somebody asks for it
	document document.Document
}

// forget lets go of the text.
func (r *reading) forget() {
	if r.done {
		r.done, r.text, r.err, r.value = false, "", nil, nil
		r.document.Reset()
	}
}

func (b *bodies) forget() {
	b.call = nil
	for i := range b.readings {
		b.readings[i].forget()
	}
}

// shelved is how many calls have their bodies kept: about as many as a trace has.
const shelved = 32

// shelf keeps bodies that were read, since a call is looked at several times in a row: by rules of its own, by those of the
// call that made it, and by a [Feeder]. Only kept calls are on it, which nobody writes to.
type shelf struct {
	all  [shelved]*bodies
	next int // that has to go
}

// take returns the bodies of a call, until they are put back; nil if there is no room for them.
func (s *shelf) take(c *Call) *bodies {
	if c.bytes == 0 {
		return nil
	}
	for _, b := range &s.all {
		if b != nil && b.call == c {
			b.readers++
			return b
		}
	}
	for range s.all {
		s.next = (s.next + 1) % shelved
		b := s.all[s.next]
		if b == nil {
			b = new(bodies)
			s.all[s.next] = b
		}
		if b.readers > 0 {
			continue
		}
		b.forget()
		b.call, b.readers = c, 1
		return b
	}
	return nil
}
