package telemetry

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testRows has queries by all ways, and the number of rows that is recorded for each.
func testRows(t *testing.T, d dialect) {
	b := newBench(t)
	service := b.service("account", Options{OptIns: Rows | Text})
	db := d.open(t, service)
	fill(t, db)
	query := func(text string, args ...any) { assert.Empty(t, ask(t.Context(), db, false, text, args...).Err) }
	query(`SELECT id AS none FROM things WHERE id > 5`)
	query(`SELECT id AS three FROM things`)
	query(d.series+` LIMIT 100`, 7)
	var id int64
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT id AS first FROM things ORDER BY id`).Scan(&id))
	require.NoError(t, db.QueryRowContext(t.Context(), `INSERT INTO things (id) VALUES (4) RETURNING id`).Scan(&id))
	assert.ErrorIs(t, db.QueryRowContext(t.Context(), `SELECT id AS nobody FROM things WHERE id = 9`).Scan(&id), sql.ErrNoRows)

	prepared, err := db.PrepareContext(t.Context(), `SELECT id AS prepared FROM things WHERE id <= $1`)
	require.NoError(t, err)
	defer prepared.Close() //nolint:errcheck // nothing depends on it
	for limit, want := range []error{sql.ErrNoRows, nil, nil} {
		assert.ErrorIs(t, prepared.QueryRowContext(t.Context(), limit).Scan(&id), want)
	}

	got := make(map[string][]any)
	for _, s := range b.spans() {
		if strings.HasSuffix(s.Name(), ".query") {
			text := s.attributes()["db.query.text"].(string)
			got[text] = append(got[text], s.attributes()["db.response.returned_rows"])
		}
	}
	assert.Equal(t, map[string][]any{
		`SELECT id AS none FROM things WHERE id > 5`:       {int64(0)},
		`SELECT id AS three FROM things`:                   {int64(3)},
		d.series + ` LIMIT 100`:                            {int64(7)},
		`SELECT id AS first FROM things ORDER BY id`:       {int64(3)},
		`INSERT INTO things (id) VALUES (4) RETURNING id`:  {int64(1)},
		`SELECT id AS nobody FROM things WHERE id = 9`:     {int64(0)},
		`SELECT id AS prepared FROM things WHERE id <= $1`: {int64(0), int64(1), int64(2)},
	}, got)
}

// outcome is all that a caller of database/sql sees of a query.
type outcome struct {
	Columns []string
	Types   []string
	Rows    [][]any
	Err     string
}

// ask runs a query on the connection, by itself or prepared, and returns what came of it.
func ask(ctx context.Context, db *sql.DB, prepared bool, text string, args ...any) (o outcome) {
	failed := func(err error) outcome {
		if err != nil {
			o.Err = err.Error()
		}
		return o
	}
	var rows *sql.Rows
	var err error
	if prepared {
		var stmt *sql.Stmt
		if stmt, err = db.PrepareContext(ctx, text); err != nil {
			return failed(err)
		}
		defer func() { _ = failed(stmt.Close()) }()
		rows, err = stmt.QueryContext(ctx, args...)
	} else {
		rows, err = db.QueryContext(ctx, text, args...)
	}
	if err != nil {
		return failed(err)
	}
	defer func() { _ = failed(rows.Close()) }()
	if o.Columns, err = rows.Columns(); err != nil {
		return failed(err)
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return failed(err)
	}
	for _, c := range types {
		length, hasLength := c.Length()
		nullable, known := c.Nullable()
		precision, scale, decimal := c.DecimalSize()
		o.Types = append(o.Types, fmt.Sprint(c.DatabaseTypeName(), length, hasLength, nullable, known, precision, scale, decimal, c.ScanType()))
	}
	for rows.Next() {
		row := make([]any, len(types))
		into := make([]any, len(types))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return failed(err)
		}
		o.Rows = append(o.Rows, row)
	}
	return failed(rows.Err())
}

// testSameWithoutCounting compares what a caller sees with and without the wrapper.
func testSameWithoutCounting(t *testing.T, d dialect) {
	b := newBench(t)
	with := d.open(t, b.service("with", Options{OptIns: Rows}))
	fill(t, with)
	without, err := b.service("without", Options{}).OpenDB(d.driver, d.dsn)
	require.NoError(t, err)
	defer func() { assert.NoError(t, without.Close()) }()
	for _, test := range []struct {
		text string
		args []any
	}{
		{`SELECT * FROM things ORDER BY id`, nil},
		{`SELECT * FROM things ORDER BY id DESC`, nil},
		{`SELECT made, seal FROM things WHERE made >= $1 ORDER BY id`, []any{made}},
		{`SELECT name FROM things WHERE name = $1`, []any{sql.NullString{String: "two", Valid: true}}},
		{`SELECT name FROM things WHERE id = 17`, nil},
		{`SELECT count(*), sum(price), max(name) FROM things`, nil},
		{`SELECT CAST(12.5 AS NUMERIC(10, 2)) AS n, CAST('x' AS VARCHAR(7)) AS v`, nil},
		{`SELECT nothing FROM things`, nil},
		{`SELECT (`, nil},
		{d.breaks, nil},
		{`SELECT name FROM things WHERE id = $1`, []any{"not a number"}},
		{`SELECT name FROM things WHERE id = $1`, []any{struct{}{}}},
		{`SELECT name FROM things WHERE id = $1`, nil},
	} {
		for _, prepared := range []bool{false, true} {
			t.Run(fmt.Sprint(test.text, test.args, prepared), func(t *testing.T) {
				want := ask(t.Context(), without, prepared, test.text, test.args...)
				assert.Equal(t, want, ask(t.Context(), with, prepared, test.text, test.args...))
			})
		}
	}
	broken := ask(t.Context(), with, false, d.breaks)
	assert.Len(t, broken.Rows, 2)
	assert.NotEmpty(t, broken.Err)

	var moment time.Time
	var seal sql.RawBytes
	rows, err := with.QueryContext(t.Context(), `SELECT made, seal FROM things WHERE id = 1`)
	require.NoError(t, err)
	defer rows.Close() //nolint:errcheck // below it is
	require.True(t, rows.Next())
	require.NoError(t, rows.Scan(&moment, &seal))
	assert.True(t, made.Equal(moment), moment)
	assert.Equal(t, sql.RawBytes{0xff, 0}, seal)
	require.NoError(t, rows.Close())
	require.NoError(t, rows.Err())
	for _, s := range b.spans().named("sql.conn.query") {
		if s.resource["service.name"] == "with" && s.Status().Code().String() == "Error" {
			assert.NotContains(t, s.attributes(), "db.response.returned_rows")
		}
	}
}

// testLargeResults has results that are read ahead as a whole, and others that are not.
func testLargeResults(t *testing.T, d dialect) {
	b := newBench(t)
	service := b.service("account", Options{OptIns: Rows | Text})
	db := d.open(t, service)
	counts := make(map[string]any)
	filler := strings.Repeat("x", 1<<20)
	for _, test := range []struct {
		name  string
		text  string
		args  []any
		rows  int64
		count any
	}{
		{"as many rows as are read ahead", d.series, []any{maxRows}, maxRows, int64(maxRows)},
		{"more", d.series + ` -- more`, []any{maxRows + 100}, maxRows + 100, nil},
		{"few but long", `SELECT CAST($2 AS TEXT) FROM (` + d.series + `) q`, []any{12, filler}, 12, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows, err := db.QueryContext(t.Context(), test.text, test.args...)
			require.NoError(t, err)
			defer func() { assert.NoError(t, rows.Close()) }()
			var n, sum int64
			for rows.Next() {
				n++
				var value any
				require.NoError(t, rows.Scan(&value))
				if x, ok := value.(int64); ok {
					sum += x
				}
			}
			require.NoError(t, rows.Err())
			assert.Equal(t, test.rows, n)
			if test.args[len(test.args)-1] != any(filler) {
				assert.Equal(t, n*(n+1)/2, sum, "each row once")
			}
		})
		counts[test.text] = test.count
	}
	queries := b.spans().named("sql.conn.query")
	assert.Len(t, queries, len(counts))
	for _, s := range queries {
		text := s.attributes()["db.query.text"].(string)
		assert.Equal(t, counts[text], s.attributes()["db.response.returned_rows"], text)
	}
}

func testContextThatEnds(t *testing.T, d dialect) {
	b := newBench(t)
	db := d.open(t, b.service("account", Options{OptIns: Rows}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	got := ask(ctx, db, false, strings.Replace(d.series, "SELECT x FROM", "SELECT x+0 FROM", 1), int64(1e12))
	assert.NotEmpty(t, got.Err)
	assert.Less(t, time.Since(began), 5*time.Second)
	var one int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT 1`).Scan(&one), "the handle is of use yet")
}

// plainConn has nothing but what it must.
type plainConn struct{ driver.Conn }

func (plainConn) Close() error { return nil }

type plainDriver struct{}

func (plainDriver) Open(string) (driver.Conn, error) { return plainConn{}, nil }

func TestCountingSaysWhichDriversItCannotWrap(t *testing.T) {
	_, err := countingConnector{plainConnector{plainDriver{}, ""}}.Connect(t.Context())
	assert.ErrorContains(t, err, "plainConn")
	assert.ErrorContains(t, err, `switch off the attributes "rows"`)
}

// fakeRows has one column and gives its values, all in the same memory, as a driver may.
type fakeRows struct {
	driver.Rows
	memory []byte
	left   int
}

func (*fakeRows) Columns() []string { return []string{"a"} }

func (*fakeRows) ColumnTypeScanType(int) reflect.Type { return reflect.TypeFor[[]byte]() }

func (r *fakeRows) Next(row []driver.Value) error {
	if r.left == 0 {
		return errors.New("broken off")
	}
	r.left--
	r.memory[0] = byte(r.left)
	row[0] = r.memory
	return nil
}

func TestRowsReadAheadDoNotChangeAnyMore(t *testing.T) {
	rows := count(t.Context(), &fakeRows{memory: make([]byte, 1), left: 3})
	row := make([]driver.Value, 1)
	for want := range 3 {
		require.NoError(t, rows.Next(row))
		assert.Equal(t, []byte{byte(2 - want)}, row[0])
	}
	assert.EqualError(t, rows.Next(row), "broken off")
	assert.EqualError(t, rows.Next(row), "broken off")
	assert.Equal(t, reflect.TypeFor[[]byte](), rows.(driver.RowsColumnTypeScanType).ColumnTypeScanType(0))
}
