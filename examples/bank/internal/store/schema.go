package store

import (
	_ "embed"
	"strings"
)

//go:embed schema.sql
var postgresSchema string

// schemaOf returns the statements that create the bank's tables afresh.
func schemaOf(driver string) string {
	if driver == postgresDriver {
		return postgresSchema
	}
	return strings.NewReplacer(
		"bigint generated always as identity primary key", "integer primary key autoincrement",
		"bigint primary key", "integer primary key", // the row's own number rather than an index of its own
		"timestamptz", "timestamp", // what the driver takes for times
	).Replace(postgresSchema)
}
