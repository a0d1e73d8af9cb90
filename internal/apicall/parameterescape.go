package apicall

import (
	"strings"
	"unicode/utf8"
)

// appendUnescaped appends a text with the escapes of JSON and Python read. What is none of them stays.
func appendUnescaped(dst []byte, s string, raw bool) []byte {
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i == len(s)-1 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		s = s[i:]
		if c, ok := simpleEscape(s[1]); ok {
			dst, s = append(dst, c), s[2:]
			continue
		}
		r, n := codeEscape(s)
		switch {
		case n == 0:
			dst, s = append(dst, s[:2]...), s[2:]
			continue
		case raw:
			dst = append(dst, byte(r))
		default:
			dst = utf8.AppendRune(dst, r) // a lone surrogate becomes U+FFFD
		}
		s = s[n:]
	}
	return dst
}

func simpleEscape(c byte) (byte, bool) {
	switch c {
	case '"', '\'', '\\', '/':
		return c, true
	case 'n':
		return '\n', true
	case 't':
		return '\t', true
	case 'r':
		return '\r', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	}
	return 0, false
}

// codeEscape reads \xNN, \uNNNN, a pair of these that is a surrogate pair, or \UNNNNNNNN, and its length; 0 if s begins
// with none.
func codeEscape(s string) (r rune, length int) {
	digits := 0
	switch s[1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	r, ok := hexRune(s[2:], digits)
	if !ok {
		return 0, 0
	}
	length = 2 + digits
	if digits == 4 && r >= 0xd800 && r < 0xdc00 && strings.HasPrefix(s[length:], `\u`) {
		if low, ok := hexRune(s[length+2:], 4); ok && low >= 0xdc00 && low < 0xe000 {
			return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), length + 6
		}
	}
	return r, length
}

// hexRune reads a number of hexadecimal digits.
func hexRune(s string, digits int) (r rune, ok bool) {
	if digits == 0 || len(s) < digits {
		return 0, false
	}
	for i := range digits {
		v, ok := unhex(s[i])
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}
