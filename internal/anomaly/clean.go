package anomaly

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the encoding. Whoever is accused chooses most of these texts, and must not choose how much we send.
const (
	maxName        = 256  // bytes of a name: route, client, service, rule, feature, path of a value
	maxMessage     = 1024 // bytes of the one line for people
	maxExplanation = 8192 // bytes of the long text
	maxExpression  = 1024 // bytes of the part of a rule
	maxValue       = 1024 // bytes of what a field held
	maxValues      = 32
	maxFeatures    = 64
	maxShares      = 5
	maxLinks       = 16
)

// Clean returns s fit to be shown and stored: at most limit bytes, cut between runes, valid UTF-8, and with a space in
// place of everything that does not print (control characters, line breaks, invisible and direction-changing
// characters), so that nobody forges a line of a log or hides a part of it. It reads no more of s than it keeps, and
// returns s itself if there is nothing to do.
func Clean(s string, limit int) string {
	kept := 0
	for kept < len(s) {
		r, size := utf8.DecodeRuneInString(s[kept:])
		if kept+size > limit {
			return s[:kept]
		}
		if !prints(r, size) {
			return s[:kept] + cleanRest(s[kept:], limit-kept)
		}
		kept += size
	}
	return s
}

func cleanRest(s string, limit int) string {
	var b strings.Builder
	b.Grow(min(len(s), limit))
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case r == utf8.RuneError && size == 1:
			r = utf8.RuneError // takes three bytes where the broken one took one
		case !prints(r, size):
			r = ' '
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func prints(r rune, size int) bool {
	if r == utf8.RuneError && size == 1 {
		return false
	}
	return unicode.IsPrint(r)
}
