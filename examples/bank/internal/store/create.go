package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Create makes the bank's tables afresh, dropping those that are there with all they hold, and fills them with that many
// customers, at least 1, and their history until now. The same number and time make the same bank. DSN is as of Open.
func Create(ctx context.Context, dsn string, users int, now time.Time) (err error) {
	if users < 1 {
		return fmt.Errorf("create the bank: it needs at least one customer, not %d", users)
	}
	driver, _ := driverOf(dsn)
	db, err := Open(plain{}, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return InTx(ctx, db, nil, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schemaOf(driver)); err != nil {
			return fmt.Errorf("create the bank's tables: %w", err)
		}
		tables, err := seed(users, Time(now))
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := t.insert(ctx, tx); err != nil {
				return fmt.Errorf("fill the table %s: %w", t.name, err)
			}
		}
		return nil
	})
}

// rows are the first rows of a table.
type rows struct {
	name    string
	columns []string
	values  [][]any
}

func (t *rows) add(values ...any) { t.values = append(t.values, values) }

// batch is how many rows are inserted by one statement. SQLite looks up $1, $2, ... one by one, so many take long.
const batch = 40

func (t *rows) insert(ctx context.Context, tx *sql.Tx) error {
	for begin := 0; begin < len(t.values); begin += batch {
		values := t.values[begin:min(begin+batch, len(t.values))]
		var text strings.Builder
		fmt.Fprintf(&text, "insert into %s (%s) values ", t.name, strings.Join(t.columns, ", "))
		arguments := make([]any, 0, len(values)*len(t.columns))
		for i, row := range values {
			separator := "("
			if i > 0 {
				separator = ", ("
			}
			for _, value := range row {
				arguments = append(arguments, value)
				fmt.Fprintf(&text, "%s$%d", separator, len(arguments))
				separator = ", "
			}
			text.WriteByte(')')
		}
		if _, err := tx.ExecContext(ctx, text.String(), arguments...); err != nil {
			return err
		}
	}
	return nil
}
