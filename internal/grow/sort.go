package grow

import "math/bits"

const (
	fewKeys = 28  // are sorted by insertion alone
	maxPots = 256 // that keys are thrown into
)

// sortKeys sorts keys by their upper halves, which spread rather evenly from the
// least to the greatest. It returns either the keys or the spare slice of the same
// length. Keys are thrown into about as many pots as there are keys; what is left to
// do within the pots is done by insertion.
func sortKeys(keys, spare []uint64) []uint64 {
	if len(keys) <= fewKeys {
		insertionSort(keys)
		return keys
	}
	least, greatest := keys[0]>>32, keys[0]>>32
	for _, key := range keys {
		least, greatest = min(least, key>>32), max(greatest, key>>32)
	}
	pots := min(maxPots, 1<<bits.Len(uint(len(keys)-1)))
	width := (greatest-least)/uint64(pots) + 1
	scale := (1 << 32) / width
	var starts [maxPots]uint32
	for _, key := range keys {
		starts[uint8((key>>32-least)*scale>>32)]++
	}
	sum := uint32(0)
	for pot, n := range starts[:pots] {
		starts[pot] = sum
		sum += n
	}
	for _, key := range keys {
		pot := uint8((key>>32 - least) * scale >> 32)
		spare[starts[pot]] = key
		starts[pot]++
	}
	insertionSort(spare)
	return spare
}

func insertionSort(keys []uint64) {
	for i := 1; i < len(keys); i++ {
		key := keys[i]
		j := i
		for ; j > 0 && keys[j-1] > key; j-- {
			keys[j] = keys[j-1]
		}
		keys[j] = key
	}
}

// radixSort sorts by the upper halves, stably, and returns either the keys or the
// spare slice of the same length.
func radixSort(keys, spare []uint64) []uint64 {
	for shift := 32; shift < 64; shift += 8 {
		var starts [256]int
		for _, key := range keys {
			starts[uint8(key>>shift)]++
		}
		sum := 0
		for digit, n := range starts {
			starts[digit] = sum
			sum += n
		}
		for _, key := range keys {
			digit := uint8(key >> shift)
			spare[starts[digit]] = key
			starts[digit]++
		}
		keys, spare = spare, keys
	}
	return keys
}
