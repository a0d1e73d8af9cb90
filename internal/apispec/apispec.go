package apispec

import (
	"fmt"
	"io"
	"os"

	"github.com/spanwarden/spanwarden/internal/apispec/ddl"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Limits of a description. A larger file is an error; rules and columns beyond are left out and told.
const (
	// MaxFileBytes is the largest file.
	MaxFileBytes = 16 << 20
	// MaxRules is the largest number of rules of one file.
	MaxRules = 5000
	// MaxColumns is the largest number of columns of one file.
	MaxColumns = 50_000
)

// Options say what a description is of.
type Options struct {
	// Services are those whose calls the rules are about; nil: any. Rules of several descriptions have ids of their own only
	// if their services differ.
	Services []string
	// BasePath stands before the paths of an OpenAPI description in place of the paths of its servers; "/" is none. "": as
	// its servers have it.
	BasePath string
}

// Spec is what a description says. It is immutable.
type Spec struct {
	rules   []rulefile.Rule
	skipped []string
	apis    []rulefile.API
	columns []Column
	tables  []ddl.Table
}

// Rules returns the rules in the order of the description. Their support is {source: openapi} or {source: ddl}.
func (s *Spec) Rules() []rulefile.Rule { return s.rules }

// Skipped returns what was not understood or cannot be checked, in sentences without a stop.
func (s *Spec) Skipped() []string { return s.skipped }

// APIs returns all APIs of an OpenAPI description, by path, one for each base path.
func (s *Spec) APIs() []rulefile.API { return s.apis }

// Columns returns what is known of the arguments and results of an OpenAPI description's APIs.
func (s *Spec) Columns() []Column { return s.columns }

// Tables returns the tables of a database by name.
func (s *Spec) Tables() []ddl.Table { return s.tables }

// Column is an argument or a part of the result of an API.
type Column struct {
	API rulefile.API
	// Path is where it is: req.path.id, req.query.limit, req.header.x-user, req.body.items[].id, resp.body.total.
	// Responses are those with a status from 200 to 299.
	Path string
	// Statuses are those of the responses that it is a part of, such as 200 and 2XX; nil: it is a part of requests.
	Statuses []string
	// Type is one of JSON Schema: integer, number, string, boolean, array, object; "": any, or several. That of path, query and
	// header is what their texts stand for.
	Type   string
	Format string   // "uuid", "date-time", any other that the description has; "": none
	Enum   []string // texts of all values, "null" left out; nil: any
	// Low and High are bounds that numbers may reach; nil: none.
	Low, High *float64
	// MaxLength is the largest number of characters; -1: any.
	MaxLength int
	Required  bool // in every object that it is a member of, or in every call
	Nullable  bool
	ReadOnly  bool // set by the service
	WriteOnly bool // never in a response
}

// Error is what is wrong with a file.
type Error struct {
	Path         string
	Line, Column int    // from 1; 0: about the file as a whole
	Problem      string // with the mend
}

// Error is one line, such as
//
//	openapi.yaml:7:5: "other.yaml#/User" is in another file, and only this one is read: ...
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, e.Problem)
}

// load reads a file of at most [MaxFileBytes].
func load(path, what, mend string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe may take for ever
		return nil, &Error{Path: path, Problem: "this is no file: name one that holds " + what}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if err := checkSize(path, content, mend); err != nil {
		return nil, err
	}
	return content, nil
}

func checkSize(path string, content []byte, mend string) error {
	if len(content) > MaxFileBytes {
		return &Error{Path: path, Problem: fmt.Sprintf("the file has more than %d MiB: %s", MaxFileBytes>>20, mend)}
	}
	return nil
}
