package rulefile

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// source is the text of a file, and where its lines are. Columns count characters, as YAML's do.
type source struct {
	text  string
	marks []mark // in the order of the text
}

// mark is a place in the text: a byte, and the line and column from 1.
type mark struct{ offset, line, column int }

// markEvery so many characters of a line is a mark, so that no place is far from one in files of a single line either.
const markEvery = 1024

func newSource(content []byte) *source {
	s := &source{text: strings.TrimPrefix(string(content), "\uFEFF")}
	at := mark{line: 1, column: 1}
	s.marks = append(s.marks, at)
	for at.offset < len(s.text) {
		at = at.step(s.text)
		if at.column%markEvery == 1 {
			s.marks = append(s.marks, at)
		}
	}
	return s
}

// step goes over a character or a line break.
func (m mark) step(text string) mark {
	if next, broke := afterBreak(text, m.offset); broke {
		return mark{offset: next, line: m.line + 1, column: 1}
	}
	_, size := utf8.DecodeRuneInString(text[m.offset:])
	return mark{offset: m.offset + size, line: m.line, column: m.column + 1}
}

// afterBreak returns the position behind the line break at i, and whether there is one.
func afterBreak(text string, i int) (int, bool) {
	switch {
	case i >= len(text):
		return i, false
	case text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n':
		return i + 2, true
	case text[i] == '\n' || text[i] == '\r':
		return i + 1, true
	}
	return i, false
}

// seek returns the place of a line and column; beyond a line, the end of the line, and beyond the text, its end.
func (s *source) seek(line, column int) mark {
	return s.walk(func(m mark) bool { return m.line > line || m.line == line && m.column > column })
}

// place returns where a byte is.
func (s *source) place(offset int) mark {
	return s.walk(func(m mark) bool { return m.offset > offset })
}

// walk returns the last place that is not beyond; of none, the first.
func (s *source) walk(beyond func(mark) bool) mark {
	i := sort.Search(len(s.marks), func(i int) bool { return beyond(s.marks[i]) })
	at := s.marks[max(i-1, 0)]
	for at.offset < len(s.text) {
		next := at.step(s.text)
		if beyond(next) {
			break
		}
		at = next
	}
	return at
}

// lines is how many there are; what follows the last line break is one.
func (s *source) lines() int {
	return s.marks[len(s.marks)-1].line
}

// line returns a line without its break.
func (s *source) line(number int) string {
	line := s.text[s.seek(number, 1).offset:]
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	return line
}
