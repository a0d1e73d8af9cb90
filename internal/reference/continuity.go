package reference

// Last is the start of the latest transaction; ok is false for a store in which nothing has begun.
func (s *Store) Last() (at int64, ok bool) { return s.last, s.began }

// Gap notes that calls up to that time may not have been seen: of callers who came before, nothing is known to be complete
// any more, and collections are covered once that is proved again. Rows stay as they are.
func (s *Store) Gap(at int64) {
	s.since = max(s.since, at)
	s.uncover()
}

// uncover takes the proofs back. They are easier to find again than the first time.
func (s *Store) uncover() {
	for _, c := range s.collections {
		c.coverage = coverage{round: c.coverage.round + 1, before: c.coverage.proved || c.coverage.before}
	}
}

// doubt makes a field unknown that rows may have had all along.
func (s *Store) doubt(c Collection, f Field) {
	for r := s.order.oldest; r != nil; r = r.within.newer {
		if r.collection == c {
			r.history = r.history.write(f, Value{Kind: Unclear}, r.born)
			size := r.size()
			s.bytes += size - r.bytes
			r.bytes = size
		}
	}
	s.changes++
	s.makeRoom()
}
