package ddl

import "slices"

// alterTable reads ALTER TABLE name action, action.
func (r *reader) alterTable(c *cursor) {
	line := c.peek(0).line
	c.skip("only", "ignore", "if", "exists")
	schema, name, ok := c.name()
	t := r.find(schema, name)
	if !ok || t == nil {
		r.skip("ALTER TABLE of "+fullName(schema, name)+", which nothing creates", line)
		return
	}
	c.take("*")
	rest := &cursor{tokens: c.tokens[c.at:]}
	for _, action := range rest.split() {
		if !r.alter(t, action) {
			action.at = 0
			r.skip("ALTER TABLE: "+r.source(action.tokens[:min(2, len(action.tokens))]), line)
		}
	}
}

// alter reads one action; false if it is not known.
func (r *reader) alter(t *table, c *cursor) bool {
	switch {
	case c.take("add"):
		r.addTo(t, c)
	case c.take("drop"):
		r.dropFrom(t, c)
	case c.take("rename"):
		r.rename(t, c)
	case c.take("alter"):
		c.take("column")
		return r.alterColumn(t, c)
	case c.take("modify"):
		c.take("column")
		r.column(t, c)
	case c.take("change"):
		c.take("column")
		if old, ok := c.column(); ok && t.Column(old) != nil && isName(c.peek(0)) {
			t.renameColumn(old, c.peek(0).text)
			r.column(t, c)
		}
	case c.take("set", "schema"):
		if name, ok := c.column(); ok {
			r.move(t, name, t.Name)
		}
	case c.is("inherit", "of"):
		t.Whole = false
	default:
		return c.is("owner", "enable", "disable", "validate", "set", "reset", "cluster", "replica", "attach", "detach", "force", "no", "engine",
			"default", "convert", "order", "row_format", "comment", "auto_increment", "partition", "collate", "character", "charset", "with", "owned", "restart", "start", "increment", "minvalue", "maxvalue", "cache", "cycle", "as")
	}
	return true
}

// addTo reads what follows ADD: a column, several of them in parentheses, or a constraint.
func (r *reader) addTo(t *table, c *cursor) {
	isColumn := c.take("column")
	cautious := c.take("if", "not", "exists")
	if inside := c.group(); inside != nil {
		for _, item := range inside.split() {
			r.item(t, item)
		}
		return
	}
	if cautious && t.Column(c.peek(0).text) != nil {
		return
	}
	if isColumn {
		r.column(t, c)
		return
	}
	r.item(t, c)
}

// dropFrom reads what follows DROP.
func (r *reader) dropFrom(t *table, c *cursor) {
	switch {
	case c.take("constraint"), c.take("check"):
		c.take("if", "exists")
		if name, ok := c.column(); ok {
			t.dropConstraint(name)
		}
	case c.take("primary", "key"):
		t.PrimaryKey = nil
	case c.take("foreign", "key"):
		t.ForeignKeys = nil // which of them, nobody knows
	case c.is("index", "key") && isName(c.peek(1)), c.is("partition"):
	default:
		c.take("column")
		c.take("if", "exists")
		if name, ok := c.column(); ok {
			t.dropColumn(name)
		}
	}
}

// dropConstraint takes a check away. A name that no constraint was given may be one that the database made up.
func (t *table) dropConstraint(name string) {
	known := func(c constraint) bool { return c.name == name }
	if !slices.ContainsFunc(t.checks, known) {
		known = func(c constraint) bool { return c.name == "" }
		t.ForeignKeys = nil
	}
	t.checks = slices.DeleteFunc(t.checks, known)
}

func (t *table) dropColumn(name string) {
	t.Columns = slices.DeleteFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if slices.Contains(t.PrimaryKey, name) {
		t.PrimaryKey = nil
	}
	t.Unique = slices.DeleteFunc(t.Unique, func(key []string) bool { return slices.Contains(key, name) })
	t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f ForeignKey) bool { return slices.Contains(f.Columns, name) })
	for i := range t.checks {
		t.checks[i].parts = slices.DeleteFunc(t.checks[i].parts, func(p Check) bool { return p.Column == name || p.Differs == name })
	}
}

func (t *table) renameColumn(from, to string) {
	rename := func(names []string) {
		for i := range names {
			if names[i] == from {
				names[i] = to
			}
		}
	}
	if col := t.Column(from); col != nil {
		col.Name = to
	}
	rename(t.PrimaryKey)
	for _, key := range t.Unique {
		rename(key)
	}
	for _, f := range t.ForeignKeys {
		rename(f.Columns)
	}
	for _, c := range t.checks {
		for i := range c.parts {
			part := &c.parts[i]
			if part.Column == from {
				part.Column = to
			}
			if part.Differs == from {
				part.Differs = to
			}
		}
	}
}

// rename reads what follows RENAME: TO table, COLUMN a TO b, a TO b.
func (r *reader) rename(t *table, c *cursor) {
	if c.take("to") || c.take("as") || c.peek(1).kind == 0 {
		if schema, name, ok := c.name(); ok {
			if schema == "" {
				schema = t.Schema
			}
			r.move(t, schema, name)
		}
		return
	}
	if c.is("constraint", "index", "key") && isName(c.peek(1)) {
		c.next()
		r.renameConstraint(t, c)
		return
	}
	c.take("column")
	from, ok := c.column()
	if !ok || !c.take("to") {
		return
	}
	if to, ok := c.column(); ok {
		t.renameColumn(from, to)
	}
}

func (*reader) renameConstraint(t *table, c *cursor) {
	from, _ := c.column()
	c.take("to")
	to, ok := c.column()
	for i := range t.checks {
		if ok && t.checks[i].name == from {
			t.checks[i].name = to
		}
	}
}

// move gives a table another name, which foreign keys of others follow.
func (r *reader) move(t *table, schema, name string) {
	before := t.FullName()
	if r.tables[before] == t {
		delete(r.tables, before)
	}
	t.Schema, t.Name = schema, name
	r.tables[t.FullName()] = t
	if len(r.renamed) < MaxTables {
		r.renamed[before] = t.FullName()
	}
}

// alterColumn reads what follows ALTER COLUMN.
func (r *reader) alterColumn(t *table, c *cursor) bool {
	if c.is("constraint", "index", "check") && isName(c.peek(1)) {
		return true
	}
	name, ok := c.column()
	col := t.Column(name)
	if !ok || col == nil {
		return false
	}
	switch {
	case c.take("set", "not", "null"):
		col.NotNull = true
	case c.take("drop", "not", "null"):
		col.NotNull = false
	case c.take("set", "data", "type"), c.take("type"):
		changed := Column{Name: col.Name, NotNull: col.NotNull, Generated: col.Generated}
		r.typeOf(&changed, c)
		*col = changed
	case c.take("set", "default"):
		col.Generated = col.Generated || c.is("nextval")
	case c.take("add", "generated"):
		col.Generated = true
	default:
		return c.is("set", "drop", "restart", "reset")
	}
	return true
}

// alterType adds a value to an enumeration, or gives one another name.
func (r *reader) alterType(c *cursor) {
	_, name, ok := c.name()
	if !ok {
		return
	}
	enum := r.enums[name]
	switch {
	case enum == nil:
	case c.take("add", "value"):
		c.take("if", "not", "exists")
		if t := c.peek(0); t.kind == textToken && !slices.Contains(enum.values, t.text) && len(enum.values) < MaxValues {
			enum.values = append(enum.values, t.text)
		}
	case c.take("rename", "value"):
		if i := slices.Index(enum.values, c.peek(0).text); i >= 0 && is(c.peek(1), "to") && c.peek(2).kind == textToken {
			enum.values[i] = c.peek(2).text
		}
	case c.take("rename", "to"):
		if to, ok := c.column(); ok {
			delete(r.enums, name)
			r.enums[to] = enum
		}
	}
}

// drop reads what follows DROP.
func (r *reader) drop(c *cursor) {
	c.skip("materialized", "temporary", "foreign", "virtual")
	switch {
	case c.take("table"), c.take("view"), c.take("sequence"):
		c.take("if", "exists")
		for {
			schema, name, ok := c.name()
			if t := r.find(schema, name); ok && t != nil {
				delete(r.tables, t.FullName())
			}
			if !ok || !c.take(",") {
				return
			}
		}
	case c.take("type"):
		c.take("if", "exists")
		if _, name, ok := c.name(); ok {
			delete(r.enums, name)
		}
	}
}

// renameTables reads RENAME TABLE a TO b, c TO d.
func (r *reader) renameTables(c *cursor) {
	rest := &cursor{tokens: c.tokens[c.at:]}
	for _, part := range rest.split() {
		schema, name, ok := part.name()
		t := r.find(schema, name)
		if !ok || t == nil || !part.take("to") {
			continue
		}
		if schema, name, ok := part.name(); ok {
			r.move(t, r.schemaOf(schema), name)
		}
	}
}
