package reference

// Stats tell what is kept now, and what did not go as it should so far.
type Stats struct {
	Rows, Callers  int   // now
	Bytes          int64 // now, of rows, callers, and what open transactions write
	Evicted        int64 // rows, since the store began
	EvictedCallers int64
	Dropped        int64 // writes that there was no room for
	Collections    []CollectionStats
}

// CollectionStats are those of one collection.
type CollectionStats struct {
	Name         string
	Rows         int
	Hits, Misses int64 // of lookups that others' rows could answer, since the store was made or loaded
	Covered      bool  // a miss counts
	Lossy        bool  // something of it was lost, so that it is never covered
}

// Stats of now; the collections in the order in which they were declared.
func (s *Store) Stats() Stats {
	all := Stats{
		Rows: s.order.len, Callers: s.callers.order.len, Bytes: s.bytes,
		Evicted: s.evicted, EvictedCallers: s.callers.evicted, Dropped: s.dropped,
	}
	for _, c := range s.collections {
		all.Collections = append(all.Collections, CollectionStats{
			Name: c.name, Rows: c.rows, Hits: c.hits, Misses: c.misses, Covered: c.coverage.proved && !s.settings.NoCoverage, Lossy: c.lost,
		})
	}
	return all
}
