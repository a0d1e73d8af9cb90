package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/postgres"
)

func TestMain(m *testing.M) {
	code := postgres.Run(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var created = time.Date(2026, 3, 14, 15, 9, 26, 535_897_932, time.FixedZone("CET", 3600))

// TestBank tries a new bank of 45 customers, once in each database.
func TestBank(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(testing.TB) string{
		"SQLite":     func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "a #bank?&50%.db") },
		"PostgreSQL": postgres.Start,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := dsn(t)
			require.NoError(t, Create(t.Context(), dsn, 45, created))
			db := open(t, dsn)
			t.Run("what it begins with", func(t *testing.T) { beginning(t, db) })
			t.Run("times are the same in both", func(t *testing.T) { times(t, db) })
			t.Run("refusals", func(t *testing.T) { refusals(t, db) })
			t.Run("transactions at the same time", func(t *testing.T) { atOnce(t, db, open(t, dsn)) })
			t.Run("a transaction that fails is undone", func(t *testing.T) { undone(t, db) })
			t.Run("it is created afresh", func(t *testing.T) { afresh(t, dsn) })
		})
	}
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := Open(plain{}, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// number returns the one number that a query returns.
func number(t *testing.T, db *sql.DB, query string, arguments ...any) (n int64) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), query, arguments...).Scan(&n))
	return n
}

// What is there is dropped, and what comes is the same in both databases and every time.
func afresh(t *testing.T, dsn string) {
	require.NoError(t, Create(t.Context(), dsn, 45, created))
	assert.Equal(t, "5073fe1e57b90cb8", fingerprint(t, open(t, dsn)))
}

// fingerprint returns a hash of all rows that are read back from all tables.
func fingerprint(t *testing.T, db *sql.DB) string {
	t.Helper()
	hash := sha256.New()
	for _, table := range []string{
		"users", "accounts", "entries", "branches", "products", "transfers", "payments", "refunds", "sessions", "daily_totals",
	} {
		rows, err := Query(t.Context(), db, "select * from "+table+" order by 1", nil, func(row *sql.Rows, into *[]any) error {
			columns, err := row.Columns()
			if err != nil {
				return err
			}
			*into = make([]any, len(columns))
			pointers := make([]any, len(columns))
			for i := range pointers {
				pointers[i] = &(*into)[i]
			}
			return row.Scan(pointers...)
		})
		require.NoError(t, err)
		for _, row := range rows {
			for _, value := range row {
				if at, ok := value.(time.Time); ok {
					value = at.UTC().Format(time.RFC3339Nano)
				}
				fmt.Fprintf(hash, "%v;", value)
			}
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func beginning(t *testing.T, db *sql.DB) {
	assert.EqualValues(t, 46, number(t, db, "select count(*) from users"))
	assert.EqualValues(t, 1, number(t, db, "select count(*) from users where role = 'clerk'"))
	assert.EqualValues(t, 91, number(t, db, "select count(*) from accounts"))
	assert.EqualValues(t, Products, number(t, db, "select count(*) from products"))
	assert.EqualValues(t, Branches, number(t, db, "select count(*) from branches"))
	assert.Equal(t, 45*StartBalance, number(t, db, "select sum(balance) from accounts where kind = 'current' and user_id > 0"))
	assert.Equal(t, 45*StartSavings, number(t, db, "select sum(balance) from accounts where kind = 'savings' and user_id > 0"))
	assert.Equal(t, Price(7), number(t, db, "select price from products where id = 7"))
	assert.InDelta(t, 12*90, number(t, db, "select count(*) from entries where account_id <> $1", ShopAccount), 90)

	assert.Zero(t, number(t, db, "select sum(amount) from entries"))
	assert.Zero(t, number(t, db, `
select count(*) from (select reference from entries group by reference having sum(amount) <> 0 or count(*) <> 2) as odd`))
	assert.EqualValues(t, 90, number(t, db, `
select count(*) from (
  select a.id from accounts a join entries e on e.account_id = a.id group by a.id, a.balance having sum(e.amount) = a.balance
) as even`))
	assert.Zero(t, number(t, db, `
select count(*) from (
  select account_id, sum(amount) over (partition by account_id order by booked_at, id) as balance from entries
) as running
where balance < 0 and account_id <> $1`, ShopAccount), "nobody was ever in debt")
	assert.Zero(t, number(t, db, "select count(*) from entries where booked_at >= $1", Time(created)))
}

func times(t *testing.T, db *sql.DB) {
	var first, last time.Time
	require.NoError(t, db.QueryRowContext(t.Context(), "select opened_at from accounts where id = $1", ShopAccount).Scan(&first))
	assert.Equal(t, created.Add(-historyLength).UTC().Truncate(time.Millisecond), first.UTC())
	// They are in order and can be compared, with and without a fraction of a second.
	second := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	for i, after := range []int{0, 5, 50, 51} {
		at := second.Add(time.Duration(after) * time.Millisecond)
		_, err := db.ExecContext(t.Context(), "insert into sessions (id, user_id, created_at) values ($1, 1, $2)", fmt.Sprint(i), at)
		require.NoError(t, err)
		assert.EqualValues(t, i, number(t, db, "select count(*) from sessions where created_at < $1", at))
		require.NoError(t, db.QueryRowContext(t.Context(), "select created_at from sessions order by created_at desc limit 1").Scan(&last))
		assert.Equal(t, at, last.UTC())
	}
	assert.EqualValues(t, 202603, Period(created))
	assert.EqualValues(t, 202512, Period(time.Date(2026, 1, 1, 0, 30, 0, 0, time.FixedZone("CET", 3600))))
}

func refusals(t *testing.T, db *sql.DB) {
	for statement, want := range map[string]struct {
		rule       Rule
		constraint string
	}{
		"update accounts set balance = -1 where id = 1001":                                    {Check, "accounts_balance"},
		"update users set role = 'king' where id = 1":                                         {Check, "users_role"},
		"update entries set counter_account = account_id where id = 1":                        {Check, "entries_differ"},
		"update accounts set user_id = 4711 where id = 1001":                                  {ForeignKey, ""},
		"delete from users where id = 1":                                                      {ForeignKey, ""},
		"update users set username = 'user0002' where id = 1":                                 {Unique, ""},
		"insert into branches (id, name, city, street, phone) values (1, 'x', 'x', 'x', 'x')": {Unique, ""},
		"update users set": {None, ""},
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.Error(t, err, statement)
		rule, constraint := Violated(fmt.Errorf("wrapped: %w", err))
		assert.Equal(t, want.rule, rule, "%s: %v", statement, err)
		assert.Equal(t, want.constraint, constraint, "%s: %v", statement, err)
	}
	rule, _ := Violated(nil)
	assert.Equal(t, None, rule)
	// SQLite keeps such a text.
	if _, err := db.ExecContext(t.Context(), "update users set phone = $1 where id = 1", "\x00"); err != nil {
		rule, _ = Violated(err)
		assert.Equal(t, Value, rule)
	}
}

func TestSQLiteIsBusy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bank.db")
	require.NoError(t, Create(t.Context(), path, 1, created))
	db := open(t, path)
	impatient, err := sql.Open(sqliteDriver, "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, impatient.Close()) })
	require.NoError(t, InTx(t.Context(), db, nil, func(*sql.Tx) error {
		_, err := impatient.ExecContext(t.Context(), "update users set phone = ''")
		rule, _ := Violated(err)
		assert.Equal(t, Busy, rule, "%v", err)
		return nil
	}))
}

// Writers queue, and what they read before they write still holds.
func atOnce(t *testing.T, db, second *sql.DB) {
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			assert.NoError(t, InTx(t.Context(), []*sql.DB{db, second}[i%2], nil, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(t.Context(), "update accounts set balance = balance - 1 where id = 1001")
				return err
			}))
		})
	}
	wg.Wait()
	assert.Equal(t, StartBalance-40, number(t, db, "select balance from accounts where id = 1001"))
}

func undone(t *testing.T, db *sql.DB) {
	failed := InTx(t.Context(), db, nil, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), "update accounts set balance = 0")
		require.NoError(t, err)
		return context.Canceled
	})
	assert.ErrorIs(t, failed, context.Canceled)
	assert.Equal(t, StartBalance, number(t, db, "select balance from accounts where id = 1003"))
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	hash, err := hashPassword("secret", []byte("salt of sixteen."))
	require.NoError(t, err)
	assert.True(t, PasswordMatches(hash, "secret"))
	for _, wrong := range []string{"", "Secret", hash} {
		assert.False(t, PasswordMatches(hash, wrong))
		assert.False(t, PasswordMatches("", wrong))
		assert.False(t, PasswordMatches(noPassword, wrong))
	}
}

func TestAnIBANHasItsCheckDigits(t *testing.T) {
	t.Parallel()
	for _, account := range []int64{0, 999, 1001, 9_999_999_999} {
		number := iban(account)
		assert.Regexp(t, `^DE\d{20}$`, number)
		rest := 0
		for _, digit := range number[4:] + "1314" + number[2:4] {
			rest = (rest*10 + int(digit-'0')) % 97
		}
		assert.Equal(t, 1, rest, number)
	}
}

func TestABankNeedsACustomer(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, Create(t.Context(), filepath.Join(t.TempDir(), "bank.db"), 0, created), "at least one customer")
	assert.ErrorContains(t, Create(t.Context(), filepath.Join(t.TempDir(), "missing", "bank.db"), 1, created), "unable to open database file")
}
