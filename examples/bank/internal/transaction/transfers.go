package transaction

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	selectTransfer = `select id, from_account, to_account, amount, note, status, attempts
from transfers where id = $1 and user_id = $2`

	insertTransfer = `insert into transfers (id, user_id, from_account, to_account, amount, note, status, created_at)
values ($1, $2, $3, $4, $5, $6, 'pending', $7)
on conflict (id) do nothing`

	// The day's row is locked until the transfer is in, so that two at once cannot both find room under the limit.
	addToDay = `insert into daily_totals (user_id, day, amount) values ($1, $2, $3)
on conflict (user_id, day) do update set amount = daily_totals.amount + excluded.amount
returning amount`

	selectDailyLimit = `select daily_limit from users where id = $1`
)

type transfer struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	FromAccount int64  `json:"fromAccount"`
	ToAccount   int64  `json:"toAccount"`
	Amount      int64  `json:"amount"`
	note        string
	attempts    int64
}

// transferOf returns a transfer of the caller's; another's is as unknown as one that does not exist.
func (s *service) transferOf(ctx context.Context, caller identity.Identity, id string) (transfer, error) {
	var t transfer
	err := s.db.QueryRowContext(ctx, selectTransfer, id, caller.User).
		Scan(&t.ID, &t.FromAccount, &t.ToAccount, &t.Amount, &t.note, &t.Status, &t.attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return t, jsonhttp.NoSuch("transfer")
	}
	if err != nil {
		return t, fmt.Errorf("read a transfer: %w", err)
	}
	return t, nil
}

// transfer takes a transfer down. No money is moved before it is executed.
//
// Hole: unbounded-text — a note is as long as the caller likes.
func (s *service) transfer(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	var body struct {
		FromAccount int64  `json:"fromAccount"`
		ToAccount   int64  `json:"toAccount"`
		Amount      int64  `json:"amount"`
		Note        string `json:"note"`
	}
	if err := jsonhttp.Read(r, &body); err != nil {
		return err
	}
	if err := checkAmount("amount", body.Amount, 1); err != nil {
		return err
	}
	ctx := r.Context()
	owner, err := s.ownerOf(ctx, caller, body.FromAccount)
	if err != nil {
		return err
	}
	if owner != caller.User {
		return jsonhttp.Errorf(http.StatusForbidden, "account %d is another customer's", body.FromAccount)
	}
	t := transfer{
		ID: newID(r, "transfer", caller), Status: "pending",
		FromAccount: body.FromAccount, ToAccount: body.ToAccount, Amount: body.Amount, note: body.Note,
	}
	err = store.InTx(ctx, s.db, nil, func(tx *sql.Tx) error { return takeDown(ctx, tx, caller, t, s.now()) })
	if errors.Is(err, errThere) {
		if t, err = s.transferOf(ctx, caller, t.ID); err != nil {
			return err
		}
		return jsonhttp.Write(w, http.StatusOK, t)
	}
	if err != nil {
		return transferError(err)
	}
	return jsonhttp.Write(w, http.StatusCreated, t)
}

// errThere says that what is to be made has been made by an earlier request.
var errThere = errors.New("it is there already")

func takeDown(ctx context.Context, tx *sql.Tx, caller identity.Identity, t transfer, now time.Time) error {
	result, err := tx.ExecContext(ctx, insertTransfer, t.ID, caller.User, t.FromAccount, t.ToAccount, t.Amount, t.note, now)
	if err != nil {
		return err
	}
	if written, err := result.RowsAffected(); err != nil {
		return err
	} else if written == 0 {
		return errThere
	}
	var total, limit int64
	if err := tx.QueryRowContext(ctx, addToDay, caller.User, now.Format(time.DateOnly), t.Amount).Scan(&total); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, selectDailyLimit, caller.User).Scan(&limit); err != nil {
		return err
	}
	if total > limit {
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "this is more than your daily limit of %d", limit)
	}
	return nil
}

func transferError(err error) error {
	rule, constraint := store.Violated(err)
	switch {
	case constraint == "transfers_differ":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "the accounts must differ")
	case rule == store.ForeignKey:
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "there is no such account to transfer to")
	}
	return fmt.Errorf("take down a transfer: %w", err)
}
