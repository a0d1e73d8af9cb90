package rulefile

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// locate returns the byte of raw at which YAML (1.2.2, chapters 7 and 8) has the character of that index of the text;
// the index behind the last one gives the end. Raw begins with the scalar and may go on behind it. It is not ok if the
// text is not what raw says, as far as this follows YAML.
func locate(text, raw string, style yaml.Style, index int) (offset int, ok bool) {
	w := walk{text: text, raw: raw, left: index}
	switch {
	case style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return w.block(style&yaml.FoldedStyle != 0)
	case style&yaml.DoubleQuotedStyle != 0:
		return w.flow('"')
	case style&yaml.SingleQuotedStyle != 0:
		return w.flow('\'')
	}
	return w.flow(0)
}

// walk goes through a text and what stands for it in the file at the same pace.
type walk struct {
	text string // still to come
	raw  string
	at   int // in raw
	left int // characters until the one that is wanted
}

// take goes over one character of the text for which raw has size bytes. It is false if another one comes.
func (w *walk) take(r rune, size int) bool {
	next, n := utf8.DecodeRuneInString(w.text)
	if n == 0 || next != r {
		return false
	}
	w.text = w.text[n:]
	w.at += size
	w.left--
	return true
}

// flow walks through a plain (quote 0) or quoted scalar.
func (w *walk) flow(quote byte) (offset int, ok bool) {
	if quote != 0 {
		w.at = 1
	}
	for {
		if quote == '"' {
			w.joinLines()
		}
		if w.left == 0 {
			return w.at, true
		}
		if breaks := w.breaks(); len(breaks) > 0 {
			if found, ok := w.fold(breaks); found || !ok {
				return w.at, ok
			}
			continue
		}
		if !w.word(quote) {
			return 0, false
		}
	}
}

// word takes the blanks here, which no line break follows, at once and not looked at again one by one; or else a
// character.
func (w *walk) word(quote byte) bool {
	spaces := min(blanks(w.raw[w.at:]), w.left)
	if spaces == 0 {
		r, size := character(w.raw[w.at:], quote)
		return size > 0 && w.take(r, size)
	}
	for range spaces {
		if !w.take(rune(w.raw[w.at]), 1) {
			return false
		}
	}
	return true
}

// character reads what stands for one character, and how many bytes that takes; 0: nothing does.
func character(raw string, quote byte) (rune, int) {
	switch {
	case raw == "":
		return 0, 0
	case quote == '\'' && raw[0] == '\'':
		if strings.HasPrefix(raw, "''") {
			return '\'', 2
		}
		return 0, 0
	case quote == '"' && raw[0] == '\\':
		return escaped(raw)
	}
	return utf8.DecodeRuneInString(raw)
}

// escapes are those of one character (YAML 1.2.2, section 5.7).
var escapes = map[byte]rune{
	'0': 0, 'a': '\a', 'b': '\b', 't': '\t', '\t': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r', 'e': 0x1b,
	' ': ' ', '"': '"', '/': '/', '\\': '\\', 'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029,
	'\'': '\'', // the library reads it, too
}

func escaped(raw string) (rune, int) {
	if len(raw) < 2 {
		return 0, 0
	}
	var digits int
	switch raw[1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		r, known := escapes[raw[1]]
		if !known {
			return 0, 0
		}
		return r, 2
	}
	if len(raw) < 2+digits {
		return 0, 0
	}
	var r rune
	for _, digit := range []byte(raw[2 : 2+digits]) {
		value := strings.IndexByte("0123456789abcdef", digit|0x20)
		if digit >= '0' && digit <= '9' {
			value = int(digit - '0')
		}
		if value < 0 {
			return 0, 0
		}
		r = r<<4 | rune(value)
	}
	return r, 2 + digits
}

// joinLines goes over line breaks that a backslash takes out.
func (w *walk) joinLines() {
	for w.at < len(w.raw) && w.raw[w.at] == '\\' {
		next, broke := afterBreak(w.raw, w.at+1)
		if !broke {
			return
		}
		w.at = next + blanks(w.raw[next:])
	}
}

func blanks(text string) int {
	return len(text) - len(strings.TrimLeft(text, " \t"))
}

// breaks goes over line breaks and the blanks around them and returns where the breaks are. Blanks without a break are
// part of the text, and stay.
func (w *walk) breaks() []int {
	var found []int
	for {
		i := w.at + blanks(w.raw[w.at:])
		next, broke := afterBreak(w.raw, i)
		if !broke {
			if len(found) > 0 {
				w.at = i
			}
			return found
		}
		found = append(found, i)
		w.at = next
	}
}

// fold takes what line breaks stand for: a blank, or as many line breaks as the text has, which are the last of them. It
// has found the wanted character if the walk stops among them.
func (w *walk) fold(breaks []int) (found, ok bool) {
	if w.take(' ', 0) {
		return false, len(breaks) == 1
	}
	behind := w.at
	count := min(len(breaks), len(w.text)-len(strings.TrimLeft(w.text, "\n")))
	if count == 0 {
		return false, false
	}
	for _, w.at = range breaks[len(breaks)-count:] {
		if w.left == 0 {
			return true, true
		}
		w.take('\n', 0)
	}
	w.at = behind
	return false, true
}

// block walks through a literal or folded scalar, whose header is the rest of the first line.
func (w *walk) block(folded bool) (offset int, ok bool) {
	header := strings.IndexAny(w.raw, "\r\n")
	if header < 0 {
		return 0, false
	}
	w.at, _ = afterBreak(w.raw, header)
	indent := indentation(w.raw[w.at:]) - indentation(w.text)
	if indent < 0 {
		return 0, false
	}
	w.skip(indent)
	for w.left > 0 {
		if breaks := w.lineBreaks(folded, indent); len(breaks) > 0 {
			if found, ok := w.fold(breaks); found || !ok {
				return w.at, ok
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(w.raw[w.at:])
		if size == 0 || !w.take(r, size) {
			return 0, false
		}
	}
	return w.at, true
}

// indentation counts the spaces before the first line that has more than spaces.
func indentation(text string) int {
	spaces := 0
	for i := range len(text) {
		switch text[i] {
		case ' ':
			spaces++
		case '\r', '\n':
			spaces = 0
		default:
			return spaces
		}
	}
	return 0
}

// skip goes over the indentation of a line, or what there is of it.
func (w *walk) skip(indent int) {
	for i := 0; i < indent && w.at < len(w.raw) && w.raw[w.at] == ' '; i++ {
		w.at++
	}
}

// lineBreaks goes over the line break here, if folded also over those of the empty lines that follow, and over the
// indentation behind. It returns where they are.
func (w *walk) lineBreaks(folded bool, indent int) []int {
	var found []int
	for {
		next, broke := afterBreak(w.raw, w.at)
		if !broke {
			return found
		}
		found = append(found, w.at)
		w.at = next
		w.skip(indent)
		if !folded {
			return found
		}
	}
}
