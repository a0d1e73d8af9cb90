package apicall

import "strings"

// routePiece is a parameter of a template.
type routePiece struct {
	name     string
	all      bool // it takes all that follows
	optional bool
}

// maxFolded is how much of a segment is searched without regard to case, which is slow.
const maxFolded = 1 << 10

const (
	unnamed     = "id"
	unnamedRest = "rest"
)

// wholeParameter reads a segment that is one parameter. An asterisk alone takes all that follows at the end of the
// template, and a segment elsewhere.
func wholeParameter(segment string, last bool) (routePiece, bool) {
	p, n := pieceAt(segment, 0)
	if segment == "*" && last {
		p = routePiece{all: true}.named()
	}
	return p, n == len(segment)
}

// pieceAt reads a parameter that begins at i, and its length; 0 if there is text.
func pieceAt(segment string, i int) (routePiece, int) {
	s := segment[i:]
	switch s[0] {
	case '*':
		return starred(s)
	case '{':
		if n := bracketed(s); n > 0 {
			return braced(s[1 : n-1]), n
		}
	case '<':
		if n := bracketed(s); n > 0 {
			return angled(s[1 : n-1]), n
		}
	case ':':
		// Elsewhere a colon is text: {id}:cancel.
		if i == 0 || segment[i-1] == '-' || segment[i-1] == '.' {
			return colon(s)
		}
	}
	return routePiece{}, 0
}

// braced reads the inside of {x}: x, x:regex, x?, x=default, x..., *x, **x.
func braced(s string) routePiece {
	var p routePiece
	s, p.all = cutStars(s)
	name, constraint, _ := strings.Cut(s, ":")
	name, constraint = strings.TrimSpace(name), strings.TrimSpace(constraint)
	switch constraint {
	case ".*", ".+", "path":
		p.all = true
	}
	if name, _, p.optional = strings.Cut(name, "="); p.optional {
		p.name = name
		return p.named()
	}
	if before, ok := strings.CutSuffix(name, "..."); ok {
		p.name, p.all = before, true
		return p.named()
	}
	p.name, p.optional = strings.CutSuffix(name, "?")
	p.optional = p.optional || strings.HasSuffix(constraint, "?")
	return p.named()
}

// cutStars cuts the asterisks before a name.
func cutStars(s string) (name string, all bool) {
	name = strings.TrimLeft(s, "*")
	return name, len(name) < len(s)
}

// angled reads the inside of <x>: x, or converter:x, where the converter may have arguments.
func angled(s string) routePiece {
	i := strings.LastIndexByte(s, ':')
	p := routePiece{name: s[i+1:], all: i > 0 && s[:i] == "path"}
	return p.named()
}

// starred reads "*", "**" or "*x" at the beginning of s.
func starred(s string) (p routePiece, n int) {
	name, _ := cutStars(s)
	stars := len(s) - len(name)
	length := nameLen(name)
	p = routePiece{name: name[:length], all: stars > 1 || length > 0}
	return p.named(), stars + length
}

// nameLen is the length of the name at the beginning of s.
func nameLen(s string) int {
	n := 0
	for n < len(s) && (classes[s[n]]&(letter|digit) != 0 || s[n] == '_' || s[n] >= 0x80) {
		n++
	}
	return n
}

// colon reads ":x" and what may modify it at the beginning of s. Without a name it is text.
func colon(s string) (p routePiece, n int) {
	if n = 1 + nameLen(s[1:]); n == 1 {
		return p, 0
	}
	p.name = s[1:n]
	if n < len(s) && s[n] == '(' {
		length := bracketed(s[n:])
		p.all = length > 0 && (s[n:n+length] == "(.*)" || s[n:n+length] == "(.+)")
		n += length
	}
	if n < len(s) {
		switch s[n] {
		case '?':
			p.optional = true
			n++
		case '*', '+':
			p.all = true
			n++
		}
	}
	return p, n
}

// named gives a parameter without a name its name.
func (p routePiece) named() routePiece {
	switch {
	case p.name != "":
	case p.all:
		p.name = unnamedRest
	default:
		p.name = unnamed
	}
	return p
}

// segment matches a segment that is text, or parameters beside text, with the extension of the path or without it.
func (m *routeMatch) segment(s *RouteSegment, text string) bool {
	if s.Format {
		if stem := formatless(text); stem != text && m.beside(s.Text, stem) {
			return true
		}
	}
	return m.beside(s.Text, text)
}

// formatless cuts the extension off the last segment of a path: all from its first dot on.
func formatless(path string) string {
	last := strings.LastIndexByte(path, '/') + 1
	if dot := textIndex(path[last:], "."); dot > 0 {
		return path[:last+dot]
	}
	return path
}

// beside matches parameters and what is beside them. A segment of a path may have parameters of its own behind it.
func (m *routeMatch) beside(segment, text string) bool {
	before := m.n
	if m.pieces(segment, text) {
		return true
	}
	m.n = before
	if i := strings.IndexByte(text, ';'); i > 0 && m.pieces(segment, text[:i]) {
		return true
	}
	m.n = before
	return false
}

// pieces matches text and parameters in turn. A parameter ends at the first place where the text behind it stands, at
// the end of the segment the last one.
func (m *routeMatch) pieces(segment, text string) bool {
	for i := 0; ; {
		end := textEnd(segment, i)
		if end == len(segment) {
			return sameText(text, segment[i:])
		}
		begin := textPrefix(text, segment[i:end])
		if begin < 0 {
			return false
		}
		text = text[begin:]
		p, n := pieceAt(segment, end)
		i = end + n
		length := pieceLen(segment, i, text)
		if length < 0 || length == 0 && !p.optional {
			return false
		}
		m.add(p.name, trimSession(text[:length]))
		text = text[length:]
		if i == len(segment) {
			return text == ""
		}
	}
}

// pieceLen is how much of the text a parameter takes that ends at i of the segment; -1 if what follows is not there.
func pieceLen(segment string, i int, text string) int {
	end := textEnd(segment, i)
	literal := segment[i:end]
	switch {
	case literal == "" && i < len(segment): // one parameter directly behind another: nobody can tell where
		return unitLen(text)
	case literal == "":
		return len(text)
	case end == len(segment):
		return textSuffix(text, literal)
	}
	return textIndex(text, literal)
}

// textEnd returns where the text at i ends and a parameter begins.
func textEnd(segment string, i int) int {
	for ; i < len(segment); i++ {
		if _, n := pieceAt(segment, i); n > 0 {
			return i
		}
	}
	return i
}
