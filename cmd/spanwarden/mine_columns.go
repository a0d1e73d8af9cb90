package main

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/proposer"
)

// Bounds of what is noted of one entity. Names are the callers' to choose.
const (
	maxNotedFields   = 400
	maxNotedDepth    = 10
	maxNotedElements = 20 // of a list
	maxNotedValues   = 12
	maxNotedName     = 64 // bytes; longer names are keys that somebody made up
	maxNotedValue    = 40 // bytes
)

// fields are what the calls of an entity have, as a tree of names.
type fields struct {
	root field
	room int // fields that still fit
}

func newFields() *fields { return &fields{room: maxNotedFields} }

// field is one name with all values that it had.
type field struct {
	name    string
	members map[string]*field
	element *field // of lists

	calls, last int             // calls that have it, and which did last
	types       map[string]bool // as the schema names them
	texts       int
	formats     [4]int          // texts of each
	values      map[string]bool // nil once there are too many
	crowded     bool
	least, most float64
	numbers     int
}

var formatNames = [4]string{"uuid", "date", "e-mail", "digits"}

// at returns the field of these names, nil if there is no room for it.
func (f *fields) at(names ...string) *field {
	at := &f.root
	for _, name := range names {
		if at = f.member(at, name); at == nil {
			return nil
		}
	}
	return at
}

func (f *fields) member(of *field, name string) *field {
	if m := of.members[name]; m != nil || f.room == 0 || len(name) > maxNotedName {
		return m
	}
	if of.members == nil {
		of.members = make(map[string]*field)
	}
	f.room--
	name = strings.Clone(name)
	m := &field{name: name}
	of.members[name] = m
	return m
}

func (f *fields) elementOf(list *field) *field {
	if list.element == nil && f.room > 0 {
		f.room--
		list.element = &field{name: "[]"}
	}
	return list.element
}

// document notes a value and all that is in it.
func (f *fields) document(at *field, n document.Node, call, depth int) {
	if at == nil || depth == maxNotedDepth {
		return
	}
	switch n.Kind() {
	case document.Object:
		at.saw("object", call)
		for i := range n.Len() {
			f.document(f.member(at, n.Name(i)), n.Item(i), call, depth+1)
		}
	case document.List:
		at.saw("list", call)
		for i := range min(n.Len(), maxNotedElements) {
			f.document(f.elementOf(at), n.Item(i), call, depth+1)
		}
	case document.Text:
		at.text(n.Text(), call)
	case document.Int:
		at.number("integer", strconv.FormatInt(n.Int(), 10), call)
	case document.Double:
		at.number("number", strconv.FormatFloat(n.Double(), 'g', -1, 64), call)
	case document.Bool:
		at.saw("boolean", call)
	case document.Uint, document.Big:
		at.saw("integer", call)
	case document.Null: // says nothing of the type
	}
}

func (f *field) saw(kind string, call int) {
	if f == nil {
		return
	}
	if f.types == nil {
		f.types = make(map[string]bool)
	}
	f.types[kind] = true
	if f.last != call {
		f.last = call
		f.calls++
	}
}

func (f *field) text(text string, call int) {
	if f == nil {
		return
	}
	f.saw("text", call)
	f.texts++
	for i, is := range [...]bool{invariant.IsUUID(text), invariant.IsDate(text), invariant.IsEmail(text), text != "" && strings.Trim(text, "0123456789") == ""} {
		if is {
			f.formats[i]++
		}
	}
	f.value(text)
}

func (f *field) number(kind, text string, call int) {
	if f == nil {
		return
	}
	f.saw(kind, call)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if f.numbers == 0 {
			f.least, f.most = n, n
		}
		f.numbers++
		f.least, f.most = min(f.least, n), max(f.most, n)
	}
	f.value(text)
}

func (f *field) value(text string) {
	switch {
	case f.crowded || f.values[text]:
	case len(f.values) == maxNotedValues || len(text) > maxNotedValue:
		f.values, f.crowded = nil, true
	default:
		if f.values == nil {
			f.values = make(map[string]bool)
		}
		f.values[strings.Clone(text)] = true
	}
}

// columns of all fields that had a value, by path. Shares are of so many calls.
func (f *fields) columns(calls int) []proposer.Column {
	return f.root.columns(nil, calls, nil)
}

func (f *field) columns(path []string, calls int, into []proposer.Column) []proposer.Column {
	if len(path) > 0 && len(f.types) > 0 && (!f.types["object"] || len(f.types) > 1) {
		into = append(into, f.column(path, calls))
	}
	for _, name := range slices.Sorted(maps.Keys(f.members)) {
		into = f.members[name].columns(append(slices.Clone(path), name), calls, into)
	}
	if f.element != nil {
		into = f.element.columns(append(slices.Clone(path), "[]"), calls, into)
	}
	return into
}

func (f *field) column(path []string, calls int) proposer.Column {
	if f.types["number"] {
		delete(f.types, "integer") // some of them are whole
	}
	c := proposer.Column{Path: path, Type: strings.Join(slices.Sorted(maps.Keys(f.types)), "|"), Share: float64(f.calls) / float64(max(1, calls))}
	for i, texts := range f.formats {
		if f.texts > 0 && texts == f.texts {
			c.Format = cmp.Or(c.Format, formatNames[i])
		}
	}
	if !f.crowded {
		c.Values = slices.Sorted(maps.Keys(f.values))
	}
	if f.numbers > 0 {
		c.Least, c.Most = strconv.FormatFloat(f.least, 'g', -1, 64), strconv.FormatFloat(f.most, 'g', -1, 64)
	}
	return c
}
