package apicall

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text of templates and of paths is the same if it is the same after one percent-decoding and without regard to case
// (simple folding of Unicode). Bytes that are no UTF-8 are themselves.

// invalid is added to bytes that are no UTF-8, which makes them differ from all runes.
const invalid = unicode.MaxRune + 1

// maxFoldedBytes is how many bytes of a path are at most one byte of folded text: the sign for Kelvin is k, and may be
// %E2%84%AA.
const maxFoldedBytes = 9

// FoldText appends a segment of a path to dst, decoded and in one case, which is the same for all segments that fit the
// same text of a template. It is false if dst has not the capacity for it; dst does not grow.
func FoldText(dst []byte, text string) ([]byte, bool) {
	for text != "" {
		var r rune
		r, text = cutFolded(text)
		if cap(dst)-len(dst) < foldedLen(r) {
			return dst, false
		}
		dst = appendRune(dst, r)
	}
	return dst, true
}

func appendFolded(dst []byte, text string) []byte {
	for text != "" {
		var r rune
		r, text = cutFolded(text)
		dst = appendRune(dst, r)
	}
	return dst
}

func foldedLen(r rune) int {
	if r >= invalid {
		return 1
	}
	return utf8.RuneLen(r)
}

func appendRune(dst []byte, r rune) []byte {
	if r >= invalid {
		return append(dst, byte(r-invalid))
	}
	return utf8.AppendRune(dst, r)
}

// cutFolded cuts a rune off s, decoded and in one case.
func cutFolded(s string) (r rune, rest string) {
	if c := s[0]; c < utf8.RuneSelf && c != '%' {
		return rune(small(c)), s[1:]
	}
	return cutEncoded(s)
}

func cutEncoded(s string) (r rune, rest string) {
	var raw [utf8.UTFMax]byte
	raw[0], rest = cutByte(s)
	if raw[0] < utf8.RuneSelf {
		return rune(small(raw[0])), rest
	}
	n, after := 1, rest
	for !utf8.FullRune(raw[:n]) && after != "" {
		raw[n], after = cutByte(after)
		n++
	}
	if r, size := utf8.DecodeRune(raw[:n]); size > 1 && size == n {
		return foldedRune(r), after
	}
	return invalid + rune(raw[0]), rest
}

// foldedRune is the least of the runes that differ in case only, and a small letter in ASCII.
func foldedRune(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least < utf8.RuneSelf {
		return rune(small(byte(least)))
	}
	return least
}

func small(c byte) byte {
	if classes[c]&upper != 0 {
		c |= 0x20
	}
	return c
}

// sameText compares two segments.
func sameText(a, b string) bool {
	return textPrefix(a, b) == len(a)
}

// textPrefix is the length of what is the literal at the beginning of the text; -1 if something else is there.
func textPrefix(text, literal string) int {
	n := 0
	for n < len(literal) && n < len(text) && text[n]|literal[n] < utf8.RuneSelf && text[n] != '%' && literal[n] != '%' {
		if small(text[n]) != small(literal[n]) {
			return -1
		}
		n++
	}
	left := text[n:]
	for literal = literal[n:]; literal != ""; {
		if left == "" {
			return -1
		}
		var is, want rune
		is, left = cutFolded(left)
		if want, literal = cutFolded(literal); is != want {
			return -1
		}
	}
	return len(text) - len(left)
}

// textIndex is the first place of the literal in the text, from the second character on, as no parameter is empty; -1 if
// there is none. Behind the first KiB it is found only as it is written.
func textIndex(text, literal string) int {
	i := unitLen(text)
	for i < min(len(text), maxFolded) {
		if textPrefix(text[i:], literal) >= 0 {
			return i
		}
		i += unitLen(text[i:])
	}
	if i < len(text) {
		if found := strings.Index(text[i:], literal); found >= 0 {
			return i + found
		}
	}
	return -1
}

// textSuffix is where the literal begins that the text ends with; -1 if it ends otherwise. Where the search begins may be
// within an escape, but the rest is too long then for a match that begins with bytes as they are.
func textSuffix(text, literal string) int {
	for i := max(len(text)-maxFoldedBytes*len(literal), 0); i < len(text); i += unitLen(text[i:]) {
		if textPrefix(text[i:], literal) == len(text)-i {
			return i
		}
	}
	return -1
}

// unitLen is the length of an escape or a byte at the beginning of s; 0 of nothing.
func unitLen(s string) int {
	if s != "" && s[0] == '%' {
		if _, ok := unescape(s); ok {
			return len("%XX")
		}
	}
	return min(1, len(s))
}

// cutByte cuts one byte off s, which may be encoded.
func cutByte(s string) (c byte, rest string) {
	if s[0] == '%' {
		if c, ok := unescape(s); ok {
			return c, s[len("%XX"):]
		}
	}
	return s[0], s[1:]
}
