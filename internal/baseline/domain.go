package baseline

import (
	"math/bits"
	"slices"
	"strings"
)

// A column's values are often drawn from a set that other columns show more of: the stations of one request are those of
// all answers with stations. What a column has not had yet, and others have, is nothing new.

// mostNamed bounds the columns of one name that are looked at.
const (
	mostNamed  = 64
	mostHaving = 500 // columns that have one value
)

// leastShared is how many values of a column another one must have to be of the same set, as a part of its own.
const leastShared = 0.5

// domains finds for a column what other columns have of its set.
type domains struct {
	having map[uint64][]*Place // columns by what they have
	named  map[string][]*Place // columns of whole numbers by the name of their place, the first ones
	zeroes map[string]bool     // names of those of which some are not above zero
}

func newDomains(apis []*API) *domains {
	d := &domains{having: make(map[uint64][]*Place), named: make(map[string][]*Place), zeroes: make(map[string]bool)}
	for _, a := range apis {
		for _, p := range a.Places {
			if p.Group >= 0 {
				continue
			}
			v := &p.Column.Values
			for i := range v.List {
				if telling(&v.List[i]) {
					if h := v.List[i].Hash; len(d.having[h]) < mostHaving {
						d.having[h] = append(d.having[h], p)
					}
				}
			}
			if name := leaf(p); name != "" && p.Column.holds(integer) {
				if p.Column.Positive.Broke.Calls > 0 {
					d.zeroes[name] = true
				}
				if len(d.named[name]) < mostNamed {
					d.named[name] = append(d.named[name], p)
				}
			}
		}
	}
	return d
}

// telling is true for a value that columns do not share by chance, as they share small numbers.
func telling(v *Value) bool {
	return v.Kind == text && len(v.Text) > 1 || v.Kind == decimal && strings.Contains(v.Text, ".")
}

// leaf is the name at the end of a path, in small letters.
func leaf(p *Place) string {
	for p.Item {
		p = p.parent
	}
	return strings.ToLower(p.Name)
}

// of returns the values of a column with those of all columns that are of the same set. LastChange is the share of its
// sessions before a value that was new everywhere.
func (d *domains) of(p *Place) (all Values, lastChange float64) {
	v := &p.Column.Values
	all = *v
	all.List = slices.Clone(v.List)
	place := make(map[uint64]int, len(v.List))
	first := make(map[uint64]int64, len(v.List))
	for i := range all.List {
		place[all.List[i].Hash] = i
		first[all.List[i].Hash] = all.List[i].First.Start
	}
	for _, q := range d.related(p) {
		w := &q.Column.Values
		all.More = all.More || w.More
		for i := range w.List {
			x := &w.List[i]
			j, ok := place[x.Hash]
			if !ok {
				place[x.Hash] = len(all.List)
				all.List = append(all.List, *x)
				continue
			}
			y := &all.List[j]
			y.Seen.Calls += x.Seen.Calls
			y.Seen.Sessions = max(y.Seen.Sessions, x.Seen.Sessions) // one session shows it in many places
			y.Users |= x.Users
			first[x.Hash] = min(first[x.Hash], x.First.Start)
		}
	}
	for i := range v.List {
		if x := &v.List[i]; first[x.Hash] == x.First.Start {
			lastChange = max(lastChange, float64(x.At-1)/float64(max(1, v.Seen.Sessions)))
		}
	}
	return all, lastChange
}

// zero is true if a column of numbers with such a name, of whatever API, has some that are not above zero.
func (d *domains) zero(p *Place) bool {
	name := leaf(p)
	for other := range d.zeroes {
		if name != "" && strings.HasSuffix(other, name) {
			return true
		}
	}
	return false
}

// related are the other columns of the same set.
func (d *domains) related(p *Place) []*Place {
	v := &p.Column.Values
	shared := make(map[*Place]int)
	var order []*Place
	count := func(q *Place) {
		if q == p {
			return
		}
		if shared[q] == 0 {
			order = append(order, q)
		}
		shared[q]++
	}
	tell := 0
	for i := range v.List {
		if telling(&v.List[i]) {
			tell++
			for _, q := range d.having[v.List[i].Hash] {
				count(q)
			}
		}
	}
	var out []*Place
	for _, q := range order {
		if n := shared[q]; n >= min(2, tell) && float64(n) >= leastShared*float64(tell) {
			out = append(out, q)
		}
	}
	if leaf(p) != "" && p.Column.holds(integer) {
		for _, q := range d.named[leaf(p)] {
			if q != p && !slices.Contains(out, q) {
				out = append(out, q)
			}
		}
	}
	return out
}

// ofOneUser is how many values were seen with one user only; false if users are not known.
func (v *Values) ofOneUser() (n int, known bool) {
	var users uint64
	for i := range v.List {
		users |= v.List[i].Users
		if bits.OnesCount64(v.List[i].Users) == 1 {
			n++
		}
	}
	return n, users != 0
}
