package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// stream returns the random numbers for one purpose. Whatever has a purpose of its own has numbers of its own, so that
// an attack that is added leaves everybody else's calls as they are.
func stream(seed uint64, purpose string, number int) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", seed, purpose, number))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))
}

func chance(random *rand.Rand, probability float64) bool { return random.Float64() < probability }

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// between returns a time in [least, most), in whole milliseconds.
func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return (least + time.Duration(random.Float64()*float64(most-least))).Truncate(time.Millisecond)
}

// around returns a time that is up to a part less or more.
func around(random *rand.Rand, middle time.Duration, part float64) time.Duration {
	swing := time.Duration(part * float64(middle))
	return between(random, middle-swing, middle+swing)
}

// logNormal returns a number whose logarithm is spread by sigma about the median's, kept within bounds.
func logNormal(random *rand.Rand, median, sigma, least, most float64) float64 {
	return min(most, max(least, median*math.Exp(sigma*random.NormFloat64())))
}

// weighted returns the index of the piece that a random point falls into, where ends are the pieces' ends on a line that
// begins at 0, in rising order.
func weighted(random *rand.Rand, ends []float64) int {
	point := random.Float64() * ends[len(ends)-1]
	i, found := slices.BinarySearchFunc(ends, point, cmp.Compare[float64])
	if found {
		i++ // an end belongs to the piece behind it
	}
	return min(i, len(ends)-1)
}
