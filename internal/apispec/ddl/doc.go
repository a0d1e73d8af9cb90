// Package ddl reads which tables a database has from the statements that make them: CREATE TABLE, ALTER TABLE and their
// like, as PostgreSQL, MySQL, MariaDB and SQLite write them, by hand or by pg_dump, mysqldump and .schema.
//
// There is no grammar and no error: what is not understood is skipped and counted, and a table of which something may
// have been missed says so ([Table].Whole, [Schema].Open). A column, check or value is told only where the text leaves no
// doubt. Statements count in their order, so that a file of migrations gives what is there after the last one.
//
// Time is linear in the text. All names are in lower case (ASCII), as statements in telemetry are read.
package ddl
