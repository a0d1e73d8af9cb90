// Package check judges recorded calls by invariants, offline: trace by trace, in the order of their time, as package
// replay has them. What a rule says of a call is decided by the code that the processor runs.
package check

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// Settings are how spans are read and how much of them is kept.
type Settings struct {
	Calls    apicall.Settings
	Bodies   apicall.BodyNames
	Evidence invariant.Evidence
	// MaxBodyBytes is the longest body that is read; the fields of a longer one are unknown.
	MaxBodyBytes int
	// MaxBytes bounds what is kept of all spans until they are judged. What is beyond makes the oldest traces go.
	MaxBytes int64
	// MaxSpansPerTrace bounds one trace, at most 2²⁴; a trace has no more than a small share of MaxBytes either.
	MaxSpansPerTrace int
	// References are what calls showed before those that are read, for stateful rules; nil: nothing. The checker goes on
	// writing into it.
	References *reference.Store
}

// DefaultSettings leave room for some ten million spans.
func DefaultSettings() Settings {
	d := replay.DefaultSettings()
	return Settings{MaxBodyBytes: d.MaxBodyBytes, MaxBytes: d.MaxBytes, MaxSpansPerTrace: d.MaxSpansPerTrace}
}

func (s *Settings) reading() replay.Settings {
	return replay.Settings{
		Calls: s.Calls, Bodies: s.Bodies, MaxBodyBytes: s.MaxBodyBytes, MaxBytes: s.MaxBytes, MaxSpansPerTrace: s.MaxSpansPerTrace,
	}
}

// Checker keeps calls until all spans are read, and judges them then. It belongs to one goroutine.
type Checker struct {
	book     *invariant.Book
	evidence invariant.Evidence
	recorded *replay.Replay

	references *reference.Store // nil where no rule looks at earlier calls
	tallies    []Tally
	violations int // that were handed over
}

// Counts tell what was read and what became of it.
type Counts struct {
	// Calls and Traces are those that were judged, also where no rule is about them; each counts once.
	Calls, Traces int
	// Statements are those that were read, 0 if no rule looks at them.
	Statements int
	Violations int
	// Nameless are spans without a trace id or a span id, which belong nowhere.
	Nameless int
	// Unjudged are calls that there was no room for, Refused the spans that their traces had no room for.
	Unjudged, Refused int64
}

// New returns a checker for the rules of a book, or tells which setting is wrong.
func New(book *invariant.Book, s Settings) (*Checker, error) {
	recorded, err := replay.New(book, s.reading())
	if err != nil {
		return nil, err
	}
	c := &Checker{book: book, evidence: s.Evidence, recorded: recorded, references: s.References}
	switch {
	case !book.Stateful():
		c.references = nil
	case c.references == nil:
		if c.references, err = reference.New(reference.DefaultSettings()); err != nil {
			return nil, err
		}
	}
	for _, rule := range book.Rules() {
		c.tallies = append(c.tallies, Tally{Rule: rule})
	}
	return c, nil
}

// Tallies of all rules in the order of their files.
func (c *Checker) Tallies() []Tally { return c.tallies }

// ReadsStatements is true if some rule looks at database statements.
func (c *Checker) ReadsStatements() bool { return c.book.ReadsStatements() }

// References are what the calls showed, complete after [Checker.Judge]; nil if no rule looks at earlier calls.
func (c *Checker) References() *reference.Store { return c.references }

// Counts of what was read, complete after [Checker.Judge].
func (c *Checker) Counts() Counts {
	read := c.recorded.Counts()
	return Counts{
		Calls: read.Calls, Traces: read.Traces, Statements: read.Statements, Violations: c.violations,
		Nameless: read.Nameless, Unjudged: read.Evicted, Refused: read.Refused,
	}
}

// Read takes the spans of one batch, in any order. Spans that are there twice count once. The batch is not kept.
func (c *Checker) Read(td ptrace.Traces) { c.recorded.Read(td) }
