package baseline

import (
	"math"
	"math/bits"
)

// countBits estimates how many hashes set the bits (Whang, Vander-Zanden and Taylor, "A linear-time probabilistic counting
// algorithm for database applications", 1990); 512 bits tell some 2000 apart.
func countBits(b *[8]uint64) int {
	const all = 512
	set := 0
	for _, word := range b {
		set += bits.OnesCount64(word)
	}
	if set == all {
		set--
	}
	return int(math.Round(-all * math.Log(1-float64(set)/all)))
}
