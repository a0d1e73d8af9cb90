package telemetry

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// A query's span ends when the query returns, before anybody has read its rows, so the instrumentation cannot know their
// number. The connections below, which lie between it and the driver, read the rows while the span is open.
const (
	// maxRows and maxValues are how many rows, and bytes of text in them, are read ahead. The rest of a larger result is
	// left to the reader, and its size unknown.
	maxRows   = 20_000
	maxValues = 8 << 20
)

// countingConnector makes connections that count rows.
type countingConnector struct{ driver.Connector }

// session is what is asked of a driver's connection. It holds what database/sql looks for, so that nothing is lost by the
// wrapping; the two things that a driver may do without follow below.
type session interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

// Connect makes a connection.
func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	s, ok := conn.(session)
	if !ok {
		err := fmt.Errorf("rows cannot be counted with the driver of %T: switch off the attributes %q", conn, Rows)
		return nil, errors.Join(err, conn.Close())
	}
	return countingConn{s}, nil
}

type countingConn struct{ session }

// QueryContext runs a query and counts its rows.
func (c countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.session.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return count(ctx, rows), nil
}

// PrepareContext prepares a statement that counts its rows.
func (c countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.session.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if s, ok := stmt.(statement); ok {
		return countingStmt{s, c}, nil
	}
	return stmt, nil
}

// CheckNamedValue leaves the arguments to the driver, or to database/sql if it does not check them.
func (c countingConn) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := c.session.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

// IsValid tells whether the connection may be used again.
func (c countingConn) IsValid() bool {
	validator, ok := c.session.(driver.Validator)
	return !ok || validator.IsValid()
}

// statement is what is asked of a driver's statement.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type countingStmt struct {
	statement
	conn countingConn
}

// QueryContext runs the statement and counts its rows.
func (s countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.statement.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	return count(ctx, rows), nil
}

// CheckNamedValue leaves the arguments to the statement's driver, or to the connection's if that one checks them.
func (s countingStmt) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := s.statement.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return s.conn.CheckNamedValue(value)
}

// count reads the rows and sets their number on the span of the query, which is the context's. What it returns gives the
// same rows, and the same error after them.
func count(ctx context.Context, rows driver.Rows) driver.Rows {
	if _, several := rows.(driver.RowsNextResultSet); several {
		return rows // no driver of the bank; the number of which set would it be?
	}
	r := &countedRows{Rows: rows, columns: columnsOf(rows)}
	row := make([]driver.Value, len(r.columns))
	for size := 0; r.rows <= maxRows && size <= maxValues; r.rows++ {
		if r.after = ctx.Err(); r.after != nil {
			return r
		}
		if r.after = rows.Next(row); errors.Is(r.after, io.EOF) {
			trace.SpanFromContext(ctx).SetAttributes(semconv.DBResponseReturnedRows(r.rows))
			return r
		}
		if r.after != nil {
			return r
		}
		for _, value := range row {
			switch v := value.(type) {
			case []byte:
				value = bytes.Clone(v) // the driver may use its memory again for the next row
				size += len(v)
			case string:
				size += len(v)
			}
			r.values = append(r.values, value)
		}
	}
	return r
}

// countedRows are rows of which the first have been read.
type countedRows struct {
	driver.Rows // stays open until it is closed
	columns     []column
	values      []driver.Value // of rows rows, one after the other
	rows, next  int
	after       error // what ended the reading; nil: there may be more
}

// Next returns the next row, of those read or else from the driver.
func (r *countedRows) Next(row []driver.Value) error {
	switch {
	case r.next < r.rows:
		copy(row, r.values[r.next*len(r.columns):])
		r.next++
		return nil
	case r.after != nil:
		return r.after
	default:
		return r.Rows.Next(row)
	}
}

// column is what a driver tells of a column. It is asked for when the rows come, for some tell it of the current row.
type column struct {
	typeName         string
	scanType         reflect.Type
	length           int64
	hasLength        bool
	nullable         bool
	hasNullable      bool
	precision, scale int64
	hasPrecision     bool
}

func columnsOf(rows driver.Rows) []column {
	columns := make([]column, len(rows.Columns()))
	for i := range columns {
		c := &columns[i]
		c.scanType = reflect.TypeFor[any]() // as database/sql has it of a driver that does not tell
		if r, ok := rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
			c.typeName = r.ColumnTypeDatabaseTypeName(i)
		}
		if r, ok := rows.(driver.RowsColumnTypeScanType); ok {
			c.scanType = r.ColumnTypeScanType(i)
		}
		if r, ok := rows.(driver.RowsColumnTypeLength); ok {
			c.length, c.hasLength = r.ColumnTypeLength(i)
		}
		if r, ok := rows.(driver.RowsColumnTypeNullable); ok {
			c.nullable, c.hasNullable = r.ColumnTypeNullable(i)
		}
		if r, ok := rows.(driver.RowsColumnTypePrecisionScale); ok {
			c.precision, c.scale, c.hasPrecision = r.ColumnTypePrecisionScale(i)
		}
	}
	return columns
}

// ColumnTypeDatabaseTypeName returns the database's name of a column's type.
func (r *countedRows) ColumnTypeDatabaseTypeName(i int) string { return r.columns[i].typeName }

// ColumnTypeScanType returns the Go type that suits a column.
func (r *countedRows) ColumnTypeScanType(i int) reflect.Type { return r.columns[i].scanType }

// ColumnTypeLength returns the length of a column's type.
func (r *countedRows) ColumnTypeLength(i int) (length int64, ok bool) {
	return r.columns[i].length, r.columns[i].hasLength
}

// ColumnTypeNullable tells whether a column may be NULL.
func (r *countedRows) ColumnTypeNullable(i int) (nullable, ok bool) {
	return r.columns[i].nullable, r.columns[i].hasNullable
}

// ColumnTypePrecisionScale returns the precision and the scale of a decimal column.
func (r *countedRows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	return r.columns[i].precision, r.columns[i].scale, r.columns[i].hasPrecision
}
