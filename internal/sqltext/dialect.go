package sqltext

// Dialect is how a database reads quotes, comments and operators.
type Dialect uint8

// Generic is for systems that are not known. Where the others differ, a statement in Generic is read by the standard,
// and its columns are hidden if that may be wrong.
const (
	Generic Dialect = iota
	PostgreSQL
	MySQL
	SQLite
	SQLServer
)

// DialectOf is the dialect of a system, named as in db.system.name or the older db.system of the OpenTelemetry semantic
// conventions.
func DialectOf(system string) Dialect {
	switch system {
	case "postgresql", "postgres", "redshift", "aws.redshift", "cockroachdb", "greenplum", "edb", "yugabytedb", "timescaledb":
		return PostgreSQL
	case "mysql", "mariadb", "tidb", "aurora_mysql", "memsql", "singlestore":
		return MySQL
	case "sqlite":
		return SQLite
	case "mssql", "microsoft.sql_server", "mssqlcompact", "sqlserver", "azure.sql":
		return SQLServer
	}
	return Generic
}

// String is the name of the dialect.
func (d Dialect) String() string {
	names := [...]string{"generic", "postgresql", "mysql", "sqlite", "sqlserver"}
	if int(d) < len(names) {
		return names[d]
	}
	return names[Generic]
}

// brackets: [x] is always an identifier.
func (d Dialect) brackets() bool { return d == SQLite || d == SQLServer }

// dollarQuotes: $tag$..$tag$ is a string.
func (d Dialect) dollarQuotes() bool { return d == PostgreSQL || d == Generic }

// nestedComments: a comment within a comment has an end of its own.
func (d Dialect) nestedComments() bool { return d == PostgreSQL || d == SQLServer }

// looseDoubleQuotes: "x" is a string if no such column is there.
func (d Dialect) looseDoubleQuotes() bool { return d == SQLite || d == Generic }

// recursive: common table expressions see themselves without the word RECURSIVE.
func (d Dialect) recursive() bool { return d == SQLite || d == SQLServer }
