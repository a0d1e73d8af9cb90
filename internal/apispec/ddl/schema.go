package ddl

import "strings"

// Bounds of a schema. What is beyond is left out, and told by Whole and Open.
const (
	// MaxTables is the largest number of tables and views.
	MaxTables = 5000
	// MaxColumns is the largest number of columns of a table.
	MaxColumns = 1000
	// MaxValues is the largest number of values of an enumeration or a list.
	MaxValues = 500

	maxName      = 256 // bytes of a name
	maxText      = 1 << 10
	maxTokens    = 200_000 // of a statement
	maxNesting   = 20      // of AND in parentheses
	maxCondition = 5000    // tokens of one
	maxKeys      = 500     // of each kind, and conditions, of a table
)

// Schema is what is there after all statements of a text.
type Schema struct {
	Dialect Dialect // as guessed
	Tables  []Table // by name, then by schema
	// Open is true where there may be tables that are not listed, as behind \i in a script of psql.
	Open    bool
	Skipped []Skipped // in the order of the text
}

// Skipped is what was not understood.
type Skipped struct {
	What  string // "CREATE FUNCTION", "a CHECK of orders: total = price * quantity"
	Line  int    // of the first one, from 1
	Count int
}

// Table is a table, or what statements can use like one: a view, a sequence.
type Table struct {
	Schema, Name string // Schema is "" where the text does not say
	// Names are those that statements may have for it: orders, public.orders.
	Names       []string
	Whole       bool // all columns are known
	Columns     []Column
	PrimaryKey  []string
	Unique      [][]string // columns, without the primary key
	ForeignKeys []ForeignKey
	Checks      []Check // that hold of every row
	Line        int     // where it is created, from 1
}

// Column of a table.
type Column struct {
	Name      string
	Type      Type
	Declared  string   // the type as written: "varchar(20)"
	NotNull   bool     // also by a primary key
	Generated bool     // the database may make the value: serial, AUTO_INCREMENT, IDENTITY, AS (...), an integer key
	Enum      []string // the values of an enumeration; nil if it is none
	MaxLength int      // in characters of varchar(20); 0: not said
	Unsigned  bool
	AnyCase   bool // texts that differ in case alone are equal

	values *enumeration // that may still get more
}

// enumeration is a type with names of its values.
type enumeration struct{ values []string }

// Type is a class of types.
type Type string

// The classes. Other is any that is not listed.
const (
	Other     Type = ""
	Integer   Type = "integer"
	Number    Type = "number" // with a fraction
	Text      Type = "text"
	Boolean   Type = "boolean"
	Date      Type = "date"
	Timestamp Type = "timestamp"
	Time      Type = "time"
	UUID      Type = "uuid"
	JSON      Type = "json"
	Binary    Type = "binary"
)

// ForeignKey says that the columns together are a key of another table.
type ForeignKey struct {
	Columns []string
	Table   string   // with its schema, where the text says it
	Keys    []string // columns there, as many; nil where its primary key is meant and not known
}

// Check is a part of a constraint: it holds of every row where the column is not null. One of In, Not, Differs is set, or
// at least one of Low and High.
type Check struct {
	Constraint string // its name, "" if it has none
	Column     string
	In         []Value // one of these
	Not        *Value  // anything else
	Low, High  *Bound  // numbers
	Differs    string  // from this other column
}

// Value is a literal.
type Value struct {
	Number bool
	Text   string // unescaped; of a number its digits
}

// Bound of numbers.
type Bound struct {
	Value float64
	Open  bool // the bound itself is out
}

// Column returns a column by its name, nil if there is none.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// FullName is the name with the schema, where there is one.
func (t *Table) FullName() string { return fullName(t.Schema, t.Name) }

func fullName(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}

// Dialect is how a database reads quotes and comments, and what it calls the schema that nobody names.
type Dialect uint8

// Generic texts are read by the standard, as PostgreSQL does.
const (
	Generic Dialect = iota
	MySQL           // and MariaDB
	SQLite
)

// String is the name of the dialect.
func (d Dialect) String() string {
	switch d {
	case MySQL:
		return "mysql"
	case SQLite:
		return "sqlite"
	}
	return "generic"
}

// signs of a dialect, in lower case. A text may have several: the first dialect that has one is meant.
var signs = []struct {
	dialect Dialect
	words   []string
}{
	{MySQL, []string{"engine=", "engine =", "auto_increment", "/*!", "default charset"}},
	{SQLite, []string{"autoincrement", "pragma ", "without rowid", "sqlite_", "using fts"}},
	{MySQL, []string{"`", "unsigned"}},
}

// guess looks for what only one dialect has.
func guess(text string) Dialect {
	const most = 1 << 20 // what a text begins with tells
	sample := strings.ToLower(text[:min(len(text), most)])
	for _, s := range signs {
		for _, word := range s.words {
			if strings.Contains(sample, word) {
				return s.dialect
			}
		}
	}
	return Generic
}
