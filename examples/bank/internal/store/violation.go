package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Rule is what a statement broke that the database refused.
type Rule int

// The rules. None: the error is another one, or there is none.
const (
	None       Rule = iota
	Check           // a CHECK
	ForeignKey      // a row is referred to that is not there
	Unique          // a row with that key is there already
	Value           // a value cannot be kept, such as a text with a zero byte or a number out of range
	Busy            // other transactions were in the way for too long; the same may succeed later
)

// Violated returns which rule an error of either database is about, and for Check the constraint's name.
func Violated(err error) (rule Rule, constraint string) {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return postgresRule(e)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteRule(e)
	}
	return None, ""
}

func postgresRule(e *pgconn.PgError) (rule Rule, constraint string) {
	switch {
	case e.Code == "23514":
		return Check, e.ConstraintName
	case e.Code == "23503":
		return ForeignKey, ""
	case e.Code == "23505":
		return Unique, ""
	case strings.HasPrefix(e.Code, "22"):
		return Value, ""
	case strings.HasPrefix(e.Code, "40"), e.Code == "53300", e.Code == "55P03":
		return Busy, ""
	}
	return None, ""
}

func sqliteRule(e *sqlite.Error) (rule Rule, constraint string) {
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		// "constraint failed: CHECK constraint failed: accounts_balance (275)"
		_, name, _ := strings.Cut(e.Error(), "CHECK constraint failed: ")
		name, _, _ = strings.Cut(name, " ")
		return Check, name
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ForeignKey, ""
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return Unique, ""
	case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return Value, ""
	}
	if e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return Busy, ""
	}
	return None, ""
}
