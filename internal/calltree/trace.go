package calltree

import (
	"encoding/binary"
	"math/bits"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// trace is what is kept of one trace.
type trace[C, S any] struct {
	id   pcommon.TraceID
	hash uint64 // of the id, under the assembler's secret

	spans      rows[record]
	calls      rows[callRow[C]]
	statements rows[statementRow[S]]
	index      []int32 // of large traces: one more than a span's place, by the hash of its id
	small      *smallIndex
	payload    int64 // bytes that C and S refer to, as told

	last     int64 // the last arrival
	oldest   int64 // arrival of the oldest unjudged call
	unjudged int
	hadCalls bool

	resolved       bool // owner, top and answered of the spans are right, and the next three
	unanswered     int  // client spans without a server span as a child
	statementGaps  gaps // where statements of a call may be missing
	callGaps       gaps // and where its child calls
	statementLoss  loss
	callLoss       loss
	cleanFrom      int             // so many spans are cleaned after a hand-over
	cleaned        int64           // when it was cleaned last
	shedAgain      [need + 1]int64 // not before this, for newcomers of such worth
	grown          int             // spans at the front that were there at grownAt
	grownAt        int64
	size, counted  int64 // bytes and spans in the shard's sums
	touched        int64 // when it was put last into the ring by last arrival
	tick           int64 // of the wheel
	arrival, wheel knot[trace[C, S]]
}

type kind uint8

// A higher kind wins over a lower one with the same span id.
const (
	other  kind = iota
	client      // whose call is expected to be answered
	statement
	call
)

// record is a span's place in its trace.
type record struct {
	id, parent uint64
	row        int32 // in calls or statements
	owner      int32 // the nearest server span above, or none
	top        int32 // the end of the chain of ancestors, or cyclic
	kind       kind
	answered   bool // a server span is its child
}

const none = -1

type callRow[C any] struct {
	call           C
	start, arrived int64
	bytes, span    int32
	turn           int32 // 1 + its place among those being handed over
	state          state
	full           uint8 // bits of kinds, as of the last time when room was made
}

type state uint8

const (
	unjudged state = iota
	judged
	boundary // never to be judged
)

type statementRow[S any] struct {
	statement S
	start     int64
	bytes     int32
	span      int32
}

func number(id pcommon.SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) }

func spanID(number uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], number)
	return id
}

// parentless tells whether a span's parent is none, or forged to be itself.
func (r *record) parentless() bool { return r.parent == 0 || r.parent == r.id }

const (
	linear    = 48 // up to so many spans a search is faster than a hash
	smallSize = 256
)

// smallIndex serves traces of up to 128 spans and is used again.
type smallIndex [smallSize]int32

// find returns the place of a span, or none. The id is not zero.
func (t *trace[C, S]) find(id uint64) int {
	if t.index == nil {
		for p, piece := range t.spans.pieces {
			for i := range piece {
				if piece[i].id == id {
					return p*pieceRows + i
				}
			}
		}
		return none
	}
	mask := uint64(len(t.index) - 1)
	for slot := mix(t.hash, id) & mask; t.index[slot] != 0; slot = (slot + 1) & mask {
		if at := int(t.index[slot] - 1); t.spans.at(at).id == id {
			return at
		}
	}
	return none
}

// enter adds the span at a place to the index, where there is one or needs to be.
func (t *trace[C, S]) enter(at int, st *stock[smallIndex]) {
	switch n := t.spans.len; {
	case n <= linear:
	case 2*n > len(t.index):
		t.reindex(st)
	default:
		t.enterAt(at)
	}
}

func (t *trace[C, S]) enterAt(at int) {
	mask := uint64(len(t.index) - 1)
	slot := mix(t.hash, t.spans.at(at).id) & mask
	for t.index[slot] != 0 {
		slot = (slot + 1) & mask
	}
	t.index[slot] = int32(at + 1)
}

// reindex makes the index anew, in the size that the trace needs.
func (t *trace[C, S]) reindex(st *stock[smallIndex]) {
	size := 0
	if n := t.spans.len; n > linear {
		for size = smallSize; size < 2*n; {
			size *= 2
		}
	}
	clear(t.index)
	if size != len(t.index) {
		t.resizeIndex(size, st)
	}
	if size == 0 {
		return
	}
	for at := range t.spans.len {
		t.enterAt(at)
	}
}

func (t *trace[C, S]) resizeIndex(size int, st *stock[smallIndex]) {
	if t.small != nil {
		st.put(t.small)
	}
	t.index, t.small = nil, nil
	switch size {
	case 0:
	case smallSize:
		t.small = st.take()
		t.index = t.small[:]
	default:
		t.index = make([]int32, size)
	}
}

// mix hashes an id under a secret, which is what makes it hard to choose ids that
// collide: the multiplication of wyhash, and a finish that spreads ids which follow
// each other.
func mix(secret, id uint64) uint64 {
	high, low := bits.Mul64(secret^0xa0761d6478bd642f, id^0xe7037ed1a0b428db)
	h := high ^ low
	h = (h ^ h>>32) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

func (t *trace[C, S]) bytes() int64 {
	const entry = 48 // in the map of traces, with room
	return entry + sizeOf[trace[C, S]]() + t.spans.bytes() + t.calls.bytes() + t.statements.bytes() +
		int64(len(t.index))*4 + t.payload
}

// due is when something is to be done about the trace next.
func (t *trace[C, S]) due(s *Settings) int64 {
	switch {
	case t.unjudged > 0:
		return t.oldest + int64(s.Settle)
	case t.hadCalls:
		return t.last + int64(s.Settle)
	}
	return t.last + int64(s.MaxWait)
}
