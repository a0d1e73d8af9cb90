package grow

import "math"

// split is a node's best cut so far.
type split struct {
	cut
	feature     int32
	missingLeft bool
	sawMissing  bool // the node has rows without the feature
	rough       bool // the gap is one of bins that hold several values

	ranks [2]uint32 // ranks of the values on both sides; missingRank for missing ones
}

// cellCost is how many rows of a class in a bin are added up while one row is sorted.
const cellCost = 8

// fewBins between the least and the greatest value say too little.
const fewBins = 32

// search finds the best split of a node. It keeps its buffers.
type search struct {
	matrix *matrix
	node   node
	best   split

	keys    []uint64
	spare   []uint64
	groups  groups
	sweeper sweeper
	none    side // has no rows
	missing side // rows without the feature
	below   side // rows that go left of the two bins of a rough split
	above   side
	near    []int32 // rows in them
}

// start begins with no split.
func (s *search) start() { s.best = split{cut: cut{impurity: math.Inf(1)}} }

// found says whether there is a split.
func (s *search) found() bool { return !math.IsInf(s.best.impurity, 1) }

// try looks at the splits by a feature. It returns false if the feature is constant.
func (s *search) try(feature int32, rows []sample) bool {
	c := &s.matrix.columns[feature]
	// Sorting is exact, and as fast where there are few rows for bins and classes.
	binned := len(rows) >= c.count && cellCost*len(rows) >= c.count*s.node.places
	var right cut // missing rows go right
	if binned {
		s.groups.fromBins(rows, c, &s.node, &s.missing)
		right = s.sweeper.sweep(&s.node, &s.groups, &s.none, &s.missing)
		binned = c.exact() || right.span >= fewBins
	}
	if !binned {
		s.sort(feature, rows)
		right = s.sweeper.sweep(&s.node, &s.groups, &s.none, &s.missing)
	}
	s.propose(feature, right, false, binned)
	if s.missing.rows == 0 {
		return right.span > 1
	}
	if right.span > 1 {
		s.propose(feature, s.sweeper.sweep(&s.node, &s.groups, &s.missing, &s.none), true, binned)
	}
	s.propose(feature, s.sweeper.aside(&s.node, &s.missing), false, binned)
	return right.span > 0
}

// propose takes a cut if it is better than the best so far.
func (s *search) propose(feature int32, c cut, missingLeft, binned bool) {
	if c.impurity >= s.best.impurity {
		return
	}
	s.best = split{cut: c, feature: feature, missingLeft: missingLeft, sawMissing: s.missing.rows > 0}
	switch {
	case c.upper == noUpper:
		s.best.ranks = [2]uint32{missingRank - 1, missingRank}
	case !binned:
		s.best.ranks = [2]uint32{s.groups.ranks[c.lower], s.groups.ranks[c.upper]}
	case s.matrix.columns[feature].exact():
		s.best.ranks = [2]uint32{uint32(c.lower), uint32(c.upper)}
	default:
		s.best.rough = true
		s.below.clear(s.node.places)
		if missingLeft {
			s.below = s.missing
		}
		s.groups.before(c.lower, &s.node, &s.below)
	}
}

// sort groups rows by their values, and sets aside those without.
func (s *search) sort(feature int32, rows []sample) {
	s.missing.clear(s.node.places)
	s.keys = resize(s.keys, len(rows))
	keys := s.keys
	ranks, stride := s.matrix.ranks[feature:], len(s.matrix.columns)
	if s.matrix.columns[feature].missing {
		n := 0
		for _, r := range rows {
			rank := ranks[int(r.row)*stride]
			if rank == missingRank {
				s.missing.add(r.tag, &s.node)
				continue
			}
			keys[n] = uint64(rank)<<32 | uint64(r.tag)
			n++
		}
		keys = keys[:n]
	} else {
		for i, r := range rows {
			keys[i] = uint64(ranks[int(r.row)*stride])<<32 | uint64(r.tag)
		}
	}
	s.groupKeys(keys)
}

func (s *search) groupKeys(keys []uint64) {
	s.spare = resize(s.spare, len(keys))
	s.groups.fromKeys(sortKeys(keys, s.spare), &s.node)
}

// refine finds the best threshold within the two bins of a rough split.
func (s *search) refine(rows []sample) {
	if !s.best.rough {
		return
	}
	bins := s.matrix.columns[s.best.feature].bins
	lower, upper := uint8(s.best.lower), uint8(s.best.upper)
	s.near = resize(s.near, len(rows))
	near := 0
	for i, r := range rows {
		s.near[near] = int32(i)
		if bin := bins[r.row]; bin == lower || bin == upper {
			near++
		}
	}
	ranks, stride := s.matrix.ranks[s.best.feature:], len(s.matrix.columns)
	s.keys = resize(s.keys, near)
	s.above = s.below
	for k, i := range s.near[:near] {
		r := rows[i]
		s.keys[k] = uint64(ranks[int(r.row)*stride])<<32 | uint64(r.tag)
		s.above.add(r.tag, &s.node)
	}
	s.above.complement(&s.node)
	s.groupKeys(s.keys)
	fine := s.sweeper.sweep(&s.node, &s.groups, &s.below, &s.above)
	s.best.ranks = [2]uint32{s.groups.ranks[fine.lower], s.groups.ranks[fine.upper]}
}

// divide copies rows to dst, those that go left at the best split from the front, the
// others from the back, and returns how many go left. It has no branch to mispredict.
func (s *search) divide(dst, rows []sample) int {
	ranks, stride := s.matrix.ranks[s.best.feature:], len(s.matrix.columns)
	greatest, shift := s.best.ranks[0], uint32(0)
	if s.best.missingLeft {
		shift = 1 // the missing rank becomes 0
	}
	left, right := 0, len(rows)-1
	for _, r := range rows {
		dst[left], dst[right] = r, r
		under := 0
		if ranks[int(r.row)*stride]+shift <= greatest+shift {
			under = 1
		}
		left += under
		right -= 1 - under
	}
	return left
}
