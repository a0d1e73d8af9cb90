package apispec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apispec/ddl"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// DDL reads the statements that make a database, of PostgreSQL, MySQL, MariaDB or SQLite. Its rules are about the
// statements of all APIs, so where services have several databases, say whose this one is. Statements that are not
// understood are skipped and told; it is an error if none makes a table.
func DDL(path string, o Options) (*Spec, error) {
	content, err := load(path, "the statements that make the database", largeDump)
	if err != nil {
		return nil, err
	}
	return ParseDDL(path, content, o)
}

const largeDump = "dump the tables without their rows, as with pg_dump --schema-only or mysqldump --no-data"

// ParseDDL is [DDL] for a text; the path is for errors only.
func ParseDDL(path string, content []byte, o Options) (*Spec, error) {
	if err := checkSize(path, content, largeDump); err != nil {
		return nil, err
	}
	schema := ddl.Read(string(content))
	if len(schema.Tables) == 0 {
		return nil, &Error{Path: path, Line: 1, Column: 1, Problem: "there is no CREATE TABLE: name the file that makes the database's tables, " +
			"such as one by pg_dump --schema-only"}
	}
	w := &databaseWriter{options: o, schema: schema}
	for _, s := range schema.Skipped {
		w.skip(s)
	}
	w.tables()
	for i := range schema.Tables {
		w.table(&schema.Tables[i])
	}
	rules := compiling(w.rules, func(rule *rulefile.Rule, err error) { w.notes.add(why(err), rule.ID) })
	return &Spec{rules: rules, skipped: append(w.skipped, w.notes.sentences()...), tables: schema.Tables}, nil
}

// databaseWriter writes rules of tables.
type databaseWriter struct {
	options Options
	schema  *ddl.Schema
	rules   []rulefile.Rule
	skipped []string
	notes   notes
	ids     ids
}

func (w *databaseWriter) skip(s ddl.Skipped) {
	times := "line " + strconv.Itoa(s.Line)
	if s.Count > 1 {
		times = fmt.Sprintf("%d times, first in line %d", s.Count, s.Line)
	}
	w.skipped = append(w.skipped, shown(s.What)+" is not understood: "+times)
}

// rule adds a rule about the calls with a statement that it is for: of the others it would hold whatever it says.
func (w *databaseWriter) rule(kind, when, check, says string, id ...string) {
	if len(w.rules) >= MaxRules || len(check) > rulefile.MaxExpressionBytes {
		w.notes.add(veryLarge, strings.Join(id, "."))
		return
	}
	head := []string{"ddl"}
	if len(w.options.Services) == 1 {
		head = append(head, w.options.Services[0])
	}
	every := rulefile.API{Route: "*", Text: "*"}
	w.rules = append(w.rules, rulefile.Rule{
		ID: w.ids.of(append(head, id...)...), Kind: kind, Services: w.options.Services, APIs: []rulefile.API{every},
		When: rulefile.Expression{Text: when}, Check: rulefile.Expression{Text: check}, Message: message(says),
		Support: map[string]any{"source": "ddl"},
	})
}

// tables asks that statements touch no other tables, if all are known.
func (w *databaseWriter) tables() {
	if w.schema.Open {
		w.notes.add("which tables there are is not checked, since the file runs more than is read", "the whole")
		return
	}
	var names []string
	for i := range w.schema.Tables {
		names = append(names, w.schema.Tables[i].Names...)
	}
	slices.Sort(names)
	w.rule(novelty, "", "db.all(s, s.tables.all(t, t in "+texted(slices.Compact(names))+"))",
		"a statement touches a table that the database's schema does not have", "tables")
}

const inSchema = ", as the database's schema has it"

func (w *databaseWriter) table(t *ddl.Table) {
	to := &target{Table: t}
	w.columns(to)
	w.notNull(to)
	for i := range t.Columns {
		col := &t.Columns[i]
		if col.Enum != nil {
			w.check(to, col.Name, &ddl.Check{Column: col.Name, In: valuesOf(col.Enum)})
		}
		if col.Unsigned {
			w.check(to, col.Name+"-unsigned", &ddl.Check{Column: col.Name, Low: &ddl.Bound{}})
		}
	}
	for i := range t.Checks {
		check := &t.Checks[i]
		name := check.Constraint
		if name == "" {
			name = check.Column
		}
		w.check(to, strings.TrimPrefix(name, t.Name+"_"), check)
	}
}

func valuesOf(texts []string) []ddl.Value {
	values := make([]ddl.Value, len(texts))
	for i, text := range texts {
		values[i] = ddl.Value{Text: text}
	}
	return values
}

// target is a table as the aim of a statement.
type target struct{ *ddl.Table }

// all asks something of all statements whose first table, which they write if they write any, is this one.
func (t *target) all(what string) string {
	isNot := "!(s.table in " + texted(t.Names) + ")"
	if len(t.Names) == 1 {
		isNot = "s.table != " + strconv.Quote(t.Names[0])
	}
	return "db.all(s, " + isNot + " || size(s.tables) > 1 || " + what + ")"
}

// some is true if there is such a statement.
func (t *target) some(what string) string {
	is := "s.table in " + texted(t.Names)
	if len(t.Names) == 1 {
		is = "s.table == " + strconv.Quote(t.Names[0])
	}
	return "db.exists(s, " + is + " && size(s.tables) <= 1 && " + what + ")"
}

const writes = "size(s.set) > 0"

// columns asks that no others are written, if all are known. A statement on several tables may write those of any.
func (w *databaseWriter) columns(t *target) {
	if !t.Whole || len(t.Columns) == 0 {
		return
	}
	var names []string
	for i := range t.Columns {
		names = append(names, t.Columns[i].Name)
	}
	w.rule(novelty, t.some(writes), t.all("s.set.all(c, c in "+texted(names)+")"),
		"a statement writes a column that "+shown(t.Name)+" does not have in the database's schema", t.FullName(), "columns")
}

// notNull asks that no null is written where none can be. Bound parameters that are null come as empty texts, so this is
// about those in the statement's own text. Where the database makes the value, null may stand for that.
func (w *databaseWriter) notNull(t *target) {
	var checks, names []string
	for i := range t.Columns {
		if col := &t.Columns[i]; col.NotNull && !col.Generated {
			checks, names = append(checks, selected("s.set", col.Name)+" != null"), append(names, col.Name)
		}
	}
	if len(checks) == 0 {
		return
	}
	w.rule(database, t.some(writes), t.all(strings.Join(checks, " && ")),
		"null is written to "+listed(names)+" of "+shown(t.Name)+", which the database's schema rules out", t.FullName(), "not-null")
}

// check asks for one part of a constraint, of values that are written.
func (w *databaseWriter) check(t *target, id string, c *ddl.Check) {
	col := t.Column(c.Column)
	if col == nil {
		return
	}
	condition, says := w.condition(t, col, c)
	if condition == "" {
		w.notes.add("a CHECK on texts or times that may be written in several ways is not checked", t.Name+"."+c.Column)
		return
	}
	has := presence("s.set", c.Column)
	w.rule(database, t.some(has), t.all("!"+has+" || "+condition), shown(c.Column)+" of "+shown(t.Name)+" "+says+inSchema, t.FullName(), id)
}

// condition is a check of what is written to a column that the statement has, with what it is that breaks it; "" if the
// values may be written in ways that cannot be compared. Parameters are texts, and null among them an empty one; numbers
// in the statement are numbers; several rows that differ are a list.
func (w *databaseWriter) condition(t *target, col *ddl.Column, c *ddl.Check) (check, says string) {
	v := selected("s.set", col.Name)
	isNumber := col.Type == ddl.Integer || col.Type == ddl.Number
	low, high := bound(c.Low), bound(c.High)
	switch {
	case low != nil || high != nil:
		if isNumber {
			return within("double("+v+")", low, high), rangeWords(low, high)
		}
	case c.Differs != "":
		other := t.Column(c.Differs)
		if other != nil && (col.NotNull || other.NotNull) {
			return "!same(" + v + ", " + selected("s.set", c.Differs) + ")", "is not other than " + shown(c.Differs)
		}
	case c.Not != nil && c.Not.Number:
		if isNumber {
			return "double(" + v + ") != " + decimal(c.Not), "is not other than " + shown(c.Not.Text)
		}
	case c.Not != nil:
		if col.Type == ddl.Text && col.NotNull {
			return v + " != " + strconv.Quote(c.Not.Text), "is not other than " + strconv.Quote(shown(c.Not.Text))
		}
	case len(c.In) > 0:
		return w.among(v, col, c.In, isNumber)
	}
	return "", ""
}

func bound(b *ddl.Bound) *limit {
	if b == nil {
		return nil
	}
	return &limit{value: b.Value, open: b.Open}
}

// decimal is a number as rules compare doubles with it.
func decimal(v *ddl.Value) string {
	f, _ := strconv.ParseFloat(v.Text, 64)
	text := number(f)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// among asks for one of some values.
func (w *databaseWriter) among(v string, col *ddl.Column, in []ddl.Value, isNumber bool) (check, says string) {
	var values, words []string
	for i := range in {
		words = append(words, in[i].Text)
		switch {
		case in[i].Number:
			values = append(values, decimal(&in[i]))
		case col.AnyCase:
			values = append(values, strconv.Quote(strings.ToLower(in[i].Text)))
		default:
			values = append(values, strconv.Quote(in[i].Text))
		}
	}
	says = "is not one of " + listed(words)
	switch {
	case in[0].Number && isNumber:
		return "double(" + v + ") in [" + strings.Join(values, ", ") + "]", says
	case in[0].Number || col.Type != ddl.Text:
		return "", ""
	case !col.NotNull:
		values = append([]string{"null", `""`}, values...)
	}
	if col.AnyCase { // of null this is an error, so not applicable
		return v + ".lowerAscii() in [" + strings.Join(values, ", ") + "]", says
	}
	return "type(" + v + ") == list || " + v + " in [" + strings.Join(values, ", ") + "]", says
}
