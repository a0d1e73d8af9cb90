package replay

import (
	"fmt"
	"math"
	"time"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// Replay keeps the calls of all spans that it reads, and hands them over trace by trace. It belongs to one goroutine.
type Replay struct {
	book   *invariant.Book // nil: everything is read
	wants  wants
	spans  *apicall.Reader
	reader *invariant.Reader
	tree   *calltree.Assembler[*node, *invariant.Statement] // nil once traces were handed over
	traces []Trace
	counts Counts

	// Scratch
	scratch   apicall.Scratch
	call      apicall.Call
	statement apicall.Statement
	details   invariant.Scratch
}

// wants are the spans that are looked at, besides those of calls.
type wants struct {
	statements bool
	clients    bool // which tell whether child calls may be missing
	links      bool // all others, which say beneath which call a span is
}

// node is a call with its place in its trace.
type node struct {
	call  *invariant.Call // nil for one that nobody looks at
	above *node           // the nearest server span above it
	depth int             // 1 without any above; 0 is not known yet
}

// New returns a replay of what the rules of a book look at, or of everything if the book is nil; or it tells which
// setting is wrong.
func New(book *invariant.Book, s Settings) (*Replay, error) {
	spans, err := apicall.NewReader(s.Calls)
	if err != nil {
		return nil, err
	}
	reader, err := invariant.NewReader(s.Bodies, s.MaxBodyBytes, sqltext.NewCache(cachedStatements, cachedStatementBytes))
	if err != nil {
		return nil, err
	}
	tree, err := calltree.New[*node, *invariant.Statement](calltree.Settings{
		// Nothing settles before all is read, and nothing is forgotten for its age.
		Settle: time.Hour, MaxWait: time.Hour, Tombstones: 1 << 16,
		MaxTraces: math.MaxInt32, MaxBytes: s.MaxBytes, MaxSpansPerTrace: s.MaxSpansPerTrace,
	})
	if err != nil {
		return nil, fmt.Errorf("room for spans: %w", err)
	}
	r := &Replay{book: book, wants: wants{true, true, true}, spans: spans, reader: reader, tree: tree}
	if book != nil {
		r.wants = wants{book.ReadsStatements(), book.ReadsCalls(), book.Deferred()}
	}
	return r, nil
}

// Counts of what was read.
func (r *Replay) Counts() Counts { return r.counts }

// now is the time of all arrivals: event time alone counts.
const now = 0

// Read takes the spans of one batch, in any order. Spans that are there twice count once. The batch is not kept. What is
// read after [Replay.Traces] is passed over.
func (r *Replay) Read(td ptrace.Traces) {
	if r.tree == nil {
		return
	}
	for _, rs := range td.ResourceSpans().All() {
		service := apicall.ServiceName(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			if anomaly.Ours(ss.Scope().Name()) {
				continue
			}
			for _, span := range ss.Spans().All() {
				r.span(service, span)
			}
		}
	}
}

func (r *Replay) span(service string, span ptrace.Span) {
	place := calltree.Span{TraceID: span.TraceID(), SpanID: span.SpanID(), Parent: span.ParentSpanID()}
	if place.TraceID.IsEmpty() || place.SpanID.IsEmpty() {
		r.counts.Nameless++
		return
	}
	switch r.spans.Span(span, &r.scratch, &r.call, &r.statement) {
	case apicall.APICall:
		place.Start = r.call.Start
		r.addCall(service, span, place)
		return
	case apicall.DBStatement:
		place.Start = r.statement.Start
		if r.addStatement(span, place) {
			return
		}
	case apicall.None, apicall.Malformed:
		if r.wants.clients && apicall.IsHTTPClient(span) {
			r.tree.AddClient(place, now)
			return
		}
	}
	if r.wants.links {
		r.tree.AddOther(place, now)
	}
}

// addCall keeps a call also where no rule is about it: it bounds what belongs to the call above, and counts once.
func (r *Replay) addCall(service string, span ptrace.Span, place calltree.Span) {
	n := new(node)
	size := int(unsafe.Sizeof(*n))
	if call := r.readCall(service, span); call != nil {
		n.call = call.Keep()
		size += n.call.Bytes()
	}
	r.tree.AddCall(place, n, true, size, now)
}

func (r *Replay) readCall(service string, span ptrace.Span) *invariant.Call {
	if r.book == nil {
		return r.reader.Whole(service, &r.call, span.Attributes(), &r.details)
	}
	return r.reader.Span(r.book, service, &r.call, span.Attributes(), &r.details)
}

// addStatement is false for a statement that nobody looks at.
func (r *Replay) addStatement(span ptrace.Span, place calltree.Span) bool {
	if !r.wants.statements {
		return false
	}
	r.spans.StatementText(span, &r.statement)
	st := r.reader.Statement(&r.statement, span.Attributes())
	if st == nil {
		return false
	}
	if r.tree.AddStatement(place, st, st.Bytes(), now) == calltree.Added {
		r.counts.Statements++
	}
	return true
}
