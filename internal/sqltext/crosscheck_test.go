package sqltext

import (
	"slices"
	"strings"
	"testing"

	"github.com/DataDog/go-sqllexer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOperationAndTablesAreThoseOfAnotherLexer(t *testing.T) {
	require.GreaterOrEqual(t, len(queries), 60)
	normalizer := sqllexer.NewNormalizer(sqllexer.WithCollectCommands(true), sqllexer.WithCollectTables(true))
	for _, q := range queries {
		s := Parse(q.text, q.d)
		assert.Equal(t, q.operation, s.Operation, q.text)
		assert.Equal(t, q.tables, join(s.Tables), q.text)
		assert.False(t, s.Truncated || s.Limited, q.text)

		_, theirs, err := normalizer.Normalize(q.text, sqllexer.WithDBMS(system(q.d)))
		require.NoError(t, err)
		same := hasFirst(theirs.Commands, s.Operation) && sameNames(theirs.Tables, s.Tables)
		if q.theirs == "" {
			assert.True(t, same, "%s: %v %v", q.text, theirs.Commands, theirs.Tables)
		} else {
			assert.False(t, same, "%s: they are the same by now", q.text)
		}
	}
}

func system(d Dialect) sqllexer.DBMSType {
	switch d {
	case MySQL:
		return sqllexer.DBMSMySQL
	case SQLServer:
		return sqllexer.DBMSSQLServer
	case Generic, PostgreSQL, SQLite:
	}
	return sqllexer.DBMSPostgres
}

// hasFirst: the command is the first that the other lexer found, if it found any.
func hasFirst(commands []string, operation string) bool {
	return len(commands) > 0 && commands[0] == operation
}

// sameNames goes by the names alone, in any order and case.
func sameNames(theirs, ours []string) bool {
	var plain []string
	for _, name := range theirs {
		plain = append(plain, strings.ToLower(strings.NewReplacer(`"`, "", "`", "", "[", "", "]", "").Replace(name)))
	}
	slices.Sort(plain)
	sorted := slices.Sorted(slices.Values(ours))
	return slices.Equal(slices.Compact(plain), sorted)
}

func TestDialectsGoByTheNamesOfSystems(t *testing.T) {
	for system, want := range map[string]Dialect{
		"postgresql": PostgreSQL, "mysql": MySQL, "mariadb": MySQL, "sqlite": SQLite, "mssql": SQLServer,
		"microsoft.sql_server": SQLServer, "cockroachdb": PostgreSQL, "oracle": Generic, "other_sql": Generic, "": Generic,
	} {
		assert.Equal(t, want, DialectOf(system), system)
	}
}

func TestOperationsOfSeveralStatements(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1 FROM a; DROP TABLE b":                                             "SELECT; DROP",
		"SELECT 1 FROM a; SELECT 2 FROM b":                                          "SELECT",
		"BEGIN; UPDATE a SET b = 1; COMMIT":                                         "UPDATE",
		"SET NOCOUNT ON; DELETE FROM a":                                             "DELETE",
		"BEGIN; COMMIT":                                                             "BEGIN",
		"WITH x AS (SELECT 1 FROM a) UPDATE b SET c = 1":                            "UPDATE",
		"SELECT 1; INSERT INTO a VALUES (1); DELETE FROM a; SELECT 1; DROP TABLE a": "SELECT; INSERT; DELETE; SELECT",
		";;": "",
	} {
		assert.Equal(t, want, Parse(text, PostgreSQL).Operation, text)
	}
}
