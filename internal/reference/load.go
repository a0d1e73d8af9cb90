package reference

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"math"
)

// Load returns the store that was saved, under these settings: what has no room any more is evicted. A snapshot that is
// damaged, or of another version, is refused with an error that says so; whatever it holds, no more memory is taken than
// the settings allow.
//
// What happens before the next transaction begins, the store does not see. From that on callers may be complete again,
// those who come first long enough after it; see [Transaction.Row] for what is covered.
func Load(r io.Reader, settings Settings) (*Store, error) {
	s, err := New(settings)
	if err != nil {
		return nil, err
	}
	d := &decoder{r: bufio.NewReaderSize(r, 64<<10), sum: crc64.New(sumTable)}
	d.header()
	d.store(s)
	d.end()
	if d.err != nil {
		return nil, d.err
	}
	return s, nil
}

var (
	errDamaged = errors.New("the snapshot is damaged")
	errFormat  = errors.New("this is not a snapshot of a reference store")
)

type decoder struct {
	r    *bufio.Reader
	sum  hash.Hash64
	err  error
	room []byte
}

func (d *decoder) damaged(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
	}
}

// bytes are the next n, valid until the next call; nil after an error.
func (d *decoder) bytes(n int) []byte {
	if d.err != nil {
		return nil
	}
	if cap(d.room) < n {
		d.room = make([]byte, n)
	}
	b := d.room[:n]
	if _, err := io.ReadFull(d.r, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			d.damaged("it ends too soon")
		} else {
			d.err = err
		}
		return nil
	}
	d.sum.Write(b)
	return b
}

// ReadByte makes it an [io.ByteReader].
func (d *decoder) ReadByte() (byte, error) {
	b := d.bytes(1)
	if b == nil {
		return 0, d.err
	}
	return b[0], nil
}

// uint is at most that.
func (d *decoder) uint(most uint64) uint64 {
	if d.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(d)
	if err != nil {
		d.damaged("%v", err)
		return 0
	}
	if n > most {
		d.damaged("%d is more than %d", n, most)
		return 0
	}
	return n
}

func (d *decoder) count(most int) int { return int(d.uint(uint64(most))) }

func (d *decoder) int() int64 {
	if d.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(d)
	if err != nil {
		d.damaged("%v", err)
	}
	return n
}

func (d *decoder) bool() bool { return d.uint(1) == 1 }

func (d *decoder) text(most int) string { return string(d.bytes(d.count(most))) }

// name is a text that is not empty.
func (d *decoder) name(most int) string {
	s := d.text(most)
	if s == "" {
		d.damaged("a name is empty")
	}
	return s
}

func (d *decoder) header() {
	if b := d.bytes(len(magic)); string(b) != magic && (d.err == nil || errors.Is(d.err, errDamaged)) {
		d.err = errFormat
		return
	}
	if v := d.uint(math.MaxUint64); d.err == nil && v != version {
		d.err = fmt.Errorf("the snapshot is of version %d, and %d is the one that can be read", v, version)
	}
}

func (d *decoder) end() {
	sum := d.sum.Sum64()
	if b := d.bytes(sumSize); b != nil && binary.BigEndian.Uint64(b) != sum {
		d.damaged("its checksum is wrong")
	}
	if d.err != nil {
		return
	}
	if _, err := d.r.ReadByte(); err == nil {
		d.damaged("something follows it")
	}
}

const mostCount = math.MaxInt64

func (d *decoder) store(s *Store) {
	s.began = d.bool()
	s.restored = s.began
	s.since, s.last = d.int(), d.int()
	s.commits = d.uint(mostCount)
	s.evicted, s.dropped = int64(d.uint(mostCount)), int64(d.uint(mostCount))
	d.callers(s)
	for range d.count(maxCollections) {
		if d.err != nil {
			return
		}
		d.collection(s)
	}
	for range d.count(mostRows) {
		if d.err != nil {
			return
		}
		d.row(s)
	}
}

func (d *decoder) callers(s *Store) {
	all := &s.callers
	all.lost, all.lostUpTo = d.bool(), d.int()
	all.evicted = int64(d.uint(mostCount))
	for range d.count(mostRows) {
		c := newCaller(d.name(MaxText), 0)
		c.commit, c.first, c.last, c.partial = d.uint(s.commits+1), d.int(), d.int(), d.bool()
		if all.byName[c.name] != nil {
			d.damaged("a caller is there twice")
		}
		if d.err != nil {
			return
		}
		s.addCaller(c)
	}
}

func (d *decoder) collection(s *Store) {
	name, byCaller := d.text(maxName), d.bool()
	if _, known := s.names[name]; known {
		d.damaged("a collection is there twice")
	}
	if d.err != nil {
		return
	}
	number := s.declare(name, byCaller)
	c := s.collections[number]
	c.lost, c.lostUpTo, c.lostAt = d.bool(), d.uint(s.commits+1), d.int()
	for range d.count(MaxFields) {
		s.Field(number, d.text(maxName))
	}
	c.coverage = coverage{proved: d.bool(), before: d.bool(), began: d.int(), round: 1, hits: d.count(provenHits), keys: d.count(provenHits)}
	for range d.count(provenCallers) {
		c.coverage.callers = append(c.coverage.callers, d.name(MaxText))
	}
}

func (d *decoder) row(s *Store) {
	r := &row{collection: Collection(d.uint(uint64(None))), key: d.name(MaxText), born: d.int(), commit: d.uint(s.commits)}
	r.last = int64(uint64(r.born) + d.uint(math.MaxUint64))
	r.lossy, r.from, r.forgot = d.bool(), r.born+d.int(), d.bool()
	if int(r.collection) >= len(s.collections) {
		d.damaged("a row is of no collection")
	}
	if d.err != nil {
		return
	}
	c := s.collections[r.collection]
	if d.bool() {
		r.round = c.coverage.round
	}
	r.history = d.history(r.born, len(c.names))
	r.shown = d.shown(r.born)
	if surplus := len(r.shown) - s.settings.MaxShown; surplus > 0 {
		r.shown, r.forgot = r.shown[surplus:], true
	}
	r.hash = s.hash(r.collection, r.key)
	if s.find(r.hash, r.collection, r.key) != nil {
		d.damaged("a row is there twice")
	}
	if d.err != nil {
		return
	}
	r.next = s.rows[r.hash]
	s.add(r)
	s.account(r)
}

func (d *decoder) history(born int64, fields int) (h history) {
	for range d.count(MaxFields * runsPerField) {
		r := run{field: Field(d.uint(MaxFields)), kind: Kind(d.uint(uint64(kinds - 1))), apart: d.bool(), more: d.bool()}
		r.since = born + d.int()
		r.seen = int64(uint64(r.since) + d.uint(math.MaxUint64))
		r.text = d.text(MaxText)
		if int(r.field) >= fields || r.seen < r.since || !h.takes(&r) {
			d.damaged("a value is out of place")
		}
		if d.err != nil {
			return nil
		}
		h = append(h, r)
	}
	return h
}

// takes is true if that may be the next run.
func (h history) takes(r *run) bool {
	n := len(h)
	switch {
	case n == 0 || h[n-1].field < r.field:
		return !r.more
	case h[n-1].field > r.field || h[n-1].since <= r.seen:
		return false
	}
	return n < runsPerField || h[n-runsPerField].field != r.field
}

func (d *decoder) shown(born int64) (all []showing) {
	for range d.count(mostShown) {
		b := d.bytes(8)
		if b == nil {
			return nil
		}
		all = append(all, showing{caller: binary.BigEndian.Uint64(b), at: born + d.int()})
	}
	return all
}
