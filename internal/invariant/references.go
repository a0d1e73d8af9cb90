package invariant

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/nearest"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// mostFields is how many fields of one collection rules may read: the store has room for so many.
const mostFields = 64

// Collection is a collection of rows that rules read.
type Collection struct {
	Name string
	// Fields are those that rules read, sorted. No others are kept.
	Fields []string
}

// references are the collections of a book, and what its rules ask of them.
type references struct {
	collections []*collection
	questions   []question
	names       map[string]int // of the variables that questions become, to their places
}

// collection is a collection of rows, with what shows them. Those of earlier() have one row for each caller.
type collection struct {
	name     string
	place    int // among the collections of its book
	ofCaller bool
	parts    int // of a key
	declared map[string]bool
	fields   []column // that rules read
	sources  []*source
	asked    bool // rules read it
}

// column is a field that rules read.
type column struct {
	name   string
	form   form
	secret bool // it is taken from what looks like a secret
}

// source is one thing that shows rows of a collection: objects in calls of some APIs, statements on a table, or calls
// themselves.
type source struct {
	of        *collection
	services  []string
	apis      []rulefile.API
	templates []string // of the APIs, as far as they name parameters of the path
	table     string   // "": no statements
	objects   spot     // where objects are; without get: the call itself
	key       []spot
	fields    map[string]spot

	reads []taken // those of the fields that rules read
	want  apicall.Want
}

// taken is a field that a source has, by its place among those that rules read.
type taken struct {
	column int
	spot   spot
}

// declare compiles the references of all files. Sources of one name in several files add up.
func (c *compiler) declare(files []*rulefile.File) {
	for _, file := range files {
		for i := range file.References {
			r := &file.References[i]
			for j := range r.Sources {
				c.source(r, j)
			}
		}
	}
}

// source compiles one source of a collection.
func (c *compiler) source(r *rulefile.Reference, number int) {
	from := &r.Sources[number]
	of := c.collection(r.Name, len(from.Key))
	s := &source{of: of, services: from.Services, apis: from.APIs, table: strings.ToLower(from.Table), fields: make(map[string]spot)}
	s.templates = templatesOf(from.APIs)
	good := true
	refuse := func(key string, err error) {
		if err != nil {
			good = false
			c.tell(r.Problem(number, key, err.Error()))
		}
	}
	if of.parts != len(from.Key) {
		refuse("key", fmt.Errorf("has %s where a source before has %s: all keys of a collection are alike", counted(len(from.Key)), counted(of.parts)))
	}
	var err error
	if from.At != "" {
		s.objects, err = objectsAt(from.At)
		refuse("at", err)
	}
	for _, path := range from.Key {
		part, err := s.spot(path)
		refuse("key", err)
		s.key = append(s.key, part)
	}
	for _, field := range slices.Sorted(maps.Keys(from.Fields)) {
		s.fields[field], err = s.spot(from.Fields[field])
		refuse("fields."+field, err)
		of.declared[field] = true
	}
	if good {
		of.sources = append(of.sources, s)
	}
}

func counted(parts int) string {
	if parts == 1 {
		return "one part"
	}
	return strconv.Itoa(parts) + " parts"
}

// spot reads the path of a key or of a field. Of a table it is a column, unless it is absolute.
func (s *source) spot(text string) (spot, error) {
	path, err := rulefile.ParsePath(text)
	switch {
	case err == nil && path.Absolute():
		at, err := resolve(path)
		if err == nil {
			err = s.parameter(path)
		}
		return at, err
	case s.table != "":
		column := strings.ToLower(text)
		return spot{path: rulefile.Path{{Name: "db"}, {Name: column}}, steps: rulefile.Path{{Name: column}}}, nil
	case err != nil:
		return spot{}, err
	case s.objects.get == nil:
		return spot{}, fmt.Errorf("%s is in no object: write where the objects are as at, or begin the path with req, resp, env or call", text)
	}
	return spot{path: slices.Concat(s.objects.path, path), steps: path}, nil
}

// parameter refuses a parameter of the path that no template of the source has.
func (s *source) parameter(path rulefile.Path) error {
	if len(path) != 3 || path[0].Name != "req" || path[1].Name != "path" || s.table != "" {
		return nil
	}
	if names := parametersOfAll(s.apis); names != nil && !slices.Contains(names, path[2].Name) {
		return fmt.Errorf("req.path has no %s: %s", path[2].Name, nearest.Hint(path[2].Name, names))
	}
	return nil
}

// collection finds or makes the collection of that name.
func (c *compiler) collection(name string, parts int) *collection {
	of := c.byName[name]
	if of == nil {
		of = &collection{name: name, parts: parts, declared: make(map[string]bool)}
		c.byName[name] = of
	}
	return of
}

// ask puts a collection among those that rules read.
func (r *references) ask(of *collection) {
	if !of.asked {
		of.asked, of.place = true, len(r.collections)
		r.collections = append(r.collections, of)
	}
}

// column returns the place of a field among those that rules read; an error where it has no place, or is no one thing.
func (of *collection) column(name string) (int, error) {
	at := slices.IndexFunc(of.fields, func(f column) bool { return f.name == name })
	if at >= 0 {
		return at, nil
	}
	if len(of.fields) == mostFields {
		return 0, fmt.Errorf("rules read more than %d fields of %s: that many are kept", mostFields, of.name)
	}
	field := column{name: name, secret: isSecret(of.name + "." + name)}
	first := true
	for _, s := range of.sources {
		from, has := s.fields[name]
		if !has {
			continue
		}
		if !first && from.form != field.form {
			return 0, fmt.Errorf("%s.%s is a time in one source and none in another: give one of them another name", of.name, name)
		}
		first, field.form = false, from.form
		field.secret = field.secret || isSecret(from.path.String())
	}
	of.fields = append(of.fields, field)
	return len(of.fields) - 1, nil
}

// settle decides what sources read, when all rules have said what they ask for.
func (r *references) settle() {
	for _, of := range r.collections {
		for _, s := range of.sources {
			s.want = s.objects.want
			for _, part := range s.key {
				s.want |= part.want
			}
			for i := range of.fields {
				if from, has := s.fields[of.fields[i].name]; has {
					s.reads = append(s.reads, taken{i, from})
					s.want |= from.want
				}
			}
		}
	}
}

// References returns the collections of rows that rules read, by their names, those of earlier() among them.
func (b *Book) References() []Collection {
	var all []Collection
	for _, of := range b.references.collections {
		c := Collection{Name: of.name}
		for i := range of.fields {
			c.Fields = append(c.Fields, of.fields[i].name)
		}
		slices.Sort(c.Fields)
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Collection) int { return strings.Compare(a.Name, b.Name) })
	return all
}
