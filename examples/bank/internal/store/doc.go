// Package store is the bank's database: its schema, what it holds in the beginning, and how it is opened, in SQLite and
// in PostgreSQL.
package store
