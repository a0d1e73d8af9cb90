package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/proposer"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// Bounds of a schema.
const (
	maxNotedAPIs       = 1000
	maxNotedTables     = 1000
	maxNotedStatements = 40 // shapes of an API
	maxNotedChildren   = 40 // of an API
)

// schema is what a traffic shows of an application, for a language model: names and types.
type schema struct {
	apis        map[schemaKey]*schemaAPI
	tables      map[string]*schemaTable
	environment *fields
	calls       int
	document    document.Document
}

type schemaKey struct{ service, api string }

type schemaAPI struct {
	fields     *fields
	calls      int
	statements map[string]proposer.Statement // by shape
	children   map[string]bool
}

type schemaTable struct {
	fields     *fields
	statements int
}

func newSchema() *schema {
	return &schema{apis: make(map[schemaKey]*schemaAPI), tables: make(map[string]*schemaTable), environment: newFields()}
}

func (s *schema) trace(t *replay.Trace) {
	for i := range t.Calls {
		s.call(&t.Calls[i])
	}
}

func (s *schema) call(o *replay.Observation) {
	c := o.Call
	s.calls++
	s.caller(c)
	a := s.api(c)
	if a == nil {
		return
	}
	a.calls++
	apicall.RouteParameters(c.Route, c.Path, func(name, value string) { a.fields.at("req", "path", name).text(value, a.calls) })
	if c.Query != "" && s.document.Form(c.Query, document.DefaultLimits) == nil {
		s.all(a, a.fields.at("req", "query"))
	}
	s.headers(a, "req", c.RequestHeaders)
	s.body(a, "req", &c.RequestBody)
	s.headers(a, "resp", c.ResponseHeaders)
	if c.Status < 400 { // an error says nothing of what the API is about
		s.body(a, "resp", &c.ResponseBody)
	}
	for _, st := range o.Around.Statements {
		s.statement(a, st)
	}
	for _, child := range o.Around.Calls {
		if text := child.Endpoint(); a.children[text] || len(a.children) < maxNotedChildren {
			a.children[text] = true
		}
	}
}

func (s *schema) api(c *invariant.Call) *schemaAPI {
	key := schemaKey{c.Service, c.Endpoint()}
	a := s.apis[key]
	if a == nil && len(s.apis) < maxNotedAPIs {
		a = &schemaAPI{fields: newFields(), statements: make(map[string]proposer.Statement), children: make(map[string]bool)}
		s.apis[key] = a
	}
	return a
}

func (s *schema) caller(c *invariant.Call) {
	e := s.environment
	if c.User != "" {
		e.at("env", "user", "id").text(c.User, s.calls)
	}
	if c.Session != "" {
		e.at("env", "session", "id").text(c.Session, s.calls)
	}
	if c.Client != "" {
		e.at("env", "client", "address").text(c.Client, s.calls)
	}
	if len(c.Roles) > 0 {
		roles := e.at("env", "user", "roles")
		roles.saw("list", s.calls)
		for _, role := range c.Roles {
			e.elementOf(roles).text(role, s.calls)
		}
	}
}

func (s *schema) headers(a *schemaAPI, side string, headers []invariant.Header) {
	for i := range headers {
		a.fields.at(side, "header", headers[i].Name).text(headers[i].Value, a.calls)
	}
}

func (s *schema) body(a *schemaAPI, side string, b *invariant.Body) {
	if b.State != invariant.WholeBody {
		return
	}
	read := s.document.JSON
	if b.Type == "application/x-www-form-urlencoded" {
		read = s.document.Form
	}
	if read(b.Text, document.DefaultLimits) == nil {
		s.all(a, a.fields.at(side, "body"))
	}
}

// all notes the document that was read.
func (s *schema) all(a *schemaAPI, at *field) {
	a.fields.document(at, s.document.Root(), a.calls, 0)
}

func (s *schema) statement(a *schemaAPI, st *invariant.Statement) {
	if len(st.SQL.Tables) == 0 {
		return
	}
	where, set := st.SQL.Columns(sqltext.InWhere), st.SQL.Columns(sqltext.InSet)
	noted := proposer.Statement{Op: st.SQL.Operation, Table: st.SQL.Tables[0], Where: where, Set: set}
	shape := strings.Join([]string{noted.Op, noted.Table, strings.Join(where, ","), strings.Join(set, ",")}, " ")
	if _, known := a.statements[shape]; !known && len(a.statements) < maxNotedStatements {
		a.statements[shape] = noted
	}
	t := s.tables[noted.Table]
	if t == nil {
		if len(s.tables) == maxNotedTables {
			return
		}
		t = &schemaTable{fields: newFields()}
		s.tables[noted.Table] = t
	}
	t.statements++
	t.values(st, sqltext.InWhere, where)
	t.values(st, sqltext.InSet, set)
}

// values notes what a statement compares or writes.
func (t *schemaTable) values(st *invariant.Statement, in sqltext.Section, columns []string) {
	for _, name := range columns {
		f := t.fields.at(name)
		v, presence := st.SQL.Column(in, name, &st.Parameters)
		if f == nil || presence != sqltext.Known {
			continue
		}
		switch v.Kind {
		case sqltext.Int:
			f.number("integer", v.Text, t.statements)
		case sqltext.Float:
			f.number("number", v.Text, t.statements)
		case sqltext.Bool:
			f.saw("boolean", t.statements)
		case sqltext.Text: // bound parameters as well, whatever they are
			f.text(v.Text, t.statements)
		case sqltext.List:
			f.saw("list", t.statements)
		case sqltext.Unknown, sqltext.Null, sqltext.Placeholder:
		}
	}
}

// told is the schema with the collections that a rule file declares.
func (s *schema) told(references *rulefile.File) proposer.Schema {
	out := proposer.Schema{Environment: s.environment.columns(s.calls), References: references}
	keys := slices.SortedFunc(maps.Keys(s.apis), func(a, b schemaKey) int {
		return cmp.Or(cmp.Compare(a.api, b.api), cmp.Compare(a.service, b.service))
	})
	for _, key := range keys {
		a := s.apis[key]
		told := proposer.API{
			Service: key.service, API: key.api, Seen: a.calls, Columns: a.fields.columns(a.calls), Children: slices.Sorted(maps.Keys(a.children)),
		}
		for _, shape := range slices.Sorted(maps.Keys(a.statements)) {
			told.Statements = append(told.Statements, a.statements[shape])
		}
		out.APIs = append(out.APIs, told)
	}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		out.Tables = append(out.Tables, proposer.Table{Name: name, Columns: s.tables[name].fields.columns(s.tables[name].statements)})
	}
	for i := range references.References {
		out.Collections = append(out.Collections, collection(&references.References[i]))
	}
	return out
}

// collection is what a reference has, by name.
func collection(r *rulefile.Reference) proposer.Collection {
	names := make(map[string]bool)
	keys := 0
	for i := range r.Sources {
		keys = max(keys, len(r.Sources[i].Key))
		for name := range r.Sources[i].Fields {
			names[name] = true
		}
	}
	c := proposer.Collection{Name: r.Name, Key: make([]proposer.Column, keys)}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c.Fields = append(c.Fields, proposer.Column{Path: []string{name}})
	}
	return c
}
