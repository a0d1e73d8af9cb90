package reference

import "slices"

// Transaction is what one trace looks up and writes. It is to be ended by [Transaction.Commit] or [Transaction.Discard],
// and not to be used afterwards.
type Transaction struct {
	store   *Store
	number  uint64
	caller  *caller
	puts    []put
	entries []Entry // of puts
	rows    []*pending
	hits    []*row // that others had written
	missed  []Collection
	bytes   int64
}

// put is one write.
type put struct {
	row      *pending
	at       int64
	caller   *caller
	from, to int32 // in entries
	next     int32 // of the same row
}

const noPut = -1

// Bounds of one transaction.
const (
	maxPuts      = 1 << 14
	maxEntries   = 1 << 17
	putSize      = 48
	entrySize    = 32
	pendingSize  = 300
	pendingShare = 4       // of all memory, what open transactions may take: one of so many
	sparePuts    = 1 << 9  // a transaction of more is not used again
	spareEntries = 1 << 12 // nor is one of more of these
	spares       = 16      // of transactions
	spareRows    = 1 << 10
)

// Begin begins a transaction at the start of a trace, for whoever makes its calls: a session, else a user, "" for nobody.
func (s *Store) Begin(at int64, by string) *Transaction {
	s.heardAt(at)
	var t *Transaction
	if n := len(s.spare); n > 0 {
		t = s.spare[n-1]
		s.spare = s.spare[:n-1]
	} else {
		t = new(Transaction)
	}
	s.lookups++
	t.store, t.number, t.caller = s, s.lookups, s.hear(by, at)
	return t
}

// heardAt notes that something began at that time.
func (s *Store) heardAt(at int64) {
	switch {
	case !s.began:
		s.began, s.since, s.last = true, at, at
	case s.restored:
		s.resume(at)
	}
	s.last = max(s.last, at)
}

// Store returns the store that the transaction is of.
func (t *Transaction) Store() *Store { return t.store }

// Put writes fields of a row as of a time, in which the caller was shown the row; "" is nobody. It is visible at once
// within the transaction, and to others after [Transaction.Commit]. What is not among the fields stays as it is. Texts are
// not copied before that and must not change.
//
// A transaction writes at most 16 384 times, and all that are open have a quarter of the store's memory. What is beyond is
// dropped, as if it had been evicted.
func (t *Transaction) Put(c Collection, key string, at int64, fields []Entry, by string) {
	s := t.store
	if s == nil || int(c) >= len(s.collections) || key == "" {
		return
	}
	who := t.hear(by, at)
	key = short(key)
	size := int64(putSize + len(fields)*entrySize)
	for i := range fields {
		size += int64(min(len(fields[i].Value.Text), MaxText))
	}
	hash := s.hash(c, key)
	p := t.pending(hash, c, key)
	if p == nil {
		size += pendingSize + int64(len(key))
	}
	if len(t.puts) >= maxPuts || len(t.entries)+len(fields) > maxEntries || !s.reserve(size) {
		t.drop(s.find(hash, c, key), c, at, who)
		return
	}
	t.bytes += size
	if p == nil {
		p = t.open(hash, c, key, at)
	}
	t.add(p, put{row: p, at: at, caller: who, next: noPut}, fields)
}

// drop notes that a write was not taken, to a row that is there or not.
func (t *Transaction) drop(r *row, c Collection, at int64, who *caller) {
	t.store.dropped++
	t.store.changes++
	t.store.collections[c].lose(t.store.commits+1, at)
	if r != nil {
		r.lose(at)
	}
	if who != nil {
		who.partial = true
	}
}

// add adds a write to those of its row.
func (t *Transaction) add(p *pending, w put, fields []Entry) {
	at := int32(len(t.puts))
	w.from = int32(len(t.entries))
	declared := len(t.store.collections[p.collection].names)
	for _, e := range fields {
		if int(e.Field) >= declared || e.Value.Kind >= kinds {
			continue
		}
		if len(e.Value.Text) > MaxText || e.Value.Kind == Unclear {
			e.Value = Value{Kind: Unclear}
		}
		t.entries = append(t.entries, e)
	}
	w.to = int32(len(t.entries))
	t.puts = append(t.puts, w)
	if p.from == noPut {
		p.from = at
	} else {
		t.puts[p.to].next = at
	}
	p.to = at
	p.first = min(p.first, w.at)
	if p.seen == t.store.changes+1 {
		p.view.write(&w, t.entriesOf(&w), t.store.settings.MaxShown)
	}
}

func (t *Transaction) entriesOf(w *put) []Entry { return t.entries[w.from:w.to] }

// Commit makes what was written visible to others, and counts what was looked up: see [Transaction.Row].
func (t *Transaction) Commit() {
	s := t.store
	if s == nil {
		return
	}
	t.unlink()
	for _, c := range t.missed {
		s.collections[c].coverage.missed()
	}
	for _, r := range t.hits {
		if c := s.collections[r.collection]; !c.lost && !c.byCaller && !slices.Contains(t.missed, r.collection) {
			c.coverage.found(&s.proof, r, t.caller, s.last, c.rows)
		}
	}
	s.commits++
	s.changes++
	for i := range t.puts {
		w := &t.puts[i]
		s.write(w.row, w, t.entriesOf(w))
	}
	t.end()
}

// Discard forgets what was written and looked up. Of those who were shown something in it, not all is known from then on;
// nor are the rows surely missing that it wrote.
func (t *Transaction) Discard() {
	s := t.store
	if s == nil {
		return
	}
	t.unlink()
	if t.caller != nil {
		t.caller.partial = true
	}
	for i := range t.puts {
		if who := t.puts[i].caller; who != nil {
			who.partial = true
		}
	}
	for _, p := range t.rows {
		if s.find(p.hash, p.collection, p.key) == nil {
			s.doubtful.Add(p.hash)
		}
	}
	t.end()
}

// end keeps the transaction for another one.
func (t *Transaction) end() {
	s := t.store
	for _, p := range t.rows {
		s.keepPending(p)
	}
	if cap(t.puts) > sparePuts || cap(t.hits) > sparePuts || cap(t.entries) > spareEntries || len(s.spare) >= spares {
		*t = Transaction{}
		return
	}
	clear(t.puts)
	clear(t.entries)
	clear(t.rows)
	clear(t.hits)
	*t = Transaction{puts: t.puts[:0], entries: t.entries[:0], rows: t.rows[:0], hits: t.hits[:0], missed: t.missed[:0]}
	s.spare = append(s.spare, t)
}
