package baseline

import (
	"slices"
	"strings"
)

// numbers and truths make the hashes of values of other kinds than text others.
const (
	numbers = 0x9e3779b97f4a7c15
	truths  = 0xc2b2ae3d27d4eb4f
)

// Bounds of the values that are kept of one column.
const (
	mostValues   = 64
	longestValue = 64 // bytes, of a value of a request
)

// Value is a value with what was seen of it.
type Value struct {
	Hash  uint64
	Kind  kind
	Text  string
	Seen  Support
	First Ref
	At    int    // sessions that had been seen with it
	Users uint64 // a bit per user, by hash
}

// Values are the values of a column, all of them while they are few.
type Values struct {
	List []Value // in the order in which they were seen first
	// Longest is the longest value that is kept, in bytes, where that is more than usual.
	Longest int
	// More is true once there were more than are kept, or longer ones: then nothing is known of how many there are.
	More bool
	// Newest is how many sessions had been seen when the last value was new.
	Newest int
	Seen   Support
	// Bits tells how many values there are, about, also when there are more than are kept.
	Bits [8]uint64
}

func (v *Values) observe(s *scalar, m *moment) {
	v.Seen.add(m)
	hash := s.hash
	switch { // 1 and "1" are two values
	case s.kind.number():
		hash ^= numbers
	case s.kind == boolean:
		hash ^= truths
	}
	v.Bits[hash>>6%8] |= 1 << (hash % 64)
	for i := range v.List {
		if v.List[i].Hash == hash {
			v.List[i].Seen.add(m)
			v.List[i].Users |= m.user
			return
		}
	}
	if len(v.List) == mostValues || len(s.text) > max(v.Longest, longestValue) {
		v.More = true
		return
	}
	value := Value{Hash: hash, Kind: s.kind, Text: strings.Clone(s.text), First: m.ref, At: v.Seen.Sessions, Users: m.user}
	value.Seen.add(m)
	v.List = append(v.List, value)
	v.Newest = v.Seen.Sessions
}

// rare is how many values were seen in one session only (Good and Turing's N1).
func (v *Values) rare() (n int) {
	for i := range v.List {
		if rare(&v.List[i].Seen, v.Seen.Calls) {
			n++
		}
	}
	return n
}

// rare is true for what was seen in one session only, or in a few of very many.
func rare(s *Support, of int) bool {
	return s.Sessions == 1 || s.Sessions <= fewBreaks && s.Calls*rareShare <= of
}

const rareShare = 200

// share is the part of all sightings that the i-th value has.
func (v *Values) share(i int) float64 {
	return float64(v.List[i].Seen.Calls) / float64(max(1, v.Seen.Calls))
}

// agreement is the probability that values of both columns, each drawn on its own, are the same.
func (v *Values) agreement(w *Values) (p float64) {
	for i := range v.List {
		j := slices.IndexFunc(w.List, func(x Value) bool { return x.Hash == v.List[i].Hash })
		if j >= 0 {
			p += v.share(i) * w.share(j)
		}
	}
	return min(p, 1)
}

// distinct estimates the number of values by linear counting; at least as many as are kept.
func (v *Values) distinct() int {
	return max(len(v.List), countBits(&v.Bits))
}
