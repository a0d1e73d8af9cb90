package grow

import (
	"math/bits"
	"math/rand/v2"
)

// chance is a tree's own source of random numbers.
type chance struct{ rand.PCG }

// below returns a whole number from 0 to n-1, n > 0. Its bias, below n/2⁶⁴, is not
// worth a loop.
func (c *chance) below(n int) int {
	high, _ := bits.Mul64(c.Uint64(), uint64(n))
	return int(high)
}

// fraction returns a number from 0 up to and without 1.
func (c *chance) fraction() float64 { return float64(c.Uint64()>>11) * 0x1p-53 }
