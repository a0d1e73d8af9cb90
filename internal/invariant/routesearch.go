package invariant

import (
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// maxShape is room for the shape of any segment of a route: {} may stand for one byte.
const maxShape = 2 * apicall.MaxRouteBytes

// of finds the rules of a call; nil if there are none. They may be about other methods and services as well. A route
// that was not given is a guess, so the path is held against the templates of the rules instead.
func (t *routes) of(service string, c *apicall.Call) *ruleset {
	if c.RouteGiven {
		return t.route(c.Route)
	}
	s := search{service: service, method: c.Method, steps: maxSteps}
	return s.find(&t.paths, c.Path)
}

// route finds the rules of a route that was given.
func (t *routes) route(route string) *ruleset {
	at, template := &t.given, apicall.ReadRoute(route)
	for {
		segment, more := template.Next()
		if !more {
			break
		}
		child := at.same(&segment)
		if child == nil {
			return at.following()
		}
		at = child
	}
	if at.ends != nil {
		return at.ends
	}
	return at.following()
}

func (t *node) same(segment *apicall.RouteSegment) *node {
	switch {
	case segment.Plain:
		return t.fixed[segment.Text]
	case segment.Kind == apicall.ParameterSegment:
		return t.parameter
	case segment.Kind == apicall.RestSegment || len(t.fixed) == 0:
		return nil
	}
	var buf [maxShape]byte
	return t.fixed[string(segment.AppendShape(buf[:0]))]
}

func (t *node) following() *ruleset {
	if t.rest != nil {
		return t.rest
	}
	return t.above
}

// maxSteps bounds the search by path. Whoever picks the path can make it go all ways in which templates fit, which are
// at most as many as the templates have segments, but those may be many. What is found until then counts.
const maxSteps = 1 << 10

// search finds rules by a path, of all templates with rules about the service and the method the one with text where
// others have parameters, from the left.
type search struct {
	service, method string
	steps           int
	folded          [apicall.MaxRouteBytes]byte
}

func (s *search) find(t *node, path string) *ruleset {
	text, rest := apicall.CutPathSegment(path)
	if text == "" {
		if found := s.about(t.ends); found != nil {
			return found
		}
		return s.about(t.rest)
	}
	if s.steps--; s.steps > 0 {
		if found := s.findBehind(t, text, rest); found != nil {
			return found
		}
	}
	return s.about(t.rest)
}

// findBehind goes on behind a segment.
func (s *search) findBehind(t *node, text, rest string) *ruleset {
	if child := s.fixed(t, text); child != nil {
		if found := s.find(child, rest); found != nil {
			return found
		}
	}
	if i := strings.IndexByte(text, ';'); i > 0 { // parameters of the segment
		if child := s.fixed(t, text[:i]); child != nil {
			if found := s.find(child, rest); found != nil {
				return found
			}
		}
	}
	for i := range t.mixed {
		e := &t.mixed[i]
		if s.steps--; s.steps <= 0 {
			return nil
		}
		if e.segment.Fits(text) {
			if found := s.find(e.to, rest); found != nil {
				return found
			}
		}
	}
	if t.parameter != nil {
		return s.find(t.parameter, rest)
	}
	return nil
}

func (s *search) fixed(t *node, text string) *node {
	if len(t.fixed) == 0 {
		return nil
	}
	folded, ok := apicall.FoldText(s.folded[:0], text)
	if !ok {
		return nil
	}
	return t.fixed[string(folded)]
}

// about returns the rules if one of the template itself is about the service and the method.
func (s *search) about(r *ruleset) *ruleset {
	if r == nil {
		return nil
	}
	for i := range r.rules[:r.own] {
		if r.rules[i].about(s.service, s.method) {
			return r
		}
	}
	return nil
}

// parametersOf returns the names that a template gives to the parameters of a path, which are at least these; nil if
// there may be others, as it takes all that follows.
func parametersOf(template string) []string {
	t := apicall.ReadRoute(template)
	for segment, more := t.Next(); more; segment, more = t.Next() {
		if segment.Kind == apicall.RestSegment {
			return nil
		}
	}
	return append([]string{}, apicall.RouteNames(template)...)
}
