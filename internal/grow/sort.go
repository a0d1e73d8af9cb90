package grow

import "math/bits"

const (
	fewKeys  = 16  // are sorted by insertion alone
	manyKeys = 512 // more of them are not
	maxPots  = 256 // that keys are thrown into
)

// sortKeys sorts keys by their upper halves, ranks, and returns either the keys or
// the spare slice of the same length. Medium numbers are thrown into about as many
// pots as there are keys, by where they lie between the least and the greatest; what
// is left to do within the pots is done by insertion.
func sortKeys(keys, spare []uint64) []uint64 {
	switch {
	case len(keys) <= fewKeys:
		insertionSort(keys)
		return keys
	case len(keys) > manyKeys:
		return radixSort(keys, spare)
	}
	least, greatest := keys[0]>>32, keys[0]>>32
	for _, key := range keys {
		least, greatest = min(least, key>>32), max(greatest, key>>32)
	}
	pots := min(maxPots, 1<<bits.Len(uint(len(keys)-1)))
	width := (greatest-least)/uint64(pots) + 1
	scale := (1 << 32) / width // makes a division a multiplication, rounded down
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

// insertionSort leaves keys of equal ranks in their order.
func insertionSort(keys []uint64) {
	for i := 1; i < len(keys); i++ {
		key := keys[i]
		j := i
		for ; j > 0 && keys[j-1]>>32 > key>>32; j-- {
			keys[j] = keys[j-1]
		}
		keys[j] = key
	}
}

// radixSort sorts by the upper halves and returns either the keys or the spare
// slice of the same length. Keys of equal upper halves stay in their order.
func radixSort(keys, spare []uint64) []uint64 {
	greatest := uint64(0)
	for _, key := range keys {
		greatest = max(greatest, key)
	}
	for shift := 32; shift < 64 && greatest>>shift > 0; shift += 8 {
		var starts [256]int
		for _, key := range keys {
			starts[uint8(key>>shift)]++
		}
		sum := 0
		for digit, n := range &starts {
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
