package invariant

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// pathParameters are the values in the path, by the names that the template of the rule at hand gives them, else by
// those of http.route. Other rules' names for the same places do not count.
type pathParameters struct {
	lookup
	view      *view
	templates []string // of the rule; nil for child calls
	done      bool
	pairs     []Header
}

// of turns to another rule, by its templates.
func (p *pathParameters) of(templates []string) {
	if !slices.Equal(p.templates, templates) {
		p.forget()
		p.templates = templates
	}
}

func (p *pathParameters) forget() {
	p.done, p.pairs, p.templates = false, p.pairs[:0], nil
}

func (p *pathParameters) read() {
	if p.done {
		return
	}
	p.done = true
	add := func(name, value string) { // which are good until it returns
		p.pairs = append(p.pairs, Header{Name: strings.Clone(name), Value: strings.Clone(value)})
	}
	c := p.view.call
	for _, template := range p.templates {
		if apicall.RouteParameters(template, c.Path, add) {
			break
		}
	}
	apicall.RouteParameters(c.Route, c.Path, add)
}

// find is part of [finder].
func (p *pathParameters) find(name string) ref.Val {
	if p.view.call.long&longPath != 0 {
		return errUnknown
	}
	p.read()
	return first(p.pairs, name)
}

// names is part of [finder].
func (p *pathParameters) names() ([]string, *types.Err) {
	if p.view.call.long&longPath != 0 {
		return nil, errUnknown
	}
	p.read()
	return namesOf(p.pairs), nil
}

// headerMap are headers by their names in lower case.
type headerMap struct {
	lookup
	list []Header
	more bool // there are more than those
}

// find is part of [finder].
func (h *headerMap) find(name string) ref.Val {
	value := first(h.list, strings.ToLower(name))
	if h.more && value == ref.Val(errMissing) {
		return errUnknown
	}
	return value
}

// names is part of [finder].
func (h *headerMap) names() ([]string, *types.Err) {
	if h.more {
		return nil, errUnknown
	}
	return namesOf(h.list), nil
}

// first returns the first value of that name.
func first(pairs []Header, name string) ref.Val {
	for i := range pairs {
		if pairs[i].Name == name {
			if pairs[i].Long {
				return errUnknown
			}
			return types.String(pairs[i].Value)
		}
	}
	return errMissing
}

func namesOf(pairs []Header) []string {
	var names []string
	for i := range pairs {
		if !slices.Contains(names, pairs[i].Name) {
			names = append(names, pairs[i].Name)
		}
	}
	return names
}
