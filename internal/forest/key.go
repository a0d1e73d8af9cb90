package forest

import "math"

// A row is looked up as keys: unsigned integers in the order of the values. Each
// feature has two, in the slots 2·feature and 2·feature+1, which differ for a
// missing value alone: it is the largest key in the first, so that it goes right,
// and the smallest in the second, so that it goes left. A split looks at the slot
// that its missing values ask for.
//
// Two more slots lead a leaf back to itself: one with the smallest key for a leaf
// that is a left child, and one with the largest for a right one.
const (
	slotBits  = 11
	slotMask  = 1<<slotBits - 1
	leafLeft  = 2 * MaxFeatures // also the bit that tells leaves from splits
	leafRight = leafLeft + 1

	smallestKey = 0
	largestKey  = math.MaxUint32
)

// keys of a row, each in the upper half: so a key is greater than that of a node
// exactly if the whole is, whatever the node has in its lower half.
type keys [1 << slotBits]uint64

func newKeys() *keys {
	k := new(keys)
	k[leafLeft], k[leafRight] = smallestKey<<32, largestKey<<32
	return k
}

// set makes the keys those of a row of so many features.
func (k *keys) set(row []float32, features int) {
	row = row[:min(len(row), features)]
	for f, x := range row {
		if x != x {
			k.setMissing(f)
			continue
		}
		key := uint64(keyOf(x)) << 32
		k[(2*f)&slotMask], k[(2*f+1)&slotMask] = key, key
	}
	for f := len(row); f < features; f++ {
		k.setMissing(f)
	}
}

func (k *keys) setMissing(f int) {
	k[(2*f)&slotMask], k[(2*f+1)&slotMask] = largestKey<<32, smallestKey<<32
}

// keyOf is the key of a number: from that of -Inf, greater than smallestKey, to
// that of +Inf, less than largestKey.
func keyOf(x float32) uint32 {
	bits := math.Float32bits(x + 0) // -0 becomes +0
	// The magnitude of negative numbers counts backwards.
	return bits ^ (uint32(int32(bits)>>31) | 1<<31)
}
