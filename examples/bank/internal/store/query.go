package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Querier is a database or a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Query returns all rows of a query, each read by scan; not nil, so that no rows are an empty list in JSON.
func Query[T any](ctx context.Context, db Querier, text string, arguments []any, scan func(row *sql.Rows, into *T) error) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what may go wrong is told by Err
	all := []T{}
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// InTx calls do in a transaction that is committed if do returns no error and rolled back otherwise.
func InTx(ctx context.Context, db *sql.DB, options *sql.TxOptions, do func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // which does nothing after a commit
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
