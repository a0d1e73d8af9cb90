// Package check judges recorded calls by invariants, offline: it reads the spans of all traces, assembles calls with
// their statements and child calls, and judges them in the order of their time. What a rule says of a call is decided by
// the code that the processor runs.
package check

import (
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/sqltext"
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
}

// DefaultSettings leave room for some ten million spans.
func DefaultSettings() Settings {
	return Settings{MaxBodyBytes: 64 << 10, MaxBytes: 8 << 30, MaxSpansPerTrace: 1_000_000}
}

// Bounds of the cache of statements: what recordings repeat is parsed once.
const (
	cachedStatements     = 200_000
	cachedStatementBytes = 256 << 20
)

// Checker keeps calls until all spans are read, and judges them then. It belongs to one goroutine.
type Checker struct {
	book     *invariant.Book
	evidence invariant.Evidence
	spans    *apicall.Reader
	reader   *invariant.Reader
	tree     *calltree.Assembler[*invariant.Call, *invariant.Statement]

	tallies []Tally
	rank    map[*invariant.Rule]int // place in tallies
	counts  Counts

	// Scratch
	scratch   apicall.Scratch
	call      apicall.Call
	statement apicall.Statement
	details   invariant.Scratch
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
	spans, err := apicall.NewReader(s.Calls)
	if err != nil {
		return nil, err
	}
	reader, err := invariant.NewReader(s.Bodies, s.MaxBodyBytes, sqltext.NewCache(cachedStatements, cachedStatementBytes))
	if err != nil {
		return nil, err
	}
	tree, err := calltree.New[*invariant.Call, *invariant.Statement](calltree.Settings{
		// Nothing settles before all is read, and nothing is forgotten for its age.
		Settle: time.Hour, MaxWait: time.Hour, Tombstones: 1 << 16,
		MaxTraces: math.MaxInt32, MaxBytes: s.MaxBytes, MaxSpansPerTrace: s.MaxSpansPerTrace,
	})
	if err != nil {
		return nil, fmt.Errorf("room for spans: %w", err)
	}
	c := &Checker{book: book, evidence: s.Evidence, spans: spans, reader: reader, tree: tree, rank: make(map[*invariant.Rule]int)}
	for i, rule := range book.Rules() {
		c.tallies = append(c.tallies, Tally{Rule: rule})
		c.rank[rule] = i
	}
	return c, nil
}

// Tallies of all rules in the order of their files.
func (c *Checker) Tallies() []Tally { return c.tallies }

// ReadsStatements is true if some rule looks at database statements.
func (c *Checker) ReadsStatements() bool { return c.book.ReadsStatements() }

// Counts of what was read, complete after [Checker.Judge].
func (c *Checker) Counts() Counts { return c.counts }

// now is the time of all arrivals: event time alone counts.
const now = 0

// Read takes the spans of one batch, in any order. Spans that are there twice count once. The batch is not kept.
func (c *Checker) Read(td ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		service := apicall.ServiceName(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			if anomaly.Ours(ss.Scope().Name()) {
				continue
			}
			for _, span := range ss.Spans().All() {
				c.span(service, span)
			}
		}
	}
}

func (c *Checker) span(service string, span ptrace.Span) {
	place := calltree.Span{TraceID: span.TraceID(), SpanID: span.SpanID(), Parent: span.ParentSpanID()}
	if place.TraceID.IsEmpty() || place.SpanID.IsEmpty() {
		c.counts.Nameless++
		return
	}
	switch c.spans.Span(span, &c.scratch, &c.call, &c.statement) {
	case apicall.APICall:
		place.Start = c.call.Start
		c.addCall(service, span, place)
		return
	case apicall.DBStatement:
		place.Start = c.statement.Start
		if c.addStatement(span, place) {
			return
		}
	case apicall.None, apicall.Malformed:
		if c.book.ReadsCalls() && apicall.IsHTTPClient(span) {
			c.tree.AddClient(place, now)
			return
		}
	}
	if c.book.Deferred() {
		c.tree.AddOther(place, now)
	}
}

// addCall keeps a call also where no rule is about it: it bounds what belongs to the call above, and counts once.
func (c *Checker) addCall(service string, span ptrace.Span, place calltree.Span) {
	call := c.reader.Span(c.book, service, &c.call, span.Attributes(), &c.details)
	size := 0
	if call != nil {
		call = call.Keep()
		size = call.Bytes()
	}
	c.tree.AddCall(place, call, true, size, now)
}

// addStatement is false for a statement that nobody looks at.
func (c *Checker) addStatement(span ptrace.Span, place calltree.Span) bool {
	if !c.book.ReadsStatements() {
		return false
	}
	c.spans.StatementText(span, &c.statement)
	st := c.reader.Statement(&c.statement, span.Attributes())
	if st == nil {
		return false
	}
	if c.tree.AddStatement(place, st, st.Bytes(), now) == calltree.Added {
		c.counts.Statements++
	}
	return true
}
