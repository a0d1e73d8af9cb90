package reference

import (
	"slices"
	"time"
)

// proof is what proves that a collection has the rows that are asked for.
type proof struct {
	hits    int // in a row
	keys    int // different ones, or all rows of the collection
	callers int
	time    time.Duration // from the first hit to the last
}

// firstProof takes a day, since there are things that nobody asks for within an hour. againProof is for a collection that was covered
// before a time in which nothing was seen.
var (
	firstProof = proof{hits: 300, keys: 100, callers: 20, time: 24 * time.Hour}
	againProof = proof{hits: 100, keys: 10, callers: 3}
)

const (
	provenHits    = 300 // the most that is counted
	provenCallers = 20
)

// coverage is how far the proof is.
type coverage struct {
	proved  bool
	before  bool   // it was proved before nothing was seen for a while
	began   int64  // time of the first hit
	round   uint32 // a miss begins another one
	hits    int
	keys    int      // different ones
	callers []string // that looked up, until there are enough
}

// found counts a row that was looked up at a time, in a collection of so many rows.
func (c *coverage) found(usual *proof, r *row, by *caller, at int64, rows int) {
	if c.proved {
		return
	}
	if c.hits == 0 {
		c.began = at
	}
	c.hits = min(c.hits+1, provenHits)
	if c.round == 0 {
		c.round = 1
	}
	if r.round != c.round {
		r.round = c.round
		c.keys = min(c.keys+1, provenHits)
	}
	if by != nil && len(c.callers) < provenCallers && !slices.Contains(c.callers, by.name) {
		c.callers = append(c.callers, by.name)
	}
	p := usual
	if c.before {
		p = &againProof
	}
	if c.enough(p, at, rows) {
		*c = coverage{proved: true, round: c.round}
	}
}

// enough is true if a collection of so many rows is covered.
func (c *coverage) enough(p *proof, at int64, rows int) bool {
	return c.hits >= p.hits && c.keys >= min(p.keys, rows) && len(c.callers) >= p.callers && at-c.began >= int64(p.time)
}

// missed takes the proof back.
func (c *coverage) missed() {
	*c = coverage{round: c.round + 1, before: c.before}
}

// resume is what the first transaction does after [Load]. What was not seen in between was not written, so that nothing is
// known to be complete of those who came before; and collections are covered only if the time was short, to either side.
func (s *Store) resume(at int64) {
	s.restored = false
	if s.afterwards(at, s.last) || s.afterwards(s.last, at) {
		s.uncover()
	}
	s.since = at
}

// counted is true if the row counts among the keys of a proof that is not complete.
func (c *coverage) counted(r *row) bool { return !c.proved && c.keys > 0 && r.round == c.round }
