package proposer

import "github.com/spanwarden/spanwarden/internal/rulefile"

// Schema is what is known of an application. It is plain data; the order of its parts does not matter.
type Schema struct {
	APIs        []API
	Tables      []Table
	Collections []Collection // what rules may name in row() and shown()
	// Environment is the caller: env.user.id, env.user.roles, env.session.id, env.client.address, as far as calls have it.
	Environment []Column
	// References declares the collections to the compiler of the rules; its own rules are not read. nil: there are none.
	References *rulefile.File
}

// API is calls of one route of one service.
type API struct {
	Service string // service.name; "": not known
	API     string // as rules have it: "GET /orders/{id}"
	Seen    int    // calls; of too many APIs, those seen most are asked about
	// Columns are its arguments and what it answers with. Their paths begin with "req" or "resp".
	Columns    []Column
	Statements []Statement // that its calls issue, one of each shape
	Children   []string    // APIs that its calls call: "POST /payments"
}

// Column is one flattened field.
type Column struct {
	// Path is how a rule gets there, with "[]" where it goes through a list: "req", "body", "items", "[]", "price". For
	// tables and collections it is one name.
	Path   []string
	Type   string  // text, integer, number, boolean, list, object, or several with | between them; "": not known
	Format string  // uuid, date, e-mail, digits; "": none
	Share  float64 // of the calls, 0 to 1, that have it; 0: not known. Of too many columns, those most calls have are shown
	Enum   []string
	// Values are all that traffic had, if these are few, and Least and Most the range. They are shown only with
	// [Settings].ShowValues, and never of what looks like a secret.
	Values      []string
	Least, Most string
}

// Table is a table of a database.
type Table struct {
	Name    string // as statements have it, in lower case
	Columns []Column
}

// Statement is what calls of an API do in a database.
type Statement struct {
	Op         string // SELECT
	Table      string
	Where, Set []string // columns that conditions compare, and that are written
}

// Collection is rows that earlier calls showed, as references of a rule file declare them.
type Collection struct {
	Name   string
	Key    []Column // of the values that a row is found by, in the order of row(name, [a, b])
	Fields []Column
}
