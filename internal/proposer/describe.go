package proposer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	maxEnvironment = 1 << 10 // bytes
	mostColumns    = 80      // of an entity
	mostKeys       = 3
	mostValues     = 12
	maxValue       = 40 // bytes
)

// writer writes entities as the model sees them: JSON, whose strings cannot end early and have no < and >, so that what
// is in them cannot leave the part that is marked as data.
type writer struct {
	values   bool            // shows them
	room     int             // bytes of the text of an API, a table or a collection
	withheld map[string]bool // names that are not shown
}

func newWriter(s *Settings) *writer {
	const share = 8 // two of them, what they are asked and the environment are a question, which is half of all
	return &writer{values: s.ShowValues, room: s.MaxPromptBytes / share, withheld: make(map[string]bool)}
}

// Texts of entities. Maps have their keys in order when they are written.
type (
	apiText struct {
		API        string            `json:"api"`
		Service    string            `json:"service,omitempty"`
		Columns    map[string]string `json:"fields,omitempty"`
		Statements []statementText   `json:"statements,omitempty"`
		Children   []string          `json:"child_calls,omitempty"`
	}
	statementText struct {
		Op    string   `json:"op"`
		Table string   `json:"table"`
		Where []string `json:"where,omitempty"`
		Set   []string `json:"set,omitempty"`
	}
	tableText struct {
		Table   string            `json:"table"`
		Columns map[string]string `json:"columns,omitempty"`
	}
	collectionText struct {
		Collection string            `json:"collection"`
		Key        []string          `json:"key"`
		Columns    map[string]string `json:"fields,omitempty"`
	}
)

// api returns the text of an API.
func (w *writer) api(a *API) json.RawMessage {
	text := apiText{API: a.API}
	if a.Service != "" && w.may(a.Service) {
		text.Service = a.Service
	}
	const share = 4
	room := w.room / share
	for _, s := range a.Statements {
		if !w.may(s.Table) || !isName(s.Op) {
			continue
		}
		statement := statementText{s.Op, s.Table, w.names(s.Where), w.names(s.Set)}
		if room -= len(write(statement)); room < 0 {
			break
		}
		text.Statements = append(text.Statements, statement)
	}
	room = w.room / share
	for _, child := range a.Children {
		if !isRoute(child) {
			continue
		}
		if room -= len(write(child)); room < 0 {
			break
		}
		text.Children = append(text.Children, child)
	}
	return w.fit(w.room, a.Columns, func(columns map[string]string) any {
		text.Columns = columns
		return text
	})
}

func (w *writer) table(t *Table) json.RawMessage {
	return w.fit(w.room, t.Columns, func(columns map[string]string) any { return tableText{t.Name, columns} })
}

// collection has names of a rule file, which need no check.
func (w *writer) collection(c *Collection) json.RawMessage {
	var key []string
	for i := range c.Key[:min(len(c.Key), mostKeys)] {
		key = append(key, c.Key[i].kind())
	}
	return w.fit(w.room, c.Fields, func(columns map[string]string) any { return collectionText{c.Name, key, columns} })
}

// environment returns what is known of callers.
func (w *writer) environment(columns []Column) json.RawMessage {
	return w.fit(maxEnvironment, columns, func(columns map[string]string) any { return columns })
}

// fit writes an entity with so many of its columns, the first ones, that it is not too long.
func (w *writer) fit(room int, columns []Column, text func(map[string]string) any) json.RawMessage {
	shown := make(map[string]string)
	var order []string
	for i := range columns {
		path, ok := pathOf(columns[i].Path)
		if !ok {
			w.withheld[strings.Join(columns[i].Path, ".")] = true
			continue
		}
		if _, twice := shown[path]; !twice {
			order = append(order, path)
			shown[path] = w.describe(&columns[i])
		}
	}
	for {
		written := write(text(shown))
		if len(written) <= room || len(order) == 0 {
			return written
		}
		keep := len(order) * 3 / 4
		for _, path := range order[keep:] {
			delete(shown, path)
		}
		order = order[:keep]
	}
}

// describe tells in a few words what a column has: "text uuid, in 35 % of calls".
func (w *writer) describe(c *Column) string {
	text := c.kind()
	if c.Share > 0 && c.Share < 0.995 {
		text += fmt.Sprintf(", in %.2g %% of calls", 100*c.Share)
	}
	if len(c.Enum) > 0 {
		text += ", specified as one of " + quoted(c.Enum)
	}
	if !w.values || isSecret(c.Path) {
		return text
	}
	if len(c.Values) > 0 {
		text += ", seen as " + quoted(c.Values)
	}
	if c.Least != "" || c.Most != "" {
		text += ", seen from " + quoted([]string{c.Least}) + " to " + quoted([]string{c.Most})
	}
	return text
}

// kind is the type and the format.
func (c *Column) kind() string {
	text := cmp.Or(clip(c.Type, maxValue), "unknown type")
	if c.Format != "" {
		text += " " + clip(c.Format, maxValue)
	}
	return text
}

// quoted returns values, of many the first ones.
func quoted(values []string) string {
	var all []string
	for _, value := range values[:min(len(values), mostValues)] {
		all = append(all, strconv.Quote(clip(value, maxValue)))
	}
	if len(values) > mostValues {
		all = append(all, "and others")
	}
	return strings.Join(all, ", ")
}

// names returns the names that may be shown, sorted.
func (w *writer) names(all []string) []string {
	var shown []string
	for _, name := range all {
		if w.may(name) {
			shown = append(shown, name)
		}
	}
	slices.Sort(shown)
	return shown
}

// may is whether a name may be shown, and counts those that may not.
func (w *writer) may(name string) bool {
	if isName(name) {
		return true
	}
	if name != "" {
		w.withheld[name] = true
	}
	return false
}

// plain is [write] with < and > as they are, which rules are full of: for examples, and for what the model itself wrote.
func plain(value any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // as in write
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// write returns a value as JSON on one line.
func write(value any) json.RawMessage {
	written, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts and lists of them can always be written
	}
	return written
}
