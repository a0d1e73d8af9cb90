package apicall

import (
	"strings"
	"unicode/utf8"
)

// shape is what a segment of a path looks like.
type shape uint8

const (
	word shape = iota
	id
	date
)

// placeholders stand for the segments that are not words.
var placeholders = [...]string{word: "", id: "{id}", date: "{date}"}

// verdict is what becomes of a segment.
type verdict struct {
	shape shape
	stays bool   // a word that is written as it is
	coded bool   // a word whose percent-encoding has to be normalised
	text  string // the segment without parameters
	tail  string // the end of an id that is kept: ".pdf", ":cancel"
}

// append appends what the segment becomes.
func (v verdict) append(dst []byte) []byte {
	switch {
	case v.shape != word:
		dst = append(dst, placeholders[v.shape]...)
		return append(dst, v.tail...)
	case v.coded:
		return appendNormal(dst, v.text)
	}
	return append(dst, v.text...)
}

// judge decides about one segment of a raw path.
func judge(raw string, seen class) verdict {
	if seen&other != 0 {
		return judgeOther(raw)
	}
	shape, tail := classify(raw, seen)
	return verdict{shape: shape, stays: shape == word, text: raw, tail: raw[len(raw)-tail:]}
}

// judgeOther decides about a segment with bytes that plain names do not have.
func judgeOther(raw string) verdict {
	text, _, _ := strings.Cut(raw, ";")
	if text == "" || text == "*" || isTemplated(text) {
		return verdict{stays: len(text) == len(raw), text: text}
	}
	var buf [maxSegmentBytes]byte
	n := decode(&buf, text)
	if n == 0 {
		return verdict{shape: id}
	}
	decoded := view(buf[:n])
	shape, tail := classify(decoded, classesOf(decoded))
	v := verdict{shape: shape, coded: true, text: text}
	if strings.HasSuffix(text, decoded[n-tail:]) {
		v.tail = text[len(text)-tail:]
	}
	return v
}

// isTemplated is true for what this package makes out of a segment, so that a template is its own template.
func isTemplated(s string) bool {
	if s[0] != '{' {
		return false
	}
	tail, ok := strings.CutPrefix(s, placeholders[id])
	if !ok {
		tail, ok = strings.CutPrefix(s, placeholders[date])
	}
	return ok && (tail == "" || tailLen(tail) == len(tail))
}

// class is a set of kinds of bytes.
type class uint8

const (
	lowerAF class = 1 << iota // letters that are hexadecimal digits
	lowerGZ
	upperAF
	upperGZ
	digit
	dash
	mark  // other bytes that names are joined with
	other // what a plain name does not have

	lower  = lowerAF | lowerGZ
	upper  = upperAF | upperGZ
	letter = lower | upper
)

var classes = func() (t [256]class) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'f':
			t[c] = lowerAF
		case c >= 'g' && c <= 'z':
			t[c] = lowerGZ
		case c >= 'A' && c <= 'F':
			t[c] = upperAF
		case c >= 'G' && c <= 'Z':
			t[c] = upperGZ
		case c >= '0' && c <= '9':
			t[c] = digit
		case c == '-':
			t[c] = dash
		case strings.IndexByte("_.~:@!$&,=+", byte(c)) >= 0:
			t[c] = mark
		default:
			t[c] = other
		}
	}
	return t
}()

// classesOf returns the kinds of bytes in s.
func classesOf(s string) (seen class) {
	for i := 0; i < len(s); i++ {
		seen |= classes[s[i]]
	}
	return seen
}

// isPlainWord is the short cut for most segments: letters alone, or few of them with dashes. Where it is true,
// [classify] says word.
func isPlainWord(s string, seen class) bool {
	if seen&^(letter|dash) != 0 || seen&(lowerGZ|upperGZ) == 0 {
		return false
	}
	if seen&dash != 0 && len(s) > shortestHexLetterID {
		return false // a part may be hexadecimal
	}
	return len(s) < shortestMixedID || seen&upper == 0
}

// decode writes what s means into buf and returns its length; 0 if that is longer than a name, no UTF-8, or has bytes
// that a name does not have.
func decode(buf *[maxSegmentBytes]byte, s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			var coded bool
			if c, coded = unescape(s[i:]); !coded {
				return 0
			}
			i += len("%XX") - 1
		}
		if n == len(buf) || classes[c] == other && c != ' ' && c < utf8.RuneSelf {
			return 0
		}
		buf[n] = c
		n++
	}
	if !utf8.Valid(buf[:n]) {
		return 0
	}
	return n
}

// unescape reads the byte that "%XX" at the beginning of s stands for.
func unescape(s string) (byte, bool) {
	if len(s) < len("%XX") {
		return 0, false
	}
	hi, ok1 := unhex(s[1])
	lo, ok2 := unhex(s[2])
	return hi<<4 | lo, ok1 && ok2
}

// appendNormal appends s with unreserved bytes decoded, and what is encoded in upper case (RFC 3986, section 6.2.2).
func appendNormal(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			c, _ = unescape(s[i:])
			i += len("%XX") - 1
			if isUnreserved(c) {
				dst = append(dst, c)
				continue
			}
		} else if classes[c] != other {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', upperHex[c>>4], upperHex[c&0xf])
	}
	return dst
}

func isUnreserved(c byte) bool {
	return classes[c]&(letter|digit|dash) != 0 || c == '.' || c == '_' || c == '~'
}
