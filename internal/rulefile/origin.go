package rulefile

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// origin is how a file writes an expression.
type origin struct {
	raw   string // from the quote, the | or the first character to the end; "": not known
	style yaml.Style
	start mark
}

// origin returns how the file writes a scalar. It copies no more than that, so that the file's text may go.
func (s *source) origin(n *yaml.Node) *origin {
	_, start := s.properties(n)
	o := &origin{style: n.Style, start: start}
	rest := s.text[start.offset:]
	if end, ok := locate(n.Value, rest, n.Style, utf8.RuneCountInString(n.Value)); ok {
		o.raw = strings.Clone(rest[:end])
	}
	o.start.offset = 0 // raw begins there
	return o
}

// position returns where in the file a byte of raw is.
func (o *origin) position(offset int) (line, column int) {
	at := o.start
	for at.offset < offset {
		at = at.step(o.raw)
	}
	return at.line, at.column
}

// properties returns the tag that the text has before a scalar, and where the scalar itself begins.
func (s *source) properties(n *yaml.Node) (tag string, at mark) {
	at = s.seek(n.Line, n.Column)
	for at.offset < len(s.text) && (s.text[at.offset] == '&' || s.text[at.offset] == '!') {
		word := s.text[at.offset:]
		if end := strings.IndexAny(word, " \t\r\n"); end >= 0 {
			word = word[:end]
		}
		if word[0] == '!' {
			tag = word
		}
		at = s.behindBlanks(s.place(at.offset + len(word)))
	}
	return tag, at
}

// behindBlanks goes over spaces, line breaks and comments.
func (s *source) behindBlanks(at mark) mark {
	comment := false
	for ; at.offset < len(s.text); at = at.step(s.text) {
		switch s.text[at.offset] {
		case '\r', '\n':
			comment = false
		case ' ', '\t':
		case '#':
			comment = true
		default:
			if !comment {
				return at
			}
		}
	}
	return at
}

// hasLoneTag is whether a ! without a name stands before a scalar.
func (s *source) hasLoneTag(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	tag, _ := s.properties(n)
	return tag == "!"
}
