package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	// The two drivers.
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

const (
	postgresDriver = "pgx"
	sqliteDriver   = "sqlite"
)

// Opener opens a database with a driver of database/sql, with whatever it wraps around it.
type Opener interface {
	OpenDB(driverName, dsn string) (*sql.DB, error)
}

// Open opens the bank's database: PostgreSQL for a DSN that begins with "postgres://" or "postgresql://", otherwise the
// SQLite file of that path. It does not look whether the bank has been created.
func Open(opener Opener, dsn string) (*sql.DB, error) {
	driver, source := driverOf(dsn)
	db, err := opener.OpenDB(driver, source)
	if err != nil {
		return nil, fmt.Errorf("open the bank's database: %w", err)
	}
	// SQLite has one writer at a time, so more connections would only wait for each other in the file's lock, which is
	// less fair than the pool's queue. PostgreSQL takes a hundred by default, for all services.
	connections := 4
	if driver == postgresDriver {
		connections = 16
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// OnServer tells whether a DSN is of a PostgreSQL server, not the path of an SQLite file.
func OnServer(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Inspect returns an error that says what to do unless there is a bank in the database.
func Inspect(ctx context.Context, dsn string) (err error) {
	db, err := Open(plain{}, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var customers int
	if err := db.QueryRowContext(ctx, "select count(*) from users").Scan(&customers); err != nil {
		return fmt.Errorf("there is no bank in the database: %w (--fresh makes one)", err)
	}
	return nil
}

func driverOf(dsn string) (driver, source string) {
	if OnServer(dsn) {
		return postgresDriver, dsn
	}
	options := url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)"},
		// A transaction that will write queues at its beginning: one that has read first could not go on to write.
		"_txlock": {"immediate"},
		// Text that is in the order of the times.
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	return sqliteDriver, (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: dsn}).EscapedPath(), RawQuery: options.Encode()}).String()
}

// plain opens a database without anything around it.
type plain struct{}

// OpenDB implements Opener.
func (plain) OpenDB(driverName, dsn string) (*sql.DB, error) { return sql.Open(driverName, dsn) }

// Time returns a time as both databases keep it: UTC, in milliseconds.
func Time(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Period returns the month of a time, in UTC, as the entries name it: 202612 for December 2026.
func Period(t time.Time) int64 {
	year, month, _ := t.UTC().Date()
	return int64(year)*100 + int64(month)
}
