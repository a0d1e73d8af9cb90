package reference

import "slices"

// Answer is what a lookup says.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota // nobody can tell
	Known                 // it is there
	Missing               // it is surely not there
)

func (a Answer) String() string {
	switch a {
	case Unknown:
		return "unknown"
	case Known:
		return "known"
	case Missing:
		return "missing"
	}
	return "none"
}

// Row returns what is known of an entity as of a time, with what the transaction itself has written. A row that is not
// found is [Missing] in one of two cases, and [Unknown] else:
//   - The collection is covered: in committed transactions 300 lookups in a row over a day, of at least 100 rows (or all) by at least 20
//     callers, found what others had written before; a transaction counts once for each row. A miss takes the proof back
//     once it is committed; so does a time without calls that is longer than [Settings].CompleteAfter, after [Load].
//     A collection that has lost something, for want of room, is never covered.
//   - It is a collection of callers, and the caller that is the key has come first so long after the store began that all
//     that it did was seen.
//
// It is Unknown in any case if an open transaction of somebody else writes the row, if one that was discarded lately wrote
// it, or if it was written only after that time.
func (t *Transaction) Row(c Collection, key string, at int64) (Row, Answer) {
	s := t.store
	if s == nil || int(c) >= len(s.collections) || key == "" {
		return Row{}, Unknown
	}
	key = short(key)
	hash := s.hash(c, key)
	others := s.pending[hash]
	if others != nil {
		if own := t.pending(hash, c, key); own != nil {
			r := own.look(s.settings.MaxShown)
			return t.row(r, others, at)
		}
	}
	if r := s.find(hash, c, key); r != nil {
		if r.born <= at {
			t.hit(r)
		}
		return t.row(r, others, at)
	}
	if written(others, c, key) || s.doubtful.Has(hash) {
		return Row{}, Unknown
	}
	return Row{}, t.miss(c, key)
}

// Peek is [Transaction.Row] for somebody who looks around: it proves nothing and disproves nothing, and finds only what is
// there, committed or written by the transaction.
func (t *Transaction) Peek(c Collection, key string, at int64) (Row, bool) {
	s := t.store
	if s == nil || int(c) >= len(s.collections) || key == "" {
		return Row{}, false
	}
	key = short(key)
	hash := s.hash(c, key)
	others := s.pending[hash]
	r := s.find(hash, c, key)
	if others != nil {
		if own := t.pending(hash, c, key); own != nil {
			r = own.look(s.settings.MaxShown)
		}
	}
	if r == nil {
		return Row{}, false
	}
	found, answer := t.row(r, others, at)
	return found, answer == Known
}

func (t *Transaction) row(r *row, others *pending, at int64) (Row, Answer) {
	if r.born > at {
		return Row{}, Unknown // clocks differ: it may have been there
	}
	return Row{row: r, others: others, of: t, at: at}, Known
}

// written is true if some transaction writes that row.
func written(p *pending, c Collection, key string) bool {
	for p != nil && !p.writes(c, key) {
		p = p.next
	}
	return p != nil
}

// hit notes a row that others have written.
func (t *Transaction) hit(r *row) {
	t.store.collections[r.collection].hits++
	if r.lookup != t.number && len(t.hits) < maxPuts {
		r.lookup = t.number
		t.hits = append(t.hits, r)
	}
}

func (t *Transaction) miss(c Collection, key string) Answer {
	s := t.store
	of := s.collections[c]
	of.misses++
	if of.byCaller {
		if s.complete(key, of) {
			return Missing
		}
		return Unknown
	}
	if !slices.Contains(t.missed, c) {
		t.missed = append(t.missed, c)
	}
	if of.coverage.proved && !s.settings.NoCoverage {
		return Missing
	}
	return Unknown
}

// Shown tells whether a caller was shown a row by that time. [Known] is that it was; [Missing] that it surely was not: the
// row is known and has never forgotten whom it was shown to, and all that the caller did was seen, since it has come first
// so long after the store began. It is [Unknown] else, as it is for a row that was shown to the caller only later, or in
// a transaction that is still open.
func (t *Transaction) Shown(c Collection, key, to string, at int64) Answer {
	s := t.store
	if s == nil || int(c) >= len(s.collections) || key == "" || to == "" {
		return Unknown
	}
	key = short(key)
	hash := s.hash(c, key)
	pending := s.pending[hash]
	var r *row
	if own := t.pending(hash, c, key); own != nil {
		r = own.look(s.settings.MaxShown)
	} else {
		r = s.find(hash, c, key)
	}
	who := s.callers.byName[short(to)]
	if r == nil || r.born > at || who == nil {
		return Unknown
	}
	if since, ok := r.shownTo(who.number); ok {
		if since > at {
			return Unknown
		}
		return Known
	}
	if r.forgot || showsTo(pending, t, c, key, who) || !s.complete(to, s.collections[c]) {
		return Unknown
	}
	return Missing
}

// showsTo is true if another transaction shows that row to the caller.
func showsTo(p *pending, own *Transaction, c Collection, key string, who *caller) bool {
	for ; p != nil; p = p.next {
		if p.of == own || !p.writes(c, key) {
			continue
		}
		looked := 0
		for i := p.from; i != noPut; i = p.of.puts[i].next {
			if looked++; looked > mostContested || p.of.puts[i].caller == who {
				return true
			}
		}
	}
	return false
}
