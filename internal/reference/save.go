package reference

import (
	"bufio"
	"encoding/binary"
	"hash"
	"hash/crc64"
	"io"
)

// A snapshot is magic, version, what Save writes in its order, and the CRC-64 (ECMA) of all before it.
const (
	magic   = "spanwarden reference\n"
	version = 1
	sumSize = 8
)

var sumTable = crc64.MakeTable(crc64.ECMA)

// Save writes all that is committed. The same content makes the same bytes. What open transactions write is not in it, nor
// which keys discarded ones wrote.
func (s *Store) Save(w io.Writer) error {
	e := &encoder{w: bufio.NewWriterSize(w, 64<<10), sum: crc64.New(sumTable)}
	e.bytes([]byte(magic))
	e.uint(version)
	e.bool(s.began)
	e.int(s.since)
	e.int(s.last)
	e.uint(s.commits)
	e.uint(uint64(s.evicted))
	e.uint(uint64(s.dropped))
	e.callers(&s.callers)
	e.uint(uint64(len(s.collections)))
	for _, c := range s.collections {
		e.collection(c)
	}
	e.uint(uint64(s.order.len))
	for r := s.order.oldest; r != nil; r = r.within.newer {
		e.row(r, &s.collections[r.collection].coverage)
	}
	e.bytes(binary.BigEndian.AppendUint64(nil, e.sum.Sum64()))
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

type encoder struct {
	w    *bufio.Writer
	sum  hash.Hash64
	err  error
	room [binary.MaxVarintLen64]byte
}

func (e *encoder) bytes(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
		e.sum.Write(b)
	}
}

func (e *encoder) uint(n uint64) { e.bytes(binary.AppendUvarint(e.room[:0], n)) }
func (e *encoder) int(n int64)   { e.bytes(binary.AppendVarint(e.room[:0], n)) }

func (e *encoder) bool(is bool) {
	if is {
		e.uint(1)
		return
	}
	e.uint(0)
}

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.bytes([]byte(s))
}

func (e *encoder) callers(all *callers) {
	e.bool(all.lost)
	e.int(all.lostUpTo)
	e.uint(uint64(all.evicted))
	e.uint(uint64(all.order.len))
	for c := all.order.oldest; c != nil; c = c.within.newer {
		e.text(c.name)
		e.uint(c.commit)
		e.int(c.first)
		e.int(c.last)
		e.bool(c.partial)
	}
}

func (e *encoder) collection(c *collection) {
	e.text(c.name)
	e.bool(c.byCaller)
	e.bool(c.lost)
	e.uint(c.lostUpTo)
	e.int(c.lostAt)
	e.uint(uint64(len(c.names)))
	for _, name := range c.names {
		e.text(name)
	}
	e.bool(c.coverage.proved)
	e.bool(c.coverage.before)
	e.int(c.coverage.began)
	e.uint(uint64(c.coverage.hits))
	e.uint(uint64(c.coverage.keys))
	e.uint(uint64(len(c.coverage.callers)))
	for _, name := range c.coverage.callers {
		e.text(name)
	}
}

func (e *encoder) row(r *row, c *coverage) {
	e.uint(uint64(r.collection))
	e.text(r.key)
	e.int(r.born)
	e.uint(r.commit)
	e.uint(uint64(r.last) - uint64(r.born))
	e.bool(r.lossy)
	e.int(r.from - r.born)
	e.bool(r.forgot)
	e.bool(c.counted(r))
	e.uint(uint64(len(r.history)))
	for i := range r.history {
		h := &r.history[i]
		e.uint(uint64(h.field))
		e.uint(uint64(h.kind))
		e.bool(h.apart)
		e.bool(h.more)
		e.int(h.since - r.born)
		e.uint(uint64(h.seen) - uint64(h.since))
		e.text(h.text)
	}
	e.uint(uint64(len(r.shown)))
	for _, s := range r.shown {
		e.bytes(binary.BigEndian.AppendUint64(e.room[:0], s.caller))
		e.int(s.at - r.born)
	}
}
