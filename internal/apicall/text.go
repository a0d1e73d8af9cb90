package apicall

import (
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// MaxClientBytes is the longest client or peer that leaves this package. A longer one keeps its beginning and gets a
// hash of the whole: cut alone, all bearer tokens of one issuer would be one client.
const MaxClientBytes = 64

const (
	// hashBytes is the size of "~" and the 16 hexadecimal digits of a 64-bit hash.
	hashBytes = 17
	// maxHashed bounds the work on a key that an attacker made long.
	maxHashed = 4 << 10
)

// keyBuffer has room for one key.
type keyBuffer [MaxClientBytes]byte

// boundKey makes text fit to be a key: printable, valid UTF-8, at most [MaxClientBytes]. It returns s itself in the
// common case, else text in buf.
func boundKey(s string, buf *keyBuffer) string {
	if len(s) <= MaxClientBytes && printable(s) {
		return s
	}
	limit := MaxClientBytes
	if len(s) > limit {
		limit -= hashBytes
	}
	b := buf[:0]
	for _, r := range s[:min(len(s), MaxClientBytes)] {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		if len(b)+utf8.RuneLen(r) > limit {
			break
		}
		b = utf8.AppendRune(b, r)
	}
	if len(s) > MaxClientBytes {
		b = appendHash(b, s)
	}
	return view(b)
}

// printable is true for text of which every rune can be shown.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' {
			return printableRunes(s[i:])
		}
	}
	return true
}

func printableRunes(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// appendHash appends "~" and the FNV-1a hash of the beginning of s and its length: the same in every process.
func appendHash(b []byte, s string) []byte {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := 0; i < min(len(s), maxHashed); i++ {
		h = (h ^ uint64(s[i])) * prime
	}
	h = (h ^ uint64(len(s))) * prime
	b = append(b, '~')
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, upperHex[h>>shift&0xf])
	}
	return b
}

const upperHex = "0123456789ABCDEF"

// view is the text of b without a copy; it changes when b does.
func view(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// parseInt reads a decimal number of at most 18 digits. It is [strconv.ParseInt] without the error, which would be an
// allocation per value that an attacker sends.
func parseInt(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
