package ddl

import (
	"strconv"
	"strings"
)

// column reads the definition of a column and adds it, or takes it in place of the one of that name.
func (r *reader) column(t *table, c *cursor) {
	line := c.peek(0).line
	name, ok := c.column()
	if !ok {
		r.skip("a column of "+t.Name+": "+r.source(c.tokens), line)
		t.Whole = false
		return
	}
	if old := t.Column(name); old == nil && len(t.Columns) == MaxColumns {
		t.Whole = false
		return
	} else if old == nil {
		t.Columns = append(t.Columns, Column{})
		r.define(t, &t.Columns[len(t.Columns)-1], name, c)
	} else {
		r.define(t, old, name, c)
	}
}

func (r *reader) define(t *table, col *Column, name string, c *cursor) {
	*col = Column{Name: name}
	r.typeOf(col, c)
	constraint := ""
	for !c.done() {
		if named := constraintName(c); named != "" {
			constraint = named
		}
		r.columnConstraint(t, col, c, constraint)
	}
}

// columnConstraint reads one constraint of a column, or goes over a token.
func (r *reader) columnConstraint(t *table, col *Column, c *cursor, name string) {
	line := c.peek(0).line
	switch {
	case c.take("not", "null"):
		col.NotNull = true
	case c.take("primary", "key"), c.take("primary"):
		t.PrimaryKey = []string{col.Name}
	case c.take("unique"):
		c.take("key")
		t.unique([]string{col.Name})
	case c.is("references"):
		r.references(t, c, []string{col.Name})
	case c.is("check") && is(c.peek(1), "("):
		c.at++
		r.check(t, c, name, line)
	case c.take("default"):
		col.Generated = col.Generated || c.is("nextval")
		if c.group() == nil {
			c.next() // which may be NULL
		}
	case c.take("on", "delete", "set"), c.take("on", "update", "set"):
		c.next()
	case c.take("auto_increment"), c.take("autoincrement"), c.take("identity"), c.take("generated"):
		col.Generated = true
	case c.take("as"):
		col.Generated = true
		c.group()
	case c.take("collate"):
		_, name, _ := c.name()
		col.AnyCase = ignoresCase(name)
	case c.group() != nil: // of whatever
	default:
		c.next()
	}
}

// ignoresCase is true for a collation by its name: utf8mb4_general_ci, NOCASE.
func ignoresCase(collation string) bool {
	return strings.HasSuffix(collation, "_ci") || collation == "nocase"
}

// endsType are keywords that stand behind the type of a column.
var endsType = []string{
	"not", "null", "default", "primary", "unique", "references", "check", "constraint", "generated", "as", "collate", "auto_increment",
	"autoincrement", "comment", "on", "identity", "stored", "virtual", "key", "deferrable", "initially", "invisible", "visible", "first",
	"after", "using", "charset", "always", "persistent", "compression", "storage",
}

// typeOf reads the type of a column.
func (r *reader) typeOf(col *Column, c *cursor) {
	start := c.at
	var first token
	for ; !c.done() && !c.is(endsType...); c.at++ {
		t := c.peek(0)
		switch {
		case t.kind == wordToken && t.text == "character" && is(c.peek(1), "set"): // CHARACTER SET utf8mb4
			c.at += 2
			continue
		case is(t, "unsigned"):
			col.Unsigned = true
		case is(t, "("):
			r.arguments(col, first, c)
			continue
		case is(t, "[", "array"):
			first = token{} // a list, of which no column says anything
		case isName(t) && is(c.peek(1), "."): // the type's schema
			c.at++
			continue
		case isName(t) && (first.kind == 0 && c.at == start || is(c.peek(-1), ".")):
			first = t
		}
	}
	col.Declared = r.source(c.tokens[start:c.at])
	r.classify(col, first)
	col.AnyCase = first.text == "citext" || r.lexer.dialect == MySQL && (col.Type == Text || col.Enum != nil)
}

// arguments reads the parentheses of a type: a length, or the values of ENUM. The cursor is left on the last token.
func (r *reader) arguments(col *Column, typeName token, c *cursor) {
	inside := c.group()
	if inside == nil {
		return
	}
	c.at--
	switch n := inside.peek(0); {
	case is(typeName, "enum"):
		if values, ok := literals(inside); ok {
			col.Enum = values
		}
	case len(inside.tokens) == 1 && n.kind == numberToken && (isText(typeName.text) || typeName.text == "nvarchar"):
		if length, err := strconv.Atoi(n.text); err == nil {
			col.MaxLength = length
		}
	}
}

func isText(typeName string) bool {
	return strings.Contains(typeName, "char") || typeName == "text"
}

// classify sets the class of the type, following a domain to the type that it stands for.
func (r *reader) classify(col *Column, name token) {
	if name.kind == 0 {
		return
	}
	col.Type = classes[name.text]
	switch {
	case strings.HasSuffix(name.text, "serial"):
		col.Generated = true
	case r.enums[name.text] != nil:
		col.Type, col.values = Text, r.enums[name.text]
	case col.Type != Other:
	case r.domains[name.text] != nil:
		base := r.domains[name.text]
		delete(r.domains, name.text) // none stands for itself
		of := Column{}
		r.typeOf(&of, &cursor{tokens: base})
		r.domains[name.text] = base
		col.Type, col.MaxLength, col.AnyCase, col.values = of.Type, of.MaxLength, of.AnyCase, of.values
	}
}

// classes of types by the first words of their names.
var classes = func() map[string]Type {
	byWord := make(map[string]Type)
	for class, words := range map[Type]string{
		Integer: "int integer bigint smallint tinyint mediumint int2 int4 int8 serial bigserial smallserial serial2 serial4 serial8 year oid",
		Number:  "numeric decimal dec fixed real double float float4 float8 number money",
		Text: "text varchar char character nvarchar nchar national bpchar citext clob tinytext mediumtext longtext string name enum " +
			"varchar2 nvarchar2",
		Boolean:   "boolean bool",
		Date:      "date",
		Timestamp: "timestamp timestamptz datetime",
		Time:      "time timetz",
		UUID:      "uuid uniqueidentifier",
		JSON:      "json jsonb",
		Binary:    "bytea blob binary varbinary tinyblob mediumblob longblob",
	} {
		for word := range strings.FieldsSeq(words) {
			byWord[word] = class
		}
	}
	return byWord
}()
