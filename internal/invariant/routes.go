package invariant

import (
	"strings"
)

// routes finds the rules of a route. It is a trie of segments; a parameter is one place, whatever it is called.
type routes struct {
	fixed     map[string]*routes
	parameter *routes
	rest      *ruleset // of templates that end here with /**
	exact     *ruleset // of templates that end here
}

// ruleset are the rules of one template, and of those that match all that it does.
type ruleset struct {
	rules []scopedAPI
}

func (r *ruleset) add(s scopedAPI) *ruleset {
	if r == nil {
		r = new(ruleset)
	}
	r.rules = append(r.rules, s)
	return r
}

// add files a rule under its template.
func (t *routes) add(s scopedAPI) {
	template, all := strings.CutSuffix(s.api.Route, "/**")
	at := t
	for segment, rest, more := next(template); more; segment, rest, more = next(rest) {
		at = at.child(segment)
	}
	if all {
		at.rest = at.rest.add(s)
	} else {
		at.exact = at.exact.add(s)
	}
}

func (t *routes) child(segment string) *routes {
	if isParameter(segment) {
		if t.parameter == nil {
			t.parameter = new(routes)
		}
		return t.parameter
	}
	if t.fixed == nil {
		t.fixed = make(map[string]*routes)
	}
	child := t.fixed[segment]
	if child == nil {
		child = new(routes)
		t.fixed[segment] = child
	}
	return child
}

// inherit hands the rules of /** down to what they match.
func (t *routes) inherit(from *ruleset) {
	t.rest = merged(t.rest, from)
	t.exact = merged(t.exact, t.rest)
	for _, child := range t.fixed {
		child.inherit(t.rest)
	}
	if t.parameter != nil {
		t.parameter.inherit(t.rest)
	}
}

func merged(own, from *ruleset) *ruleset {
	switch {
	case own == nil:
		return from
	case from == nil:
		return own
	}
	own.rules = append(own.rules, from.rules...)
	return own
}

// route finds the rules of a route that was given; nil if there are none.
func (t *routes) route(route string) *ruleset {
	at := t
	for segment, rest, more := next(route); more; segment, rest, more = next(rest) {
		child := at.fixed[segment]
		if isParameter(segment) {
			child = at.parameter
		}
		if child == nil {
			return at.rest
		}
		at = child
	}
	return at.exact
}

// path finds the rules of the template that a path fits, the one with the most fixed segments first.
func (t *routes) path(path string) *ruleset {
	steps := maxSteps
	return t.fit(path, &steps)
}

// maxSteps bounds the search: templates that differ only behind a parameter make it go both ways.
const maxSteps = 200

func (t *routes) fit(path string, steps *int) *ruleset {
	*steps--
	segment, rest, more := next(path)
	if !more {
		return t.exact
	}
	if *steps < 0 {
		return t.rest
	}
	if child := t.fixed[segment]; child != nil {
		if found := child.fit(rest, steps); found != nil {
			return found
		}
	}
	if t.parameter != nil && segment != "" {
		if found := t.parameter.fit(rest, steps); found != nil {
			return found
		}
	}
	return t.rest
}

// next cuts the first segment of a path; slashes at its end do not count.
func next(path string) (segment, rest string, more bool) {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return "", "", false
	}
	segment, rest, _ = strings.Cut(path, "/")
	return segment, rest, true
}

// isParameter is true for {x}, :x and <x>, with whatever type or pattern they have.
func isParameter(segment string) bool {
	if len(segment) < 2 {
		return false
	}
	switch segment[0] {
	case ':':
		return true
	case '{', '<':
		return segment[len(segment)-1] == segment[0]+2
	}
	return false
}
