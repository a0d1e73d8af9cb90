package traffic

import "hash/maphash"

// fingerprint stands for a name in an index: 96 bits of two hashes whose seeds
// nobody outside knows, so that names need neither be kept nor compared. Among
// 100 000 names the chance that any two share one is below 1e-18.
type fingerprint struct {
	hash  uint64
	check uint32
}

var checkSeed = maphash.MakeSeed()

func fingerprintOf(name string) fingerprint {
	return fingerprint{maphash.String(seed, name), uint32(maphash.String(checkSeed, name))}
}

// and joins two fingerprints, in this order.
func (f fingerprint) and(other fingerprint) fingerprint {
	return fingerprint{f.hash*0x9e3779b97f4a7c15 ^ other.hash, f.check*0x85ebca6b ^ other.check}
}

// index maps fingerprints to small numbers: linear probing, at most half full,
// so that a look-up reads one cache line.
type index struct {
	slots []indexSlot // a power of two of them
	used  int
}

type indexSlot struct {
	fingerprint
	next uint32 // the number plus 1; 0 is an empty slot
}

const smallestIndex = 16

func newIndex() index { return index{slots: make([]indexSlot, smallestIndex)} }

func (x *index) home(f fingerprint) int { return int(f.hash & uint64(len(x.slots)-1)) }

func (x *index) find(f fingerprint) (number uint32, ok bool) {
	for i := x.home(f); ; i = (i + 1) & (len(x.slots) - 1) {
		slot := &x.slots[i]
		if slot.next == 0 {
			return 0, false
		}
		if slot.fingerprint == f {
			return slot.next - 1, true
		}
	}
}

// add adds a fingerprint that is not there yet.
func (x *index) add(f fingerprint, number uint32) {
	if x.used*2 >= len(x.slots) {
		x.resize(2 * len(x.slots))
	}
	x.used++
	x.put(indexSlot{f, number + 1})
}

func (x *index) put(s indexSlot) {
	i := x.home(s.fingerprint)
	for x.slots[i].next != 0 {
		i = (i + 1) & (len(x.slots) - 1)
	}
	x.slots[i] = s
}

// remove removes a fingerprint that is there, moving up what was pushed on by it.
func (x *index) remove(f fingerprint) {
	mask := len(x.slots) - 1
	hole := x.home(f)
	for x.slots[hole].fingerprint != f {
		hole = (hole + 1) & mask
	}
	x.used--
	for i := (hole + 1) & mask; x.slots[i].next != 0; i = (i + 1) & mask {
		// It may move up unless its home lies behind the hole.
		if (i-x.home(x.slots[i].fingerprint))&mask >= (i-hole)&mask {
			x.slots[hole] = x.slots[i]
			hole = i
		}
	}
	x.slots[hole] = indexSlot{}
	if len(x.slots) > smallestIndex && x.used*8 < len(x.slots) {
		x.resize(len(x.slots) / 2)
	}
}

func (x *index) resize(n int) {
	old := x.slots
	x.slots = make([]indexSlot, n)
	for _, s := range old {
		if s.next != 0 {
			x.put(s)
		}
	}
}
