package invariant

import (
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// statements takes down the rows of statements on a table.
func (f *Feeder) statements(from *source, all []*Statement) {
	for _, st := range all {
		if f.shown == MostShown {
			return
		}
		if of, shows := shownBy(st, from.table); shows {
			f.row(from, thing{statement: &of})
		}
	}
}

// tableStatement is what a statement says of the rows of one table.
type tableStatement struct {
	*Statement
	table  string // "orders." where there are others
	writes bool
}

// shownBy says whether a statement shows or writes rows of the table: the SELECT that found some, and the INSERT and UPDATE
// that are not only about what is there already. Of other statements the rows are gone, or nobody knows which they were.
func shownBy(st *Statement, table string) (of tableStatement, shows bool) {
	of.Statement = st
	switch st.SQL.Operation {
	case "SELECT":
		shows = st.Rows != 0
	case "INSERT":
		of.writes, shows = true, !mayDoNothing(st.SQL.Skeleton)
	case "UPDATE", "REPLACE", "MERGE", "UPSERT":
		of.writes, shows = true, true
	}
	tables := st.SQL.Tables
	switch {
	case !shows || len(tables) == 0:
		return of, false
	case of.writes && tables[0] != table: // the first is the one that is written
		return of, false
	case len(tables) == 1:
		return of, tables[0] == table
	}
	of.table = table + "."
	return of, slices.Contains(tables, table)
}

// Shows is true for a statement that shows or writes rows of the table, as [Feeder.Feed] takes them down.
func (s *Statement) Shows(table string) bool {
	_, shows := shownBy(s, table)
	return shows
}

// mayDoNothing is true for an INSERT of a row that may be there already, with other values.
func mayDoNothing(skeleton string) bool {
	return strings.HasPrefix(skeleton, "insert ignore ") || strings.HasPrefix(skeleton, "insert or ignore ") ||
		strings.HasSuffix(skeleton, " do nothing") || strings.Contains(skeleton, " do nothing ")
}

// value returns what the statement writes into a column, else what it asks of it. What it writes in a way that does not
// tell the value is unclear.
func (t *tableStatement) value(column string, into *texts) reference.Value {
	if t.table != "" {
		column = t.table + column
	}
	if t.writes {
		switch value, presence := t.SQL.Column(sqltext.InSet, column, &t.Parameters); presence {
		case sqltext.Known:
			return into.ofSQL(&value)
		case sqltext.Hidden:
			return reference.Value{Kind: reference.Unclear}
		}
	}
	if value, presence := t.SQL.Column(sqltext.InWhere, column, &t.Parameters); presence == sqltext.Known {
		return into.ofSQL(&value)
	}
	return reference.Value{Kind: reference.Absent}
}
