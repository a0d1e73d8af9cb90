package reference

// pending is what a transaction is about to write to a row.
type pending struct {
	of         *Transaction
	hash       uint64
	key        string
	prev, next *pending // with the same hash, of any transaction
	from, to   int32    // the first and the last of puts
	first      int64    // the earliest time of those
	collection Collection
	seen       uint64 // 1 + the store's changes when view was what the transaction sees of the row
	view       row
}

func (p *pending) writes(c Collection, key string) bool { return p.collection == c && p.key == key }

// pending returns what the transaction writes to a row, nil if it does not.
func (t *Transaction) pending(hash uint64, c Collection, key string) *pending {
	p := t.store.pending[hash]
	for p != nil && (p.of != t || !p.writes(c, key)) {
		p = p.next
	}
	return p
}

func (t *Transaction) open(hash uint64, c Collection, key string, at int64) *pending {
	s := t.store
	var p *pending
	if n := len(s.spareRows); n > 0 {
		p = s.spareRows[n-1]
		s.spareRows = s.spareRows[:n-1]
	} else {
		p = new(pending)
	}
	p.of, p.hash, p.collection, p.key = t, hash, c, key
	p.from, p.to, p.first = noPut, noPut, at
	p.next = s.pending[hash]
	if p.next != nil {
		p.next.prev = p
	}
	s.pending[hash] = p
	t.rows = append(t.rows, p)
	return p
}

// reserve takes memory for what is pending, if there is any left.
func (s *Store) reserve(size int64) bool {
	if s.waiting+size > s.settings.MaxBytes/pendingShare {
		return false
	}
	s.waiting += size
	s.bytes += size
	s.makeRoom()
	return true
}

// unlink lets go of what is pending, which others do not see any more.
func (t *Transaction) unlink() {
	s := t.store
	s.waiting -= t.bytes
	s.bytes -= t.bytes
	for _, p := range t.rows {
		if p.next != nil {
			p.next.prev = p.prev
		}
		switch {
		case p.prev != nil:
			p.prev.next = p.next
		case p.next != nil:
			s.pending[p.hash] = p.next
		default:
			delete(s.pending, p.hash)
		}
	}
}

// keepPending keeps the record for another row.
func (s *Store) keepPending(p *pending) {
	if len(s.spareRows) >= spareRows || cap(p.view.history) > MaxFields {
		return
	}
	clear(p.view.history)
	*p = pending{view: row{history: p.view.history[:0], shown: p.view.shown[:0]}}
	s.spareRows = append(s.spareRows, p)
}

// look returns the row as its transaction sees it, nil if it does not exist for it at that time.
func (p *pending) look(maxShown int) *row {
	t := p.of
	if p.seen == t.store.changes+1 {
		return &p.view
	}
	p.seen = t.store.changes + 1
	if committed := t.store.find(p.hash, p.collection, p.key); committed != nil {
		p.view.become(committed)
	} else {
		p.view = row{hash: p.hash, collection: p.collection, key: p.key, history: p.view.history[:0], shown: p.view.shown[:0]}
		t.store.collections[p.collection].begin(&p.view, p.first)
	}
	for i := p.from; i != noPut; i = t.puts[i].next {
		w := &t.puts[i]
		p.view.write(w, t.entriesOf(w), maxShown)
	}
	return &p.view
}
