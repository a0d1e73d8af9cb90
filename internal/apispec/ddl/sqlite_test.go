package ddl_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/apispec/ddl"
)

// What SQLite makes of statements is what is read from them: names, order and nullability of columns, and the key.
func TestSQLiteMakesTheSameTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db, err := sql.Open("sqlite", ":memory:")
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		db.SetMaxOpenConns(1)
		var text strings.Builder
		text.WriteString("-- sqlite_ by name\n")
		for _, statement := range statements(t) {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				continue // what the database refuses says nothing
			}
			text.WriteString(statement + ";\n")
		}
		s := ddl.Read(text.String())
		require.Equal(t, ddl.SQLite, s.Dialect)
		require.False(t, s.Open)
		require.Equal(t, tablesOf(t, db), readTables(s), text.String())
	})
}

// statements make, change and drop tables.
func statements(t *rapid.T) []string {
	names := rapid.SampledFrom([]string{"a", "B", `"c d"`, "[e]", "`f`", `"create"`})
	var all []string
	all = append(all, "CREATE TABLE a ("+strings.Join(items(t, names), ", ")+")")
	for range rapid.IntRange(1, 8).Draw(t, "statements") {
		table, column := names.Draw(t, "table"), names.Draw(t, "column")
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			all = append(all, "ALTER TABLE "+table+" RENAME TO "+names.Draw(t, "to"))
		case 1:
			all = append(all, "ALTER TABLE "+table+" RENAME COLUMN "+column+" TO "+names.Draw(t, "to"))
		case 2:
			all = append(all, "ALTER TABLE "+table+" ADD COLUMN "+column+" "+definition(t, names))
		case 3:
			all = append(all, "ALTER TABLE "+table+" DROP COLUMN "+column)
		case 4:
			all = append(all, "DROP TABLE IF EXISTS "+table)
		default:
			all = append(all, "CREATE TABLE "+table+" ("+strings.Join(items(t, names), ", ")+")")
		}
	}
	return all
}

func items(t *rapid.T, names *rapid.Generator[string]) (all []string) {
	columns := rapid.SliceOfNDistinct(names, 1, 4, rapid.ID[string]).Draw(t, "columns")
	for _, column := range columns {
		all = append(all, column+" "+definition(t, names))
	}
	column := rapid.SampledFrom(columns).Draw(t, "column")
	if rapid.Bool().Draw(t, "constraint") {
		all = append(all, fmt.Sprintf(rapid.SampledFrom([]string{
			"PRIMARY KEY (%s)", "UNIQUE (%s, a)", "CONSTRAINT x CHECK (%s > 1 OR length('a, (b') > 1)", "FOREIGN KEY (%s) REFERENCES b (a)",
			"PRIMARY KEY (%s) /* not, null */",
		}).Draw(t, "constraint"), column))
	}
	return all
}

func definition(t *rapid.T, names *rapid.Generator[string]) string {
	parts := []string{rapid.SampledFrom([]string{"", "INTEGER", "varchar(20)", "double precision", "decimal(5, 2)", "TEXT"}).Draw(t, "type")}
	for range rapid.IntRange(0, 3).Draw(t, "constraints") {
		parts = append(parts, rapid.SampledFrom([]string{
			"NOT NULL", "NULL", "DEFAULT 5", "DEFAULT NULL", "DEFAULT ('not null, (')", "DEFAULT -1.5", "UNIQUE", "CHECK (1 IS NOT NULL)", "COLLATE NOCASE",
			"CONSTRAINT n NOT NULL", "REFERENCES a (b) ON DELETE SET NULL", "REFERENCES " + names.Draw(t, "target") + " ON UPDATE SET DEFAULT", "PRIMARY KEY",
			"DEFAULT 'it''s' -- a comment, NOT NULL\n", "GENERATED ALWAYS AS (1 + 1) VIRTUAL",
		}).Draw(t, "constraint"))
	}
	return strings.Join(parts, " ")
}

// tablesOf asks the database.
func tablesOf(t *rapid.T, db *sql.DB) map[string][]string {
	rows, err := db.QueryContext(t.Context(), `SELECT lower(m.name), lower(c.name), c."notnull" <> 0 OR c.pk > 0, c.pk
		FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	tables := make(map[string][]string)
	for rows.Next() {
		var table, column string
		var notNull bool
		var key int
		require.NoError(t, rows.Scan(&table, &column, &notNull, &key))
		tables[table] = append(tables[table], fmt.Sprint(column, " ", notNull, " ", key))
	}
	require.NoError(t, rows.Err())
	return tables
}

func readTables(s *ddl.Schema) map[string][]string {
	tables := make(map[string][]string)
	for i := range s.Tables {
		table := &s.Tables[i]
		for j := range table.Columns {
			c := &table.Columns[j]
			key := 0
			for k, name := range table.PrimaryKey {
				if name == c.Name {
					key = k + 1
				}
			}
			tables[table.Name] = append(tables[table.Name], fmt.Sprint(c.Name, " ", c.NotNull, " ", key))
		}
	}
	return tables
}
