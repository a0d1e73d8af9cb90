package sqltext

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes of a text are looked at together, as one number with the first of them lowest.
const (
	each = 0x0101010101010101
	tops = 0x80 * each
)

// load is the eight bytes at i, zero behind the end.
func load(s string, i int) uint64 {
	if i+8 <= len(s) {
		return binary.LittleEndian.Uint64([]byte(s[i : i+8]))
	}
	return loadEnd(s, i)
}

func loadEnd(s string, i int) uint64 {
	if n := len(s) - 8; n >= 0 {
		return binary.LittleEndian.Uint64([]byte(s[n:])) >> (8 * (i - n))
	}
	x := uint64(0)
	for n := len(s) - 1; n >= i; n-- {
		x = x<<8 | uint64(s[n])
	}
	return x
}

// lettersOf has the top bit of each byte that is an ASCII letter.
func lettersOf(x uint64) uint64 {
	y := x&^tops | 0x20*each
	return (y + (0x80-'a')*each) &^ (y + (0x80-'z'-1)*each) &^ x & tops
}

// othersOf has the top bit of each byte that is no ASCII letter or digit, nor "_"; letters are those of x.
func othersOf(x, letters uint64) uint64 {
	y := x &^ tops
	digits := (y + (0x80-'0')*each) &^ (y + (0x80-'9'-1)*each)
	others := (y ^ '_'*each) + 0x7f*each
	return tops &^ letters & (^digits&others | x)
}

// before is how many bytes stand before the first that is marked.
func before(marked uint64) int { return bits.TrailingZeros64(marked) / 8 }

// cut keeps the bytes before the first that is marked.
func cut(x, marked uint64) uint64 { return x & (marked&-marked>>7 - 1) }

// lowered makes the letters small.
func lowered(x, letters uint64) uint64 {
	return x | letters>>2
}
