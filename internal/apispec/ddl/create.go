package ddl

import "slices"

// objects are what CREATE, ALTER and DROP are about.
var objects = []string{
	"table", "view", "type", "domain", "index", "sequence", "database", "schema", "trigger", "function", "procedure", "event", "synonym",
	"extension", "role", "user", "policy", "rule", "aggregate", "operator", "cast", "collation", "language", "server", "publication",
	"subscription", "statistics", "tablespace", "materialized", "virtual", "unique",
}

func (r *reader) create(c *cursor) {
	line := c.peek(0).line
	unique := false
	const header = 16 // OR REPLACE DEFINER=`root`@`localhost` SQL SECURITY DEFINER
	for range header {
		unique = unique || c.is("unique")
		if c.is(objects...) && !c.is("materialized", "virtual", "unique") {
			break
		}
		c.next()
	}
	switch {
	case c.take("table"):
		r.createTable(c, line)
	case c.take("view"), c.take("sequence"), c.take("synonym"):
		c.take("if", "not", "exists")
		if schema, name, ok := c.name(); ok {
			r.add(schema, name, line)
		}
	case c.take("type"):
		r.createType(c)
	case c.take("domain"):
		_, name, ok := c.name()
		c.take("as")
		if ok {
			r.domains[name] = slices.Clone(c.tokens[c.at:])
		}
	case c.take("index"):
		if unique {
			r.createUnique(c)
		}
	case c.is("database", "schema", "trigger", "event", "extension", "role", "user", "policy", "aggregate", "operator", "cast",
		"collation", "language", "publication", "subscription", "statistics", "tablespace", "function", "procedure"):
	default:
		c.at = 0
		r.skip(statementName(c), line)
	}
}

// add adds a table in place of any of that name; nil if there is no room.
func (r *reader) add(schema, name string, line int) *table {
	schema = r.schemaOf(schema)
	full := fullName(schema, name)
	if r.tables[full] == nil && len(r.tables) == MaxTables {
		r.out.Open = true
		return nil
	}
	t := &table{Table: Table{Schema: schema, Name: name, Line: line}}
	r.tables[full] = t
	return t
}

func (r *reader) createTable(c *cursor, line int) {
	cautious := c.take("if", "not", "exists")
	schema, name, ok := c.name()
	if !ok {
		r.skip("CREATE TABLE without a name", line)
		r.out.Open = true
		return
	}
	if cautious && r.find(schema, name) != nil {
		return
	}
	t := r.add(schema, name, line)
	if t == nil {
		return
	}
	if c.is("as", "select", "like", "using", "partition", "of", "clone") {
		return // its columns are those of something else
	}
	inside := c.group()
	if inside == nil || inside.is("select") {
		return
	}
	t.Whole = true
	for _, item := range inside.split() {
		r.item(t, item)
	}
	for ; !c.done(); c.next() {
		if c.is("as", "select", "inherits") { // and there may be more columns
			t.Whole = false
		}
	}
}

// item reads what stands between two commas of a table: a column, a constraint, a key.
func (r *reader) item(t *table, c *cursor) {
	name := constraintName(c)
	switch {
	case c.done():
	case r.tableConstraint(t, c, name):
	case c.is("like"):
		t.Whole = false
	default:
		r.column(t, c)
	}
}

// constraintName reads CONSTRAINT and the name behind it, which MySQL lets one leave out.
func constraintName(c *cursor) string {
	if !c.is("constraint") || c.peek(1).kind == 0 {
		return ""
	}
	c.at++
	if c.is("check", "unique", "primary", "foreign") && c.peek(0).kind == wordToken {
		return ""
	}
	name, _ := c.column()
	return name
}

// tableConstraint reads a constraint or an index of a table; false if it is a column. A column may have a name that
// begins a constraint, such as key or check.
func (r *reader) tableConstraint(t *table, c *cursor, name string) bool {
	line, start := c.peek(0).line, c.at
	switch {
	case c.take("primary", "key"):
		c.skip("clustered", "nonclustered", "using", "btree", "hash")
		if columns, ok := c.columns(); ok {
			t.PrimaryKey = columns
		}
	case c.take("foreign", "key"):
		if !c.is("(") {
			c.column()
		}
		if columns, ok := c.columns(); ok {
			r.references(t, c, columns)
		}
	case c.is("unique") && !isColumnType(c.peek(1)):
		c.at++
		c.skip("key", "index", "nulls", "not", "distinct")
		if !c.is("(") {
			c.column()
		}
		c.skip("using", "btree", "hash")
		if columns, ok := c.columns(); ok {
			t.unique(columns)
		}
	case c.is("check") && is(c.peek(1), "("):
		c.at++
		r.check(t, c, name, line)
	case c.take("exclude"), c.take("period", "for"):
	case c.is("key", "index", "fulltext", "spatial") && isIndex(c):
	default:
		c.at = start
		return false
	}
	return true
}

// isColumnType is a guess at what follows a column that is called unique.
func isColumnType(t token) bool { return t.kind == wordToken && classes[t.text] != Other }

// isIndex tells KEY name (a, b) from a column that is called key: of its type, parentheses hold a number.
func isIndex(c *cursor) bool {
	rest := &cursor{tokens: c.tokens, at: c.at + 1}
	rest.skip("key", "index")
	if !rest.is("(") {
		rest.column()
	}
	if rest.take("using") {
		rest.next()
	}
	inside := rest.group()
	return inside != nil && isName(inside.peek(0)) || c.is("fulltext", "spatial") && isName(c.peek(1))
}

// references reads REFERENCES table (columns) for columns of this table.
func (r *reader) references(t *table, c *cursor, columns []string) {
	if !c.take("references") {
		return
	}
	schema, name, ok := c.name()
	if !ok {
		return
	}
	keys, _ := c.columns()
	if keys != nil && len(keys) != len(columns) || len(t.ForeignKeys) == maxKeys {
		return
	}
	t.ForeignKeys = append(t.ForeignKeys, ForeignKey{Columns: columns, Table: fullName(r.schemaOf(schema), name), Keys: keys})
}

// check reads the condition of a constraint.
func (r *reader) check(t *table, c *cursor, name string, line int) {
	whole := c.tokens[c.at:]
	inside := c.group()
	if inside == nil {
		return
	}
	if c.take("not", "enforced") || c.take("not", "valid") {
		return // rows that are there may break it, or all may
	}
	parts, unread := conditions(inside.tokens)
	for _, tokens := range unread {
		if len(tokens) == 0 {
			tokens = whole
		}
		r.skip("a CHECK of "+t.Name+": "+r.source(tokens), line)
	}
	if len(parts) > 0 && len(t.checks) < maxKeys {
		t.checks = append(t.checks, constraint{name: name, parts: parts})
	}
}

// source is what the tokens are in the text, in one line.
func (r *reader) source(tokens []token) string {
	const most = 80
	if len(tokens) == 0 {
		return ""
	}
	text := r.lexer.text[tokens[0].start:tokens[len(tokens)-1].end]
	return oneLine(clip(text, most))
}

func (r *reader) createType(c *cursor) {
	line := c.peek(0).line
	_, name, ok := c.name()
	if !ok || !c.take("as", "enum") {
		return // a composite or a range, of which no column says anything
	}
	values, ok := literals(c.group())
	if !ok {
		r.skip("the values of the type "+name, line)
		return
	}
	r.enums[name] = &enumeration{values: values}
}

// literals reads a list of texts.
func literals(c *cursor) ([]string, bool) {
	if c == nil {
		return nil, false
	}
	var values []string
	for _, part := range c.split() {
		t := part.peek(0)
		if t.kind != textToken && t.kind != nameToken || len(part.tokens) != 1 || len(values) == MaxValues {
			return nil, false
		}
		values = append(values, t.text)
	}
	return values, true
}

// createUnique reads CREATE UNIQUE INDEX name ON table (columns), unless it is about some rows alone.
func (r *reader) createUnique(c *cursor) {
	for !c.done() && !c.take("on") {
		c.next()
	}
	c.take("only")
	schema, name, ok := c.name()
	if c.take("using") {
		c.next()
	}
	columns, whole := c.columns()
	for !c.done() {
		if c.is("where") {
			return
		}
		c.next()
	}
	if t := r.find(schema, name); ok && whole && t != nil {
		t.unique(columns)
	}
}

func (t *table) unique(columns []string) {
	if len(t.Unique) < maxKeys {
		t.Unique = append(t.Unique, columns)
	}
}
