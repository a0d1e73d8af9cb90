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
	selectRefund = `select payment_id, amount from refunds where id = $1`

	insertRefund = `insert into refunds (id, payment_id, user_id, amount, reason, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing`

	markRefunded = `update payments set status = 'refunded' where id = $1`
)

type refund struct {
	ID        string `json:"id"`
	PaymentID string `json:"paymentId"`
	Amount    int64  `json:"amount"`
	Status    string `json:"status"`
}

// refund pays a payment back.
//
// As with a payment, the money is moved first, under the refund's id.
// Hole: refund-without-state — a payment that is refunded already, in part or in whole, is refunded again.
func (s *service) refund(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	var body struct {
		Amount int64  `json:"amount"`
		Reason string `json:"reason"`
	}
	if err := jsonhttp.Read(r, &body); err != nil {
		return err
	}
	ctx := r.Context()
	p, err := s.paymentOf(ctx, caller, r.PathValue("paymentId"))
	if err != nil {
		return err
	}
	if body.Amount < 1 || body.Amount > p.Total {
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "amount must be from 1 to the payment's total of %d", p.Total)
	}
	id := newID(r, "refund", caller)
	there, err := s.refundOf(ctx, id)
	switch {
	case err == nil:
		return jsonhttp.Write(w, http.StatusOK, there)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("read a refund: %w", err)
	}
	if err := s.post(ctx, caller, posting{store.ShopAccount, p.AccountID, body.Amount, id, "refund: " + body.Reason}); err != nil {
		return err
	}
	made := refund{ID: id, PaymentID: p.ID, Amount: body.Amount, Status: "refunded"}
	status := http.StatusCreated
	err = store.InTx(ctx, s.db, nil, func(tx *sql.Tx) error {
		fresh, err := writeDown(ctx, tx, made, caller.User, body.Reason, s.now())
		if !fresh {
			status = http.StatusOK
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write down a refund: %w", err)
	}
	return jsonhttp.Write(w, status, made)
}

func (s *service) refundOf(ctx context.Context, id string) (refund, error) {
	r := refund{ID: id, Status: "refunded"}
	err := s.db.QueryRowContext(ctx, selectRefund, id).Scan(&r.PaymentID, &r.Amount)
	return r, err
}

// writeDown returns false if the refund is there already.
func writeDown(ctx context.Context, tx *sql.Tx, r refund, user int64, reason string, now time.Time) (bool, error) {
	result, err := tx.ExecContext(ctx, insertRefund, r.ID, r.PaymentID, user, r.Amount, reason, now)
	if err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, markRefunded, r.PaymentID); err != nil {
		return false, err
	}
	written, err := result.RowsAffected()
	return written > 0, err
}
