package baseline

import (
	"math"
	"math/bits"
)

// countBits estimates how many hashes set the bits (Whang, Vander-Zanden and Taylor, "A linear-time probabilistic counting
// algorithm for database applications", 1990); 512 bits tell some 2000 apart.
func countBits(b *[8]uint64) int {
	set := 0
	for _, word := range b {
		set += bits.OnesCount64(word)
	}
	return linear(set, 512)
}

// linear estimates how many different hashes set so many of all bits.
func linear(set, all int) int {
	set = min(set, all-1)
	return int(math.Round(-float64(all) * math.Log(1-float64(set)/float64(all))))
}
