package baseline

import (
	"strings"
	"unicode/utf8"
)

// Classes of characters: letters and digits are one each, every other ASCII character is its own, and all beyond ASCII is
// one.
const (
	lowerClass = 128 + iota
	upperClass
	digitClass
	wideClass
	brokenClass // no UTF-8
	classes
)

func classOf(r rune) int {
	switch {
	case 'a' <= r && r <= 'z':
		return lowerClass
	case 'A' <= r && r <= 'Z':
		return upperClass
	case '0' <= r && r <= '9':
		return digitClass
	case r < utf8.RuneSelf:
		return int(r)
	}
	return wideClass
}

// classSet is a set of classes.
type classSet [3]uint64

func (s *classSet) add(class int)      { s[class/64] |= 1 << (class % 64) }
func (s *classSet) has(class int) bool { return s[class/64]&(1<<(class%64)) != 0 }

// classesOf are those of a text.
func classesOf(s string) (set classSet) {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				set.add(brokenClass)
				continue
			}
		}
		set.add(classOf(r))
	}
	return set
}

// pattern writes the classes as a character class of RE2.
func (s *classSet) pattern() string {
	var b strings.Builder
	b.WriteByte('[')
	for _, c := range []struct {
		class int
		text  string
	}{{upperClass, "A-Z"}, {lowerClass, "a-z"}, {digitClass, "0-9"}} {
		if s.has(c.class) {
			b.WriteString(c.text)
		}
	}
	for c := range utf8.RuneSelf {
		if s.has(c) {
			writeClassCharacter(&b, byte(c))
		}
	}
	if s.has(wideClass) {
		b.WriteString(`\x{80}-\x{10FFFF}`)
	}
	b.WriteByte(']')
	return b.String()
}

func writeClassCharacter(b *strings.Builder, c byte) {
	const hex = "0123456789abcdef"
	switch {
	case c < ' ' || c == 0x7f:
		b.WriteString(`\x`)
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
		return
	case strings.IndexByte(`\]^-[&~`, c) >= 0:
		b.WriteByte('\\')
	}
	b.WriteByte(c)
}

// Characters that are nothing unusual where few texts were seen: those of identifiers, of names, and of headers.
const (
	ofIdentifiers = "_-.@"
	ofNames       = ofIdentifiers + " ',"
	ofProse       = ofNames + `!?:;()/+&%#*="~` + "\n\r\t"
	ofHeaders     = ofNames + `*/;:=+()"?&%!~#[]|`
)

// widen adds what texts like those that were seen will have too: who writes with small letters will write capitals and
// digits. If not many texts were seen, all of identifiers or names is added; false if there are other characters.
func (s *classSet) widen(many bool, usual []string) bool {
	letters := s.has(lowerClass) || s.has(upperClass)
	if letters {
		s.add(lowerClass)
		s.add(upperClass)
		s.add(digitClass)
	}
	if many {
		return true
	}
	for _, usual := range usual {
		if s.within(usual) {
			s.add(digitClass)
			for i := range len(usual) {
				s.add(int(usual[i]))
			}
			if letters && (usual == ofNames || usual == ofProse) { // of people, not of software
				s.add(wideClass)
			}
			return true
		}
	}
	return false
}

// within is true if there are no other characters than letters, digits and those.
func (s *classSet) within(usual string) bool {
	for class := range classes {
		if s.has(class) && (class < 128 && strings.IndexByte(usual, byte(class)) < 0 || class == brokenClass) {
			return false
		}
	}
	return usual == ofNames || usual == ofProse || !s.has(wideClass)
}

// common is true for letters and digits, which are in all texts sooner or later.
func common(class int) bool { return class == lowerClass || class == upperClass || class == digitClass }
