package document

import (
	"unicode/utf16"
	"unicode/utf8"
)

// plain marks the bytes that stand for themselves in a JSON string.
var plain = func() (p [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// string reads a string from its opening quote on. One without escapes and with
// whole UTF-8 is left in the source.
func (r *reader) string() (place, error) {
	start := r.at + 1
	ascii := true
	for at := start; at < len(r.text); at++ {
		c := r.text[at]
		if plain[c] {
			continue
		}
		switch {
		case c == '"' && (ascii || utf8.ValidString(r.text[start:at])):
			r.at = at + 1
			return place{at: uint32(start), size: uint32(at - start)}, nil
		case c == '"' || c == '\\':
			return r.unescape(start)
		case c < ' ':
			return place{}, ErrSyntax
		}
		ascii = false
	}
	return place{}, ErrTruncated
}

// unescape reads a string from behind its opening quote on into the buffer.
func (r *reader) unescape(start int) (place, error) {
	b := r.d.buffer
	begin := len(b)
	for at := start; at < len(r.text); {
		run := at
		for at < len(r.text) && plain[r.text[at]] {
			at++
		}
		b = append(b, r.text[run:at]...)
		if at == len(r.text) {
			break
		}
		switch c := r.text[at]; {
		case c == '"':
			r.d.buffer = b
			r.at = at + 1
			return place{at: uint32(begin) | inBuffer, size: uint32(len(b) - begin)}, nil
		case c == '\\':
			char, size, err := escape(r.text[at:])
			if err != nil {
				return place{}, err
			}
			b = utf8.AppendRune(b, char)
			at += size
		case c < ' ':
			return place{}, ErrSyntax
		default:
			char, size := utf8.DecodeRuneInString(r.text[at:])
			b = utf8.AppendRune(b, char) // U+FFFD for each broken byte
			at += size
		}
	}
	return place{}, ErrTruncated
}

// escape reads the escape that the text begins with. A surrogate without its
// other half is U+FFFD, and what follows it is read on its own.
func escape(text string) (char rune, size int, err error) {
	if len(text) < 2 {
		return 0, 0, ErrTruncated
	}
	switch c := text[1]; c {
	case '"', '\\', '/':
		return rune(c), 2, nil
	case 'b':
		return '\b', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'u':
	default:
		return 0, 0, ErrSyntax
	}
	if char, err = fourHex(text[2:]); err != nil || !utf16.IsSurrogate(char) {
		return char, 6, err
	}
	if len(text) >= 12 && text[6:8] == `\u` {
		if low, err := fourHex(text[8:]); err == nil {
			if pair := utf16.DecodeRune(char, low); pair != utf8.RuneError {
				return pair, 12, nil
			}
		}
	}
	return utf8.RuneError, 6, nil
}

func fourHex(text string) (char rune, err error) {
	for i := range 4 {
		if i >= len(text) {
			return 0, ErrTruncated
		}
		v := unhex(text[i])
		if v > 15 {
			return 0, ErrSyntax
		}
		char = char<<4 | rune(v)
	}
	return char, nil
}

// unhex is the value of a hexadecimal digit, above 15 for any other byte.
func unhex(c byte) byte {
	switch {
	case digit(c):
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}
