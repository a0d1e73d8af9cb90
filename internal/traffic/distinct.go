package traffic

import (
	"hash/maphash"
	"math"
	"math/bits"
)

// seed makes the sketches' hashes unpredictable to whoever picks the values.
var seed = maphash.MakeSeed()

// hash is never 0.
func hash(s string) uint64 { return max(1, maphash.String(seed, s)) }

// Sketch is a sketch of distinct texts: linear counting over 64 bits (Whang et
// al. 1990), within a tenth for a few dozen, and within a third or so for 100. A text sets the same bit in all sketches of the
// process and another one after a restart. Sketches are joined with |.
type Sketch uint64

// Add adds a text.
func (s *Sketch) Add(text string) { *s |= sketchOf(hash(text)) }

// sketchOf is the sketch of one text, by its hash.
func sketchOf(hash uint64) Sketch { return 1 << (hash >> 58) }

// Count estimates how many distinct texts were added; a full sketch counts as
// 266, the most it can tell.
func (s Sketch) Count() int {
	zeros := 64 - bits.OnesCount64(uint64(s))
	if zeros == 0 {
		zeros = 1
	}
	return int(math.Round(-64 * math.Log(float64(zeros)/64)))
}

const (
	registerBits = 10
	registers    = 1 << registerBits
)

// addresses is a HyperLogLog (Flajolet et al. 2007) of the clients behind the
// overflow entity: 1 KiB, standard error 3 %.
type addresses [registers]uint8

// add adds a client by its hash.
func (a *addresses) add(h uint64) {
	rank := uint8(bits.LeadingZeros64(h<<registerBits|1<<(registerBits-1)) + 1)
	if register := &a[h>>(64-registerBits)]; *register < rank {
		*register = rank
	}
}

func (a *addresses) count() int64 {
	sum, zeros := 0.0, 0
	for _, rank := range a {
		sum += math.Ldexp(1, -int(rank))
		if rank == 0 {
			zeros++
		}
	}
	estimate := 0.7213 / (1 + 1.079/registers) * registers * registers / sum
	if estimate <= 2.5*registers && zeros > 0 {
		estimate = registers * math.Log(float64(registers)/float64(zeros))
	}
	return int64(math.Round(estimate))
}
