package document

import (
	"errors"
	"math"
	"unsafe"
)

// Why a text was not read. Each is one value that is never wrapped, so that a
// flood of broken bodies allocates nothing.
var (
	ErrTooLong   = errors.New("the text is longer than Limits.Bytes: raise the limit or leave such texts out")
	ErrTooDeep   = errors.New("the text nests deeper than Limits.Depth: raise the limit or leave such texts out")
	ErrTooMany   = errors.New("the text holds more values than Limits.Nodes: raise the limit or leave such texts out")
	ErrEmpty     = errors.New("the text is empty: JSON needs a value")
	ErrTruncated = errors.New("the text ends in the middle of a JSON value: was it cut to a maximum length?")
	ErrSyntax    = errors.New("the text is not JSON (RFC 8259)")
)

// Limits bound what a reading may cost. A limit of zero or less stands for that
// of [DefaultLimits].
type Limits struct {
	Bytes int // of the text as it arrives; at most 256 MiB, whatever is asked for
	Depth int // of lists and objects within each other; the 1 of [] is the least
	Nodes int // values, with lists, objects and values of repeated names; at most 2²⁸
}

// DefaultLimits hold for bodies as telemetry carries them: 64 KiB, 64 levels,
// 8192 values. A document read within them holds about 1 MiB of buffers at most.
var DefaultLimits = Limits{Bytes: 64 << 10, Depth: 64, Nodes: 8192}

// The widest limits, so that every offset into text or buffer fits 31 bits: a
// broken byte of a form takes one byte and three more as U+FFFD.
const (
	maxBytes = 256 << 20
	maxNodes = 1 << 28
)

func (l Limits) effective() Limits {
	return Limits{
		Bytes: min(orElse(l.Bytes, DefaultLimits.Bytes), maxBytes),
		Depth: orElse(l.Depth, DefaultLimits.Depth),
		Nodes: min(orElse(l.Nodes, DefaultLimits.Nodes), maxNodes),
	}
}

func orElse(limit, otherwise int) int {
	if limit <= 0 {
		return otherwise
	}
	return limit
}

// What Reset keeps, about 200 KiB in all: room for ordinary bodies.
const (
	keepNodes = 2048
	keepText  = 32 << 10
	keepSlots = 8192
)

// Document is a text read into a tree. The zero value is ready. It is used again
// and again, by one goroutine at a time, and not copied.
type Document struct {
	source  string
	nodes   []entry  // children of one parent lie side by side, the root comes last
	pending []entry  // values whose list or object is still open
	buffer  []byte   // unescaped text
	slots   []uint32 // hash tables of large objects
	reading uint32   // grows with every reading, so that old nodes are known
}

// entry is one value. It holds no pointers: the collector has nothing to scan.
type entry struct {
	name place // in its object; elements of lists have none, whatever is here
	text place // of Text and numbers; first child and their number of List and Object
	bits uint64
	kind Kind
}

// place is where a piece of text lies.
type place struct {
	at, size uint32
}

// inBuffer marks a place in the buffer rather than in the source.
const inBuffer = 1 << 31

func (d *Document) text(p place) string {
	if p.at&inBuffer == 0 {
		return d.source[p.at : p.at+p.size]
	}
	at := p.at &^ inBuffer
	text := d.buffer[at : at+p.size]
	return unsafe.String(unsafe.SliceData(text), len(text)) // lent, as the package says
}

// Root is the value that the whole text is; not valid if nothing was read.
func (d *Document) Root() Node {
	if len(d.nodes) == 0 {
		return Node{}
	}
	return Node{d: d, at: uint32(len(d.nodes) - 1), reading: d.reading}
}

// Reset empties the document and lets go of the source. It keeps buffers for
// ordinary texts and lets go of what a giant needed: call it before a document
// is put aside.
func (d *Document) Reset() {
	d.clear()
	if cap(d.nodes) > keepNodes {
		d.nodes = nil
	}
	if cap(d.pending) > keepNodes {
		d.pending = nil
	}
	if cap(d.buffer) > keepText {
		d.buffer = nil
	}
	if cap(d.slots) > keepSlots {
		d.slots = nil
	}
}

// clear empties the document and keeps all of its buffers.
func (d *Document) clear() {
	d.source = ""
	d.nodes, d.pending, d.buffer, d.slots = d.nodes[:0], d.pending[:0], d.buffer[:0], d.slots[:0]
	d.reading++
}

// finish makes the one pending value the root.
func (d *Document) finish() {
	d.nodes = append(d.nodes, d.pending[0])
	d.pending = d.pending[:0]
}

func double(bits uint64) float64 { return math.Float64frombits(bits) }
