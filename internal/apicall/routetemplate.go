package apicall

import "strings"

// SegmentKind is what a segment of a template stands for.
type SegmentKind uint8

const (
	// FixedSegment is text.
	FixedSegment SegmentKind = iota
	// MixedSegment is parameters with text beside them, or several of them: {id}.pdf, {from}-{to}.
	MixedSegment
	// ParameterSegment is one parameter, which takes one segment of a path.
	ParameterSegment
	// RestSegment is one parameter that takes all that follows, which may be nothing. It is the last.
	RestSegment
)

// RouteSegment is a segment of a template, as [RouteParameters] understands it.
type RouteSegment struct {
	// Text is the segment as written, without slashes; never empty.
	Text string
	// Name is that of a parameter or rest, and "" for text. Those of a mixed segment are in [RouteNames].
	Name string
	Kind SegmentKind
	// Optional is true for a parameter without which a path may end.
	Optional bool
	// Format is true where a path may have an extension behind the segment: the last one before (.:format).
	Format bool
	// Plain is true for text that is its own shape: small ASCII letters, digits, -, _ and dots.
	Plain bool
}

// RouteTemplate is what is left to read of a template. Copies are read on their own.
type RouteTemplate struct {
	left   string
	format bool
}

// ReadRoute begins to read a template. What is none of it is cut off: the method that Go's patterns begin with
// ("GET /a"), the end that they mark ("/a/{$}"), and the format that those of Rails may end with ("/a(.:format)").
func ReadRoute(route string) RouteTemplate {
	if route != "" && route[0] != '/' {
		if space := strings.IndexByte(route, ' '); space > 0 && isMethod(route[:space]) {
			route = strings.TrimLeft(route[space:], " ")
		}
	}
	var t RouteTemplate
	t.left, t.format = strings.CutSuffix(strings.TrimSuffix(route, "{$}"), "(.:format)")
	return t
}

// Next reads a segment; false at the end. Empty segments are passed by.
func (t *RouteTemplate) Next() (s RouteSegment, more bool) {
	if !t.common(&s) {
		s.Text, t.left = cutRouteSegment(t.left)
		if s.Text == "" {
			return s, false
		}
	}
	last := (t.format || s.Text == "*") && strings.TrimLeft(t.left, "/") == ""
	s.Format = t.format && last
	if s.Plain || s.Name != "" {
		return s, true
	}
	p, whole := wholeParameter(s.Text, last)
	switch {
	case whole && p.all:
		s.Kind, t.left = RestSegment, ""
	case whole:
		s.Kind = ParameterSegment
	case textEnd(s.Text, 0) < len(s.Text):
		s.Kind = MixedSegment
	}
	s.Name, s.Optional = p.name, p.optional
	if !whole {
		s.Name, s.Optional = "", false
	}
	return s, true
}

// common reads the segments that most templates are made of, which is a matter of one loop: plain text, and {name}.
func (t *RouteTemplate) common(s *RouteSegment) bool {
	route := t.left
	begin := 0
	for begin < len(route) && route[begin] == '/' {
		begin++
	}
	if begin == len(route) {
		return false
	}
	end := begin
	if route[begin] == '{' {
		end++
		end += nameLen(route[end:])
		if name := route[begin+1 : end]; name != "" && end < len(route) && route[end] == '}' {
			s.Name, s.Kind = name, ParameterSegment
			end++
		}
	} else {
		for end < len(route) && isPlain(route[end]) {
			end++
		}
		s.Plain = true
	}
	if end < len(route) && route[end] != '/' {
		*s = RouteSegment{}
		return false
	}
	s.Text, t.left = route[begin:end], route[end:]
	return true
}

func isPlain(c byte) bool {
	return classes[c]&(lower|digit|dash) != 0 || c == '_' || c == '.'
}

// isEmpty is true for the template of "/".
func (t *RouteTemplate) isEmpty() bool { return strings.TrimLeft(t.left, "/") == "" }

// value cuts what is no value off what a parameter takes.
func (s *RouteSegment) value(text string) string {
	if s.Format {
		return formatless(text)
	}
	return text
}

// Fits is whether the segment, one of text or a mixed one, fits a segment of a path as [CutPathSegment] cuts it.
func (s *RouteSegment) Fits(text string) bool {
	var m routeMatch
	return m.segment(s, text)
}

// AppendShape appends what is the same for segments that fit the same, whatever their parameters are called: text
// decoded and in one case as [FoldText] has it, and {} for a parameter.
func (s *RouteSegment) AppendShape(dst []byte) []byte {
	return s.appendShape(dst, "{}")
}

// AppendPattern is AppendShape with {?} for a parameter that may be empty.
func (s *RouteSegment) AppendPattern(dst []byte) []byte {
	return s.appendShape(dst, "{?}")
}

func (s *RouteSegment) appendShape(dst []byte, optional string) []byte {
	for i := 0; i < len(s.Text); {
		end := textEnd(s.Text, i)
		dst = appendFolded(dst, s.Text[i:end])
		if end == len(s.Text) {
			break
		}
		p, n := pieceAt(s.Text, end)
		if p.optional {
			dst = append(dst, optional...)
		} else {
			dst = append(dst, "{}"...)
		}
		i = end + n
	}
	return dst
}

// RouteNames returns the names of the parameters of a template, in its order, as [RouteParameters] calls them where all
// have a value: at most [MaxRouteParameters].
func RouteNames(template string) []string {
	var m routeMatch
	t := ReadRoute(template)
	for s, more := t.Next(); more; s, more = t.Next() {
		if s.Name != "" {
			m.add(s.Name, s.Name)
			continue
		}
		for i := textEnd(s.Text, 0); i < len(s.Text); {
			p, n := pieceAt(s.Text, i)
			m.add(p.name, p.name)
			i = textEnd(s.Text, i+n)
		}
	}
	var names []string
	scratch := newTextScratch()
	defer scratch.release()
	for i := range m.n {
		scratch.buf = scratch.buf[:0]
		names = append(names, strings.Clone(m.nameOf(i, scratch)))
	}
	return names
}
