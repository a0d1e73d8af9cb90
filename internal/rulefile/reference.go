package rulefile

import "strconv"

// Reference is a collection of entities that rules look up with row and shown, such as orders, and where calls and
// statements show them.
type Reference struct {
	Name    string // [a-z][a-z0-9_.-]{0,63}, unique in the file
	Sources []Source
	// Line and Column are where the reference begins in the file, from 1; 0 if it comes from none.
	Line, Column int

	place string // the file's path
}

// Source is where the entities of a collection are: in calls of APIs, or in database statements on a table.
type Source struct {
	Services []string // names; nil: any
	APIs     []API    // at least one, or none if there is a Table
	Table    string   // name; "": the source is calls
	// At is the path of the objects in a call, such as resp.body.data[]; "" is the call itself.
	At string
	// Key is the paths of one to [MaxKeyParts] scalars that identify the entity; of a table, its columns.
	Key []string
	// Fields are the names of the fields of a row with their paths or columns. Paths are relative to the object, or begin
	// with req., resp., env. or call.
	Fields map[string]string
	// Line and Column are where the source begins in the file, from 1; 0 if it comes from none.
	Line, Column int
}

// Problem returns an error about a key of a source, or of the reference itself where source is -1, for those who find more
// in it than this package does.
func (r *Reference) Problem(source int, key, problem string) *Error {
	e := &Error{Path: r.place, Line: r.Line, Column: r.Column, Reference: r.Name, Key: key, Problem: problem}
	if source >= 0 {
		s := &r.Sources[source]
		e.Line, e.Column, e.Key = s.Line, s.Column, keyFrom+"["+strconv.Itoa(source)+"]."+key
	}
	return e
}

// Limits of references; what exceeds them is an error.
const (
	// MaxReferences is the largest number of references in a file.
	MaxReferences = 1000
	// MaxSources is the largest number of sources of a reference.
	MaxSources = 100
	// MaxKeyParts is the largest number of parts of a key.
	MaxKeyParts = 3
	// MaxFields is the largest number of fields of a reference, over all of its sources.
	MaxFields = 64
	// MaxPathBytes is the longest path, column or table, and the longest name of a field.
	MaxPathBytes = 250
)
