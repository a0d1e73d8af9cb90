package calltree

import "math/bits"

// memory holds the fingerprints of the last so and so many things; in each
// bucket the oldest makes room. Its size is fixed.
type memory struct {
	buckets []bucket
}

const ways = 7 // fingerprints in a bucket, which with its cursor is one cache line

type bucket struct {
	cursor       uint64
	fingerprints [ways]uint64
}

func newMemory(size int) memory {
	return memory{buckets: make([]bucket, (size+ways-1)/ways)}
}

func (m memory) bucket(fingerprint uint64) *bucket {
	at, _ := bits.Mul64(fingerprint, uint64(len(m.buckets)))
	return &m.buckets[at]
}

func (m memory) has(fingerprint uint64) bool {
	fingerprint = max(fingerprint, 1) // zero marks an empty place
	for _, f := range m.bucket(fingerprint).fingerprints {
		if f == fingerprint {
			return true
		}
	}
	return false
}

func (m memory) add(fingerprint uint64) {
	if m.has(fingerprint) {
		return
	}
	b := m.bucket(max(fingerprint, 1))
	b.fingerprints[b.cursor%ways] = max(fingerprint, 1)
	b.cursor++
}

// mix hashes an id under a secret, which is what makes it hard to choose ids that
// collide: the multiplication of wyhash, and a finish that spreads ids which follow
// each other.
func mix(secret, id uint64) uint64 {
	high, low := bits.Mul64(secret^0xa0761d6478bd642f, id^0xe7037ed1a0b428db)
	h := high ^ low
	h = (h ^ h>>32) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}
