package apicall

import (
	"strconv"
	"strings"
)

// Limits of the match of a route.
const (
	// MaxRouteParameters is the largest number of parameters of one route; those behind it are passed by.
	MaxRouteParameters = 32
	// maxMount is the largest number of segments before the template.
	maxMount = 8
	// maxTemplate is the longest template in bytes.
	maxTemplate = 512
)

// RouteParameters calls each for the path parameters of a call, in the order of the path: the template of a route, as a
// framework or [AppendRoute] writes it, against a raw path ([Call.Path]). It is false, and each is not called, if the
// path does not fit.
//
//   - {x}, {x:regex}, {x:int}, {x?}, {x=default}, :x, :x(regex), :x?, <x>, <int:x> take one segment, or a part of one
//     beside text: {id}.pdf, {from}-{to}, :from-:to, {id}:cancel.
//   - {*x}, {**x}, {x...}, {x:.*}, {x:path}, :x*, :x+, *x, <path:x>, and * or ** at the end take all that follows; where
//     nothing follows, the template fits and there is no parameter. A * elsewhere takes one segment.
//   - A parameter without a name is "id", or "rest" where it takes all that follows. The second of one name gets a 2 behind
//     it, the third a 3.
//   - Expressions and constraints are not evaluated: the service that wrote the route has done so.
//
// Up to eight segments may stand before the template, as for a router that is mounted somewhere. Empty segments count
// for nothing; case and percent-encoding of text do not matter, and neither do parameters (;jsessionid=...) of segments
// that have text; the parameter jsessionid is cut off values as well. A template of more than 512 bytes fits nothing.
//
// A value is percent-decoded, so it need not be UTF-8; one with a broken escape stays as it is. Values that would be
// empty are left out. Names and values are valid until each returns.
func RouteParameters(route, path string, each func(name, value string)) bool {
	var m routeMatch
	if !m.match(route, path) {
		return false
	}
	if m.n > 0 {
		m.emit(each)
	}
	return true
}

// routeMatch is the parameters of one route.
type routeMatch struct {
	found [MaxRouteParameters]routeParameter
	n     int
}

type routeParameter struct {
	name, value string
}

func (m *routeMatch) match(route, path string) bool {
	if len(route) > maxTemplate || route == "" || path == "" {
		return false
	}
	return m.find(ReadRoute(route), path)
}

// find looks for the first place in the path at which the template fits all that is left of it.
func (m *routeMatch) find(t RouteTemplate, path string) bool {
	if m.fits(t, path) {
		return true
	}
	if t.isEmpty() {
		return false // "/" is not mounted
	}
	for range maxMount {
		var segment string
		if segment, path = CutPathSegment(path); segment == "" {
			return false
		}
		if m.fits(t, path) {
			return true
		}
	}
	return false
}

// fits matches from the beginning of the path to its end.
func (m *routeMatch) fits(t RouteTemplate, path string) bool {
	m.n = 0
	for {
		s, more := t.Next()
		if s.Kind == RestSegment {
			m.add(s.Name, s.value(strings.TrimLeft(path, "/")))
			return true
		}
		var text string
		text, path = CutPathSegment(path)
		switch {
		case !more:
			return text == ""
		case s.Kind == ParameterSegment && text != "":
			m.add(s.Name, trimSession(s.value(text)))
		case s.Kind == ParameterSegment && !s.Optional:
			return false
		case s.Kind != ParameterSegment && (text == "" || !m.segment(&s, text)):
			return false
		}
	}
}

func (m *routeMatch) add(name, value string) {
	if value == "" || m.n == len(m.found) {
		return
	}
	m.found[m.n] = routeParameter{name: name, value: value}
	m.n++
}

// emit names the parameters, decodes their values and hands them over.
func (m *routeMatch) emit(each func(name, value string)) {
	s := newTextScratch()
	defer s.release()
	for i := range m.found[:m.n] {
		p := &m.found[i]
		s.buf = s.buf[:0]
		each(m.nameOf(i, s), s.unescaped(p.value))
	}
}

// nameOf is the name of the parameter, with its number behind it where it is not the first of that name. A number that
// another parameter has already in its name is passed by.
func (m *routeMatch) nameOf(i int, s *textScratch) string {
	name, number := m.found[i].name, 1
	for _, p := range m.found[:i] {
		if p.name == name {
			number++
		}
	}
	if number == 1 {
		return name
	}
	begin := len(s.buf)
	for {
		s.buf = append(s.buf[:begin], name...)
		s.buf = strconv.AppendInt(s.buf, int64(number), 10)
		if numbered := view(s.buf[begin:]); !m.has(numbered) {
			return numbered
		}
		number += MaxRouteParameters
	}
}

func (m *routeMatch) has(name string) bool {
	for _, p := range m.found[:m.n] {
		if p.name == name {
			return true
		}
	}
	return false
}

// unescaped returns s percent-decoded. It appends to the scratch only where there is something to decode.
func (s *textScratch) unescaped(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	begin := len(s.buf)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			var ok bool
			if c, ok = unescape(text[i:]); !ok {
				return text
			}
			i += len("%XX") - 1
		}
		s.buf = append(s.buf, c)
	}
	return view(s.buf[begin:])
}

// CutPathSegment cuts the first segment that is not empty off a path; "" if there is none. The rest begins with a slash.
// A segment of parameters alone (";a=1") is empty.
func CutPathSegment(path string) (segment, rest string) {
	for {
		path = strings.TrimLeft(path, "/")
		i := strings.IndexByte(path, '/')
		if i < 0 {
			i = len(path)
		}
		if segment, rest = path[:i], path[i:]; segment == "" || segment[0] != ';' {
			return segment, rest
		}
		path = rest
	}
}

// cutRouteSegment does the same to a template: a slash in an expression does not end the segment.
func cutRouteSegment(route string) (segment, rest string) {
	route = strings.TrimLeft(route, "/")
	for i := 0; i < len(route); {
		switch route[i] {
		case '/':
			return route[:i], route[i:]
		case '{', '(', '<':
			i += max(1, bracketed(route[i:]))
		default:
			i++
		}
	}
	return route, ""
}

// bracketed is the length of what brackets enclose at the beginning of s, which may have such brackets in it; 0 if they
// are not closed.
func bracketed(s string) int {
	var closing byte
	switch s[0] {
	case '{':
		closing = '}'
	case '(':
		closing = ')'
	case '<':
		closing = '>'
	default:
		return 0
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// trimSession cuts ";jsessionid=..." off a value: servlets without cookies append it to any path.
func trimSession(text string) string {
	const name = "jsessionid="
	if i := strings.LastIndexByte(text, ';'); i > 0 && len(text)-i > len(name) && strings.EqualFold(text[i+1:i+1+len(name)], name) {
		return text[:i]
	}
	return text
}
