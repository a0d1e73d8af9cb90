package baseline

import (
	"maps"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// use is a field of a collection that a rule reads; "" is none but the key.
type use struct {
	collection *Collection
	field      string
}

// references are collections with the fields that rules read.
func (b *builder) references(read map[*Collection][]string) []rulefile.Reference {
	if b.learner.scene == nil {
		return nil
	}
	var out []rulefile.Reference
	for _, c := range b.learner.scene.Collections {
		fields, used := read[c]
		if !used {
			continue
		}
		slices.Sort(fields)
		fields = slices.DeleteFunc(slices.Compact(fields), func(f string) bool { return f == "" })
		ref := rulefile.Reference{Name: c.Name}
		for i := range c.Sources {
			if s, ok := b.source(c, &c.Sources[i], fields); ok && writable(&s) {
				ref.Sources = append(ref.Sources, s)
			}
		}
		if len(ref.Sources) > 0 {
			out = append(out, ref)
		}
	}
	return out
}

// pathTo is the path to a member of an object.
func pathTo(name string) string {
	if isName(name) {
		return name
	}
	return "[" + quoted(name) + "]"
}

// fieldName is the name of a field in rules: the end of a path stands for it.
func fieldName(name string) string {
	if isCaller(name) {
		return callerName(name)
	}
	name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "call."), "resp.body."), "req.body.")
	if isName(name) {
		return name[:min(len(name), 56)]
	}
	return "f_" + strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}

// writable is true for a source that a rule file has words for: a caller may put any name into a body.
func writable(s *rulefile.Source) bool {
	paths := append(slices.Clone(s.Key), slices.Collect(maps.Values(s.Fields))...)
	if s.At != "" {
		paths = append(paths, s.At)
	}
	return !slices.ContainsFunc(paths, func(path string) bool {
		_, err := rulefile.ParsePath(path)
		return err != nil
	})
}

// source writes where entities are shown; false where a rule file has no words for it.
func (b *builder) source(c *Collection, s *Source, fields []string) (rulefile.Source, bool) {
	out := rulefile.Source{Fields: make(map[string]string)}
	if s.Table != "" {
		out.Table, out.Key = s.Table, []string{s.Column}
		for _, f := range fields {
			switch n := c.fields[f]; {
			case strings.EqualFold(f, c.Key):
				out.Fields[c.written(f)] = pathTo(s.Column)
			case !isCaller(f) && !c.numeric(n):
				out.Fields[c.written(f)] = pathTo(f)
			}
		}
		return out, true
	}
	a := b.learner.state.APIs[s.API]
	api, err := rulefile.ParseAPI(a.Method + " " + a.Route)
	if err != nil || strings.Contains(a.Route, "*") {
		return out, false
	}
	out.APIs = []rulefile.API{api}
	if a.Service != "" {
		out.Services = []string{a.Service}
	}
	if s.Place < 0 {
		out.Key = []string{a.Places[s.Key].longPath()}
		for _, f := range fields {
			out.Fields[c.written(f)] = f
		}
		return out, true
	}
	place := a.Places[s.Place]
	out.At, out.Key = place.longPath(), []string{pathTo(s.Column)}
	for _, f := range fields {
		if isCaller(f) {
			if f == a.callerField() {
				out.Fields[c.written(f)] = "env.user.id"
			}
			continue
		}
		from := f
		if strings.EqualFold(f, c.Key) {
			from = s.Column
		}
		if _, there := place.children[from]; there {
			out.Fields[c.written(f)] = pathTo(from)
		}
	}
	return out, !strings.Contains(out.At, `["`)
}
