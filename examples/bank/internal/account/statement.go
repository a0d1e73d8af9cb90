package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	selectOwner = `select user_id, balance from accounts where id = $1`

	selectEntries = `select id, amount, counter_account, text, reference, booked_at
from entries where account_id = $1 and booked_at >= $2
order by booked_at desc, id desc limit $3`

	selectCounterAccounts = `select counter_account, count(*),
  sum(case when amount > 0 then amount else 0 end), sum(case when amount < 0 then -amount else 0 end)
from entries where account_id = $1
group by counter_account order by count(*) desc, counter_account limit 5`

	// The balance at the end of each month, next to what all accounts of the bank received in it on the average. It reads
	// the entries of all accounts, of the months that are over: this is what makes a statement dear.
	selectMonths = `with own as (
  select period, sum(case when amount > 0 then amount else 0 end) as received, sum(case when amount < 0 then -amount else 0 end) as spent,
    sum(sum(amount)) over (order by period) as balance
  from entries where account_id = $1 group by period
), everybody as (
  select period, cast(sum(case when amount > 0 then amount else 0 end) as bigint) / (select count(*) from accounts) as received
  from entries where period < $2 and account_id <> $3 group by period
)
select own.period, own.received, own.spent, own.balance, coalesce(everybody.received, 0)
from own left join everybody on everybody.period = own.period
order by own.period desc limit 12`
)

type entry struct {
	ID             int64     `json:"id"`
	Amount         int64     `json:"amount"` // negative: paid out
	CounterAccount int64     `json:"counterAccount"`
	Text           string    `json:"text"`
	Reference      string    `json:"reference"`
	BookedAt       time.Time `json:"bookedAt"`
}

// counterAccount is what went to and came from another account.
type counterAccount struct {
	ID       int64 `json:"id"`
	Entries  int64 `json:"entries"`
	Received int64 `json:"received"`
	Spent    int64 `json:"spent"`
}

type month struct {
	Month    string `json:"month"` // such as 2026-01
	Received int64  `json:"received"`
	Spent    int64  `json:"spent"`
	Balance  int64  `json:"balance"` // at its end
	Average  int64  `json:"average"` // what all accounts received; 0 while the month is not over
}

// statement answers with the latest entries of an account of the caller's, and with sums.
func (s *service) statement(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	id, err := jsonhttp.PathID(r, "accountId", "account")
	if err != nil {
		return err
	}
	limit, from, err := statementRange(r)
	if err != nil {
		return err
	}
	var answer struct {
		AccountID       int64            `json:"accountId"`
		Balance         int64            `json:"balance"`
		Entries         []entry          `json:"entries"`
		CounterAccounts []counterAccount `json:"counterAccounts"`
		Months          []month          `json:"months"`
	}
	ctx := r.Context()
	// One transaction, so that the balance is the one after the last entry.
	snapshot := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err = store.InTx(ctx, s.db, snapshot, func(tx *sql.Tx) error {
		var owner int64
		err := tx.QueryRowContext(ctx, selectOwner, id).Scan(&owner, &answer.Balance)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return jsonhttp.NoSuch("account")
		case err != nil:
			return err
		case owner != caller.User:
			return jsonhttp.Errorf(http.StatusForbidden, "this account is another customer's")
		}
		answer.AccountID = id
		if answer.Entries, err = entries(ctx, tx, id, from, limit); err != nil {
			return err
		}
		if answer.CounterAccounts, err = counterAccounts(ctx, tx, id); err != nil {
			return err
		}
		answer.Months, err = months(ctx, tx, id, store.Period(s.now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("make out a statement: %w", err)
	}
	return jsonhttp.Write(w, http.StatusOK, answer)
}

// statementRange returns how many entries are asked for, at most 200, and since when.
func statementRange(r *http.Request) (limit int, from time.Time, err error) {
	limit = 20
	if text := r.FormValue("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 {
			return 0, from, jsonhttp.Errorf(http.StatusBadRequest, "limit must be an integer of at least 1")
		}
	}
	if text := r.FormValue("from"); text != "" {
		if from, err = time.Parse(time.RFC3339, text); err != nil {
			return 0, from, jsonhttp.Errorf(http.StatusBadRequest, "from must be a time such as 2026-01-31T00:00:00Z")
		}
	}
	return min(limit, 200), store.Time(from), nil
}

func entries(ctx context.Context, tx *sql.Tx, account int64, from time.Time, limit int) ([]entry, error) {
	return store.Query(ctx, tx, selectEntries, []any{account, from, limit}, func(row *sql.Rows, e *entry) error {
		err := row.Scan(&e.ID, &e.Amount, &e.CounterAccount, &e.Text, &e.Reference, &e.BookedAt)
		e.BookedAt = e.BookedAt.UTC()
		return err
	})
}

func counterAccounts(ctx context.Context, tx *sql.Tx, account int64) ([]counterAccount, error) {
	return store.Query(ctx, tx, selectCounterAccounts, []any{account}, func(row *sql.Rows, c *counterAccount) error {
		return row.Scan(&c.ID, &c.Entries, &c.Received, &c.Spent)
	})
}

func months(ctx context.Context, tx *sql.Tx, account, current int64) ([]month, error) {
	return store.Query(ctx, tx, selectMonths, []any{account, current, store.ShopAccount}, func(row *sql.Rows, m *month) error {
		var period int64
		err := row.Scan(&period, &m.Received, &m.Spent, &m.Balance, &m.Average)
		m.Month = fmt.Sprintf("%04d-%02d", period/100, period%100)
		return err
	})
}
