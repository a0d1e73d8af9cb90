package ddl

import (
	"cmp"
	"slices"
	"strings"
)

// Read reads the statements of a text. It never fails: what it does not understand is among the skipped.
func Read(text string) *Schema {
	r := &reader{
		lexer:  lexer{text: text, dialect: guess(text), line: 1},
		tables: make(map[string]*table), enums: make(map[string]*enumeration), domains: make(map[string][]token),
		renamed: make(map[string]string), skipped: make(map[string]int),
	}
	r.out.Dialect = r.lexer.dialect
	for r.lexer.statement() {
		r.statement(&cursor{tokens: r.lexer.tokens})
	}
	return r.schema()
}

// reader keeps what the statements so far have made.
type reader struct {
	lexer   lexer
	out     Schema
	current string // the schema of names without one, "" for the dialect's
	tables  map[string]*table
	enums   map[string]*enumeration // by name
	domains map[string][]token      // the types that they stand for
	renamed map[string]string       // tables, from old names to new ones
	skipped map[string]int          // place in out.Skipped
}

// table is a table that statements may still change.
type table struct {
	Table
	checks []constraint
}

// constraint is a CHECK with its name, which may be dropped.
type constraint struct {
	name  string
	parts []Check
}

// without says nothing of tables, and is not counted.
var without = []string{
	"alter", "set", "begin", "start", "commit", "end", "rollback", "pragma", "lock", "unlock", "analyze", "vacuum", "grant", "revoke",
	"insert", "update", "delete", "replace", "select", "copy", "comment", "reset", "show", "explain", "truncate", "reindex", "optimize",
	"with", "security", "go",
}

func (r *reader) statement(c *cursor) {
	c.skip("go") // with which SQL Server's scripts end a batch
	first := c.peek(0)
	switch {
	case c.done():
	case r.lexer.limited:
		r.skip(statementName(c), first.line)
		r.out.Open = true
	case c.take("create"):
		r.create(c)
	case c.take("alter", "table"), c.take("alter", "view"), c.take("alter", "materialized", "view"), c.take("alter", "sequence"),
		c.take("alter", "foreign", "table"):
		r.alterTable(c)
	case c.take("alter", "type"):
		r.alterType(c)
	case c.take("drop"):
		r.drop(c)
	case c.take("rename", "table"):
		r.renameTables(c)
	case c.take("use"):
		if _, name, ok := c.name(); ok {
			r.current = name
		}
	case !c.is(without...):
		r.skip(statementName(c), first.line)
		r.out.Open = r.out.Open || c.is("do", "exec", "execute", "call") // which may make tables
	}
}

// statementName is what a statement begins with, in capitals.
func statementName(c *cursor) string {
	const most = 3
	var words []string
	for i := range most {
		t := c.peek(i)
		if t.kind != wordToken || i > 0 && !slices.Contains(objects, t.text) && !is(t, "or", "replace") {
			break
		}
		words = append(words, t.text)
	}
	if len(words) == 0 {
		return "a statement without a verb"
	}
	return strings.ToUpper(strings.Join(words, " "))
}

// skip counts what was not understood.
func (r *reader) skip(what string, line int) {
	const most = 100
	if i, again := r.skipped[what]; again {
		r.out.Skipped[i].Count++
		return
	}
	if len(r.out.Skipped) == most {
		what = "something else"
		if i, again := r.skipped[what]; again {
			r.out.Skipped[i].Count++
			return
		}
	}
	r.skipped[what] = len(r.out.Skipped)
	r.out.Skipped = append(r.out.Skipped, Skipped{What: what, Line: line, Count: 1})
}

// schemaOf is the schema of a name: its own, else the one that USE chose.
func (r *reader) schemaOf(schema string) string {
	if schema == "" && r.lexer.dialect == MySQL {
		return r.current
	}
	return schema
}

// find returns the table that a name means, nil if there is none.
func (r *reader) find(schema, name string) *table {
	if t := r.tables[fullName(r.schemaOf(schema), name)]; t != nil {
		return t
	}
	if usual := r.usualSchema(); schema == "" {
		return r.tables[fullName(usual, name)]
	} else if schema == usual {
		return r.tables[name]
	}
	return nil
}

// usualSchema is what the database calls the schema of names that have none.
func (r *reader) usualSchema() string {
	switch r.lexer.dialect {
	case MySQL:
		return r.current
	case SQLite:
		return "main"
	}
	return "public"
}

// schema is what is there in the end.
func (r *reader) schema() *Schema {
	bare := make(map[string]int) // how many tables have a name
	for _, t := range r.tables {
		bare[t.Name]++
		r.finish(t)
	}
	for _, t := range r.tables {
		for i := range t.ForeignKeys {
			r.resolve(&t.ForeignKeys[i])
		}
		t.Names = append(t.Names, t.FullName())
		usual := r.usualSchema()
		if t.Schema == "" && usual != "" {
			t.Names = append(t.Names, fullName(usual, t.Name))
		}
		if t.Schema != "" && (bare[t.Name] == 1 || t.Schema == usual) {
			t.Names = append([]string{t.Name}, t.Names...)
		}
		r.out.Tables = append(r.out.Tables, t.Table)
	}
	slices.SortFunc(r.out.Tables, func(a, b Table) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Schema, b.Schema))
	})
	r.out.Open = r.out.Open || r.lexer.lost
	return &r.out
}

// finish settles what the columns of a table are, and what is said of those that are there.
func (r *reader) finish(t *table) {
	for i := range t.Columns {
		col := &t.Columns[i]
		if col.values != nil {
			col.Enum = slices.Clone(col.values.values)
		}
		if slices.Contains(t.PrimaryKey, col.Name) {
			col.NotNull = true
			if len(t.PrimaryKey) == 1 && col.Type == Integer {
				col.Generated = true // in SQLite it is the row's number, and who knows which database this is
			}
		}
	}
	if !t.hasAll(t.PrimaryKey) {
		t.PrimaryKey = nil
	}
	t.Unique = slices.DeleteFunc(t.Unique, func(key []string) bool { return !t.hasAll(key) })
	t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f ForeignKey) bool { return !t.hasAll(f.Columns) })
	for _, c := range t.checks {
		for _, part := range c.parts {
			part.Constraint = c.name
			if t.Column(part.Column) != nil && (part.Differs == "" || t.Column(part.Differs) != nil) {
				t.Checks = append(t.Checks, part)
			}
		}
	}
}

func (t *table) hasAll(columns []string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool { return t.Column(name) == nil })
}

// resolve finds the table of a foreign key, which may have another name by now, and the columns if only the table is
// named.
func (r *reader) resolve(f *ForeignKey) {
	const most = 16 // names after each other
	for range most {
		target := r.named(f.Table)
		if target == nil {
			next, moved := r.renamed[f.Table]
			if !moved {
				return
			}
			f.Table = next
			continue
		}
		if target.Whole && !target.hasAll(f.Keys) {
			f.Keys = nil // they have other names by now
		}
		if f.Keys == nil && len(target.PrimaryKey) == len(f.Columns) {
			f.Keys = slices.Clone(target.PrimaryKey)
		}
		return
	}
}

// named is the table of a name with or without a schema.
func (r *reader) named(name string) *table {
	if t := r.tables[name]; t != nil {
		return t
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return r.find(name[:dot], name[dot+1:])
	}
	return r.find("", name)
}
