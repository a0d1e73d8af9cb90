package telemetry

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/spanwarden/spanwarden/examples/bank/internal/postgres"
)

// dialect is one of the two databases, and how they differ in what is tested.
type dialect struct {
	driver, dsn, system, namespace string
	series                         string // rows x from 1 to $1
	breaks                         string // rows 1 and 2, then an error
	floats, bytes, times           string // types
}

func onSQLite(t *testing.T) dialect {
	t.Helper()
	const series = `WITH RECURSIVE s(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM s WHERE x < $1) SELECT x FROM s`
	return dialect{
		driver: "sqlite", dsn: "file:" + filepath.Join(t.TempDir(), "bank.db") + "?_pragma=busy_timeout(5000)",
		system: "sqlite", namespace: "bank.db", series: series,
		breaks: `WITH RECURSIVE s(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM s WHERE x < 5)
			SELECT CASE WHEN x = 3 THEN abs(-9223372036854775808) ELSE x END FROM s`,
		floats: "REAL", bytes: "BLOB", times: "TIMESTAMP",
	}
}

func onPostgres(t *testing.T) dialect {
	t.Helper()
	dsn := postgres.Start(t)
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	return dialect{
		driver: "pgx", dsn: dsn, system: "postgresql", namespace: strings.TrimPrefix(u.Path, "/"),
		series: `SELECT x FROM generate_series(1, $1::bigint) x`,
		breaks: `SELECT CASE WHEN x = 3 THEN 1 / (x - 3) ELSE x END FROM generate_series(1, 5) x`,
		floats: "DOUBLE PRECISION", bytes: "BYTEA", times: "TIMESTAMPTZ",
	}
}

// open returns an instrumented handle with an empty table called things.
func (d dialect) open(t *testing.T, service *Telemetry) *sql.DB {
	t.Helper()
	db, err := service.OpenDB(d.driver, d.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	for _, statement := range []string{
		`DROP TABLE IF EXISTS things`,
		`CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT, price ` + d.floats + `, seal ` + d.bytes + `, made ` + d.times + `)`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	return db
}

var made = inUTC("2025-03-01T12:00:00.123456Z")

func fill(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, row := range [][]any{
		{1, "one", 1.5, []byte{0xff, 0}, made}, {2, "two", -2.0, []byte("text"), made.Add(time.Hour)}, {3, nil, nil, nil, nil},
	} {
		_, err := db.ExecContext(t.Context(), `INSERT INTO things (id, name, price, seal, made) VALUES ($1, $2, $3, $4, $5)`, row...)
		require.NoError(t, err)
	}
}

func TestDatabase(t *testing.T) {
	for name, on := range map[string]func(*testing.T) dialect{"SQLite": onSQLite, "PostgreSQL": onPostgres} {
		t.Run(name, func(t *testing.T) {
			d := on(t)
			t.Run("spans", func(t *testing.T) { testSpans(t, d) })
			t.Run("rows", func(t *testing.T) { testRows(t, d) })
			t.Run("parameters", func(t *testing.T) { testParameters(t, d) })
			t.Run("the same without counting", func(t *testing.T) { testSameWithoutCounting(t, d) })
			t.Run("large results", func(t *testing.T) { testLargeResults(t, d) })
			t.Run("a context that ends", func(t *testing.T) { testContextThatEnds(t, d) })
		})
	}
}

// testSpans looks at what a transaction leaves.
func testSpans(t *testing.T, d dialect) {
	for _, set := range []OptIns{All, None} {
		b := newBench(t)
		service := b.service("account", Options{OptIns: set})
		db := d.open(t, service)
		ctx, root := service.provider.Tracer("test").Start(t.Context(), "root")
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, `INSERT INTO things (id, name) VALUES ($1, $2)`, 1, "one")
		require.NoError(t, err)
		var name string
		require.NoError(t, tx.QueryRowContext(ctx, `SELECT name FROM things WHERE id = $1`, 1).Scan(&name))
		assert.Equal(t, "one", name)
		require.NoError(t, tx.Commit())
		_, err = db.ExecContext(ctx, `INSERT INTO nothing VALUES (1)`)
		require.Error(t, err)
		tx, err = db.BeginTx(ctx, nil)
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		root.End()

		ofTrace := func(all spans) spans {
			var some spans
			for _, s := range all {
				if s.TraceID().String() == root.SpanContext().TraceID().String() {
					some = append(some, s)
				}
			}
			return some
		}(b.spans())
		assert.Equal(t, []string{
			"root", "sql.conn.begin_tx", "sql.conn.exec", "sql.conn.query", "sql.tx.commit", "sql.conn.exec", "sql.conn.begin_tx", "sql.tx.rollback",
		}, ofTrace.names())
		for _, s := range ofTrace[1:] {
			assert.Equal(t, "Client", s.Kind().String())
			assert.Equal(t, root.SpanContext().SpanID().String(), s.ParentSpanID().String())
			assert.Equal(t, d.system, s.attributes()["db.system.name"])
			assert.Equal(t, d.namespace, s.attributes()["db.namespace"])
		}
		assert.Equal(t, "Unset", ofTrace[2].Status().Code().String())
		assert.Equal(t, "Error", ofTrace[5].Status().Code().String())
		query := ofTrace[3].attributes()
		if set == All {
			assert.Equal(t, `SELECT name FROM things WHERE id = $1`, query["db.query.text"])
			assert.Equal(t, "1", query["db.query.parameter.0"])
			assert.Equal(t, int64(1), query["db.response.returned_rows"])
			assert.NotContains(t, ofTrace[2].attributes(), "db.response.returned_rows", "of a statement that returns none")
		} else {
			for key := range query {
				assert.NotContains(t, key, "db.query")
				assert.NotContains(t, key, "db.response")
			}
		}
	}
}

func testParameters(t *testing.T, d dialect) {
	b := newBench(t)
	db := d.open(t, b.service("account", Options{OptIns: Parameters | Rows}))
	insert := `INSERT INTO things (id, name, price, seal, made) VALUES ($1, $2, $3, $4, $5)`
	_, err := db.ExecContext(t.Context(), insert, 7, "O'Brien; --", 2.5, []byte{0xff, 0}, made)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), insert, int64(8), sql.NullString{}, nil, []byte("text"), sql.NullTime{Time: made, Valid: true})
	require.NoError(t, err)
	prepared, err := db.PrepareContext(t.Context(), insert)
	require.NoError(t, err)
	defer prepared.Close() //nolint:errcheck // nothing depends on it
	name := "named"
	_, err = prepared.ExecContext(t.Context(), 9, &name, sql.NullFloat64{}, nil, nil)
	require.NoError(t, err)

	var got []map[string]any
	for _, s := range b.spans() {
		some := make(map[string]any)
		for key, value := range s.attributes() {
			if rest, ok := strings.CutPrefix(key, "db.query.parameter."); ok {
				some[rest] = value
			}
		}
		if len(some) > 0 {
			got = append(got, some)
		}
	}
	assert.Equal(t, []map[string]any{
		{"0": "7", "1": "O'Brien; --", "2": "2.5", "3": "ff00", "4": "2025-03-01T12:00:00.123456Z"},
		{"0": "8", "3": "text", "4": "2025-03-01T12:00:00.123456Z"},
		{"0": "9", "1": "named"},
	}, got)
}

func TestOpenDBOfAnUnknownDriver(t *testing.T) {
	_, err := newBench(t).service("account", Options{}).OpenDB("oracle", "x")
	assert.ErrorContains(t, err, `"oracle"`)
}

func TestDescribe(t *testing.T) {
	for _, test := range []struct{ driver, dsn, want string }{
		{"sqlite", "/var/lib/bank.db", "db.namespace=bank.db db.system.name=sqlite"},
		{"sqlite", "file:/var/lib/bank.db?mode=ro", "db.namespace=bank.db db.system.name=sqlite"},
		{"sqlite", "file:/var/lib/our%20bank.db?mode=ro", "db.namespace=our_bank.db db.system.name=sqlite"},
		{"sqlite", ":memory:", "db.namespace=:memory: db.system.name=sqlite"},
		{
			"pgx", "postgres://u:p%40ss@db.example:5433/bank?sslmode=disable",
			"db.namespace=bank db.system.name=postgresql server.address=db.example server.port=5433",
		},
		{"pgx", "postgres:///bank?host=/run", "db.namespace=bank db.system.name=postgresql"},
		{"pgx", "postgres://[::1]/bank", "db.namespace=bank db.system.name=postgresql server.address=[::1]"},
		{"pgx", "host=db user=u password=p dbname=bank", "db.system.name=postgresql"},
		{"other", "secret", "db.system.name=other_sql"},
	} {
		var got []string
		for _, a := range describe(test.driver, test.dsn) {
			got = append(got, string(a.Key)+"="+strings.ReplaceAll(a.Value.String(), " ", "_"))
		}
		assert.ElementsMatch(t, strings.Fields(test.want), got, test.dsn)
	}
}

// label is a named type, as pgx takes it.
type label string

type failing struct{}

func (failing) Value() (driver.Value, error) { return nil, errors.New("no value") }

type again struct{}

func (a again) Value() (driver.Value, error) { return a, nil }

func TestTextOf(t *testing.T) {
	number, word := 5, "w"
	var nowhere *string
	var nobody *uuid.UUID
	for _, test := range []struct {
		value any
		want  any // nil: none
	}{
		{nil, nil},
		{nowhere, nil},
		{nobody, nil},
		{[]byte(nil), nil},
		{sql.NullInt64{}, nil},
		{failing{}, nil},
		{again{}, nil},
		{"", ""},
		{"NULL", "NULL"},
		{[]byte{}, ""},
		{[]byte("ü"), "ü"},
		{[]byte{0xc3}, "c3"},
		{int8(-5), "-5"},
		{uint64(1 << 63), "9223372036854775808"},
		{1.5, "1.5"},
		{true, "true"},
		{&number, "5"},
		{&word, "w"},
		{label("l"), "l"},
		{sql.NullInt64{Int64: 7, Valid: true}, "7"},
		{uuid.NameSpaceOID, "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
		{&uuid.NameSpaceOID, "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
		{made.In(time.FixedZone("", 3600)), "2025-03-01T13:00:00.123456+01:00"},
	} {
		text, ok := textOf(test.value)
		assert.Equal(t, test.want != nil, ok, "%T %v", test.value, test.value)
		if ok {
			assert.Equal(t, test.want, text)
		}
	}
}
