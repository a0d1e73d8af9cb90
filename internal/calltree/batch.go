package calltree

import (
	"cmp"
	"slices"
)

// batch holds calls between being found, under a lock, and being handed over.
type batch[C, S any] struct {
	looked     int // spans
	calls      []handedOver[C]
	statements []S // of the first call, then of the second ...
	children   []C
	items      []item
	settled    Settled[C, S]
}

type handedOver[C any] struct {
	span                      Span
	call                      C
	statements, children      int // how many
	statementsLost, callsLost bool
	unanswered                bool // some client span
}

// item is a statement or a child call of the call whose turn it is.
type item struct {
	turn, row int32
	start     int64
	id        uint64
}

func (b *batch[C, S]) item(turn int32, row int, start int64, id uint64) {
	if turn > 0 {
		b.items = append(b.items, item{turn: turn, row: int32(row), start: start, id: id})
	}
}

func (b *batch[C, S]) sort() {
	slices.SortFunc(b.items, func(x, y item) int {
		if x.turn != y.turn {
			return cmp.Compare(x.turn, y.turn)
		}
		if x.start != y.start {
			return cmp.Compare(x.start, y.start)
		}
		return cmp.Compare(x.id, y.id)
	})
}

// deliver hands over the calls and empties the batch.
func (b *batch[C, S]) deliver(each func(*Settled[C, S])) {
	statements, children := b.statements, b.children
	for i := range b.calls {
		c := &b.calls[i]
		b.settled = Settled[C, S]{
			Span: c.span, Call: c.call,
			Statements: statements[:c.statements:c.statements], Calls: children[:c.children:c.children],
			StatementsOpen: c.statementsLost || c.statements == 0, CallsOpen: c.callsLost || c.unanswered || c.children == 0,
			StatementsLost: c.statementsLost, CallsLost: c.callsLost,
		}
		statements, children = statements[c.statements:], children[c.children:]
		each(&b.settled)
	}
	b.settled = Settled[C, S]{}
	b.looked = 0
	b.calls, b.statements, b.children = emptied(b.calls), emptied(b.statements), emptied(b.children)
	b.items = emptied(b.items)
}

// emptied keeps a list for the next batch, unless it is a giant's.
func emptied[T any](list []T) []T {
	if cap(list) > spareBatchItems {
		return nil
	}
	clear(list)
	return list[:0]
}
