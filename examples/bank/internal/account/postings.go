package account

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	insertEntries = `insert into entries (account_id, counter_account, amount, text, reference, period, booked_at)
values ($1, $2, $3, $5, $6, $7, $8), ($2, $1, $4, $5, $6, $7, $8)
on conflict (reference, account_id) do nothing`
	countBooked   = `select count(*) from entries where reference = $1 and account_id = $2 and counter_account = $3 and amount = $4`
	updateBalance = `update accounts set balance = balance + $2 where id = $1`
)

// posting moves money from one account to another. Its reference is its key: the same one again moves nothing.
type posting struct {
	FromAccount int64  `json:"fromAccount"`
	ToAccount   int64  `json:"toAccount"`
	Amount      int64  `json:"amount"`
	Reference   string `json:"reference"`
	Text        string `json:"text"`
}

// post books a posting, with status 201, or 200 if it was booked before; 409 if its reference is another posting's.
func (s *service) post(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	var p posting
	if err := jsonhttp.Read(r, &p); err != nil {
		return err
	}
	switch {
	case p.Amount < 0:
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "amount must not be negative")
	case p.Reference == "":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "a posting needs a reference")
	}
	status := http.StatusCreated
	err := store.InTx(r.Context(), s.db, nil, func(tx *sql.Tx) error {
		booked, err := s.book(r.Context(), tx, p)
		if !booked {
			status = http.StatusOK
		}
		return err
	})
	if err != nil {
		return postingError(err)
	}
	return jsonhttp.Write(w, status, p)
}

// book writes both entries and both balances, and returns false if the entries are there already.
func (s *service) book(ctx context.Context, tx *sql.Tx, p posting) (booked bool, err error) {
	now := s.now()
	result, err := tx.ExecContext(ctx, insertEntries,
		p.FromAccount, p.ToAccount, -p.Amount, p.Amount, p.Text, p.Reference, store.Period(now), now)
	if err != nil {
		return false, err
	}
	switch written, err := result.RowsAffected(); {
	case err != nil:
		return false, err
	case written == 0:
		return false, bookedBefore(ctx, tx, p)
	case written == 1: // one of the accounts has an entry with this reference, the other has not
		return false, errReference
	}
	type change struct{ account, amount int64 }
	changes := []change{{p.FromAccount, -p.Amount}, {p.ToAccount, p.Amount}}
	// Always in the same order, so that two postings do not wait for each other.
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.account, b.account) })
	for _, c := range changes {
		if _, err := tx.ExecContext(ctx, updateBalance, c.account, c.amount); err != nil {
			return false, err
		}
	}
	return true, nil
}

var errReference = jsonhttp.Errorf(http.StatusConflict, "this reference is another posting's")

// bookedBefore returns an error if what is booked under the posting's reference is not the same posting.
func bookedBefore(ctx context.Context, tx *sql.Tx, p posting) error {
	var n int
	if err := tx.QueryRowContext(ctx, countBooked, p.Reference, p.FromAccount, p.ToAccount, -p.Amount).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return errReference
	}
	return nil
}

func postingError(err error) error {
	rule, constraint := store.Violated(err)
	switch {
	case constraint == "accounts_balance":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "the account does not have that much")
	case constraint == "entries_differ":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "the accounts must differ")
	case rule == store.ForeignKey:
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "there is no such account")
	}
	return fmt.Errorf("book a posting: %w", err)
}
