package telemetry

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// OpenDB opens a database as sql.Open does, with a client span for every statement and for the beginning and the end of
// every transaction. The driver must have been imported; "sqlite" (modernc.org/sqlite) and "pgx" (pgx's stdlib) are known.
// No connection is made yet. The caller closes the database, before or after Shutdown.
func (t *Telemetry) OpenDB(driverName, dsn string) (*sql.DB, error) {
	connector, err := connectorFor(driverName, dsn)
	if err != nil {
		return nil, fmt.Errorf("open the database with the driver %q: %w", driverName, err)
	}
	if t.optIns.Has(Rows) {
		connector = countingConnector{connector}
	}
	options := []otelsql.Option{
		otelsql.WithTracerProvider(t.provider), otelsql.WithMeterProvider(noop.NewMeterProvider()),
		otelsql.WithAttributes(describe(driverName, dsn)...),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			DisableErrSkip: true, DisableQuery: !t.optIns.Has(Text),
			// What says nothing about what was asked of the database.
			OmitConnResetSession: true, OmitConnPrepare: true, OmitRows: true, OmitConnectorConnect: true,
		}),
	}
	if t.optIns.Has(Parameters) {
		options = append(options, otelsql.WithAttributesGetter(parameters))
	}
	return otelsql.OpenDB(connector, options...), nil
}

// connectorFor does what sql.Open does to get at the driver.
func connectorFor(driverName, dsn string) (driver.Connector, error) {
	db, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	d := db.Driver()
	if err := db.Close(); err != nil {
		return nil, err
	}
	if opener, ok := d.(driver.DriverContext); ok {
		return opener.OpenConnector(dsn)
	}
	return plainConnector{d, dsn}, nil
}

// plainConnector connects by a driver that makes no connectors.
type plainConnector struct {
	driver driver.Driver
	dsn    string
}

// Connect makes a connection.
func (c plainConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver returns the driver.
func (c plainConnector) Driver() driver.Driver { return c.driver }

// describe returns the attributes that all spans of a database have: its kind, its name and, of a server, the address.
func describe(driverName, dsn string) []attribute.KeyValue {
	switch driverName {
	case "sqlite":
		file, _, _ := strings.Cut(dsn, "?")
		if escaped, ok := strings.CutPrefix(file, "file:"); ok {
			file = escaped
			if plain, err := url.PathUnescape(escaped); err == nil {
				file = plain
			}
		}
		return []attribute.KeyValue{semconv.DBSystemNameSQLite, semconv.DBNamespace(path.Base(file))}
	case "pgx":
		return append(ofServer(dsn), semconv.DBSystemNamePostgreSQL)
	default:
		return []attribute.KeyValue{semconv.DBSystemNameOtherSQL}
	}
}

// ofServer returns what a URL tells of a database on a server: of other forms nothing is taken, lest it be a password.
func ofServer(dsn string) []attribute.KeyValue {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return nil
	}
	known := otelsql.AttributesFromDSN(dsn)
	if name := strings.TrimPrefix(u.Path, "/"); name != "" {
		known = append(known, semconv.DBNamespace(name))
	}
	return known
}

// parameters returns the arguments of a statement as db.query.parameter.<index>, or of a named one <name>. They are texts
// by convention. NULL is left out: as a text it could not be told from the string 'NULL', whereas an index that is missing
// among the others tells it.
func parameters(_ context.Context, _ otelsql.Method, _ string, args []driver.NamedValue) []attribute.KeyValue {
	found := make([]attribute.KeyValue, 0, len(args))
	for _, arg := range args {
		text, ok := textOf(arg.Value)
		if !ok {
			continue
		}
		key := arg.Name
		if key == "" {
			key = strconv.Itoa(arg.Ordinal - 1)
		}
		found = append(found, semconv.DBQueryParameter(key, text))
	}
	return found
}

// textOf returns a value as a text; false: it is NULL, or cannot be known. Besides driver values there are those that a
// driver which checks values itself (pgx) takes: pointers, valuers and named types.
func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case []byte:
		if v == nil {
			return "", false
		}
		if utf8.Valid(v) {
			return string(v), true
		}
		return hex.EncodeToString(v), true
	case time.Time:
		return v.Format(time.RFC3339Nano), true
	}
	r := reflect.ValueOf(value)
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return "", false // before its Value is asked for, which may not stand it
	}
	if valuer, ok := value.(driver.Valuer); ok {
		inner, err := valuer.Value()
		if _, again := inner.(driver.Valuer); again || err != nil {
			return "", false
		}
		return textOf(inner)
	}
	switch {
	case r.Kind() == reflect.Pointer:
		return textOf(r.Elem().Interface())
	case r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
		return textOf(r.Bytes())
	}
	return fmt.Sprint(value), true
}
