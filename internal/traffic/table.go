package traffic

import "math/bits"

// table finds values by the hash of a name: linear probing, at most half full,
// so that a look-up reads one cache line. Names are neither kept nor compared:
// nobody outside knows the hashes' seed, and among 100 000 names the chance that
// any two share one of the 2^64 hashes is below 1e-9.
type table[V any] struct {
	places []place[V] // a power of two of them, at most half in use
	used   int
}

type place[V any] struct {
	hash  uint64 // 0 marks a free place
	value V
}

// fewestPlaces a table has once it has any.
const fewestPlaces = 16

// home is where the search for a hash begins.
func (t *table[V]) home(hash uint64) int {
	return int(hash >> (bits.LeadingZeros64(uint64(len(t.places))) + 1))
}

// after is the place where the search goes on.
func (t *table[V]) after(i int) int { return (i + 1) & (len(t.places) - 1) }

// find returns the value, nil if there is none. It stays where it is until the
// next insert or remove.
func (t *table[V]) find(hash uint64) *V {
	if t.used == 0 {
		return nil
	}
	for i := t.home(hash); ; i = t.after(i) {
		switch p := &t.places[i]; p.hash {
		case hash:
			return &p.value
		case 0:
			return nil
		}
	}
}

// touch fetches from memory what find will look at. Touching several places in a
// row before looking at the first is faster: the fetches overlap. The result
// keeps the compiler from leaving it out.
func (t *table[V]) touch(hash uint64) uint64 {
	if t.used == 0 {
		return 0
	}
	return t.places[t.home(hash)].hash
}

// insert returns the place for a value that is not in the table; the hash must
// not be 0.
func (t *table[V]) insert(hash uint64) *V {
	if 2*t.used >= len(t.places) {
		t.resize(max(fewestPlaces, 2*len(t.places)))
	}
	t.used++
	p := t.free(hash)
	p.hash = hash
	return &p.value
}

func (t *table[V]) free(hash uint64) *place[V] {
	i := t.home(hash)
	for t.places[i].hash != 0 {
		i = t.after(i)
	}
	return &t.places[i]
}

func (t *table[V]) resize(places int) {
	before := t.places
	t.places = make([]place[V], places)
	for i := range before {
		if before[i].hash != 0 {
			*t.free(before[i].hash) = before[i]
		}
	}
}

// shrink gives memory back if little of the table is in use.
func (t *table[V]) shrink() {
	if len(t.places) > fewestPlaces && 8*t.used < len(t.places) {
		t.resize(max(fewestPlaces, 2<<bits.Len(uint(t.used))))
	}
}

// remove frees a place and moves up those behind it that would be cut off from
// their home (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
func (t *table[V]) remove(i int) {
	t.used--
	mask := len(t.places) - 1
	for j := t.after(i); t.places[j].hash != 0; j = t.after(j) {
		home := t.home(t.places[j].hash)
		if (j-home)&mask >= (j-i)&mask {
			t.places[i] = t.places[j]
			i = j
		}
	}
	t.places[i] = place[V]{}
}

// clear makes the table empty, keeping its memory.
func (t *table[V]) clear() {
	clear(t.places)
	t.used = 0
}
