package invariant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// routes finds the rules of a call: by its route if that was given, else by its path. Templates are read as
// [apicall.RouteParameters] reads them, so that a rule finds in the path the parameters that its template has. Unlike
// there, a template begins where the path does.
//
// A given route is that of a rule if both are the same but for the names and the expressions of parameters, the method
// in front and the case of letters, and whether parameters may be absent. All ways to write "all that follows" are one:
// /**, /*, {x...}, {*x}, <path:x>.
type routes struct {
	given node // by shapes of segments
	paths node // by what segments fit
}

// node is a place in a trie of segments.
type node struct {
	fixed     map[string]*node // by folded text; of given routes, also by the shape of parameters beside text
	mixed     []edge           // of paths, those with most text first
	parameter *node
	rest      *ruleset // of templates that take all that follows here
	ends      *ruleset // of templates that end here
	above     *ruleset // what takes all that follows further up
}

// edge leads to what is behind a segment of parameters beside text.
type edge struct {
	segment apicall.RouteSegment
	pattern string
	text    int // bytes of text in it
	to      *node
}

// ruleset are the rules of one template, and behind them those of templates that match all that it does.
type ruleset struct {
	rules []scopedAPI
	own   int // of the template itself
}

func (r *ruleset) add(s scopedAPI) *ruleset {
	if r == nil {
		r = new(ruleset)
	}
	r.rules = append(r.rules, s)
	r.own = len(r.rules)
	return r
}

func (r *ruleset) inherit(from *ruleset) {
	if r != nil && from != nil {
		r.rules = append(r.rules, from.rules...)
	}
}

// addAll files a rule under the templates of all its APIs.
func (t *routes) addAll(s *scoped) {
	for _, api := range s.apis {
		if api.AnyRoute() {
			api.Route = "/**"
		}
		t.add(scopedAPI{s, api})
	}
}

// add files a rule under its template.
func (t *routes) add(s scopedAPI) {
	t.given.file(s, (*node).childOfShape)
	t.paths.file(s, (*node).childThatFits)
}

// file files a rule wherever a path may end that fits its template.
func (t *node) file(s scopedAPI, child func(*node, *apicall.RouteSegment) *node) {
	at, template := t, apicall.ReadRoute(s.api.Route)
	for {
		left := template
		segment, more := template.Next()
		if segment.Kind == apicall.RestSegment {
			at.rest = at.rest.add(s)
			return
		}
		if mayEnd(left) {
			at.ends = at.ends.add(s)
		}
		if !more {
			return
		}
		if segment.Format && segment.Kind != apicall.ParameterSegment {
			with := at.childOfPattern(&segment) // paths with an extension; others fit the child below
			with.ends = with.ends.add(s)
		}
		segment.Format = false
		at = child(at, &segment)
	}
}

// mayEnd is true if a path may end before what is left of the template.
func mayEnd(left apicall.RouteTemplate) bool {
	for segment, more := left.Next(); more && segment.Kind != apicall.RestSegment; segment, more = left.Next() {
		if !segment.Optional {
			return false
		}
	}
	return true
}

func (t *node) childOfShape(segment *apicall.RouteSegment) *node {
	if segment.Kind == apicall.ParameterSegment {
		if t.parameter == nil {
			t.parameter = new(node)
		}
		return t.parameter
	}
	if t.fixed == nil {
		t.fixed = make(map[string]*node)
	}
	shape := string(segment.AppendShape(nil))
	child := t.fixed[shape]
	if child == nil {
		child = new(node)
		t.fixed[shape] = child
	}
	return child
}

func (t *node) childThatFits(segment *apicall.RouteSegment) *node {
	if segment.Kind == apicall.MixedSegment {
		return t.childOfPattern(segment)
	}
	return t.childOfShape(segment)
}

func (t *node) childOfPattern(segment *apicall.RouteSegment) *node {
	pattern := string(segment.AppendPattern(nil))
	for _, e := range t.mixed {
		if e.pattern == pattern && e.segment.Format == segment.Format {
			return e.to
		}
	}
	text := len(strings.NewReplacer("{}", "", "{?}", "").Replace(pattern))
	e := edge{segment: *segment, pattern: pattern, text: text, to: new(node)}
	i, _ := slices.BinarySearchFunc(t.mixed, e, edge.compare)
	t.mixed = slices.Insert(t.mixed, i, e)
	return e.to
}

// compare puts the edges with most text first, and of one pattern the one without an extension.
func (e edge) compare(o edge) int {
	if e.pattern == o.pattern && e.segment.Format {
		return 1
	}
	return cmp.Or(o.text-e.text, strings.Compare(e.pattern, o.pattern), -1)
}

// inherit hands the rules that take all that follows down to what they match.
func (t *routes) inherit(from *ruleset) {
	t.given.inherit(from)
	t.paths.inherit(from)
}

func (t *node) inherit(from *ruleset) {
	t.above = from
	if t.rest != nil {
		t.rest.inherit(from)
		from = t.rest
	}
	t.ends.inherit(from)
	for _, child := range t.fixed {
		child.inherit(from)
	}
	for _, e := range t.mixed {
		e.to.inherit(from)
	}
	if t.parameter != nil {
		t.parameter.inherit(from)
	}
}
