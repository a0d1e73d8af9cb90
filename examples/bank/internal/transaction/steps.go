package transaction

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	authoriseTransfer = `update transfers set status = 'authorised' where id = $1 and status = 'pending'`
	countWrongCode    = `update transfers set attempts = attempts + 1 where id = $1`
	executeTransfer   = `update transfers set status = 'executed', executed_at = $2 where id = $1 and status <> 'executed'`
)

// maxAttempts is how many wrong codes a transfer forgives.
const maxAttempts = 5

// authorise takes the confirmation code that was sent to the customer's telephone.
func (s *service) authorise(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	var body struct {
		Code string `json:"code"`
	}
	if err := jsonhttp.Read(r, &body); err != nil {
		return err
	}
	ctx := r.Context()
	t, err := s.transferOf(ctx, caller, r.PathValue("transferId"))
	if err != nil {
		return err
	}
	switch {
	case t.Status != "pending":
		return jsonhttp.Errorf(http.StatusConflict, "the transfer is %s already", t.Status)
	case t.attempts >= maxAttempts:
		return jsonhttp.Errorf(http.StatusConflict, "too many wrong codes: please begin a new transfer")
	case subtle.ConstantTimeCompare([]byte(body.Code), []byte(store.Code(t.ID))) != 1:
		if _, err := s.db.ExecContext(ctx, countWrongCode, t.ID); err != nil {
			return fmt.Errorf("count a wrong code: %w", err)
		}
		return jsonhttp.Errorf(http.StatusForbidden, "the code is wrong")
	}
	result, err := s.db.ExecContext(ctx, authoriseTransfer, t.ID)
	if err != nil {
		return fmt.Errorf("authorise a transfer: %w", err)
	}
	if written, err := result.RowsAffected(); err == nil && written == 0 {
		return jsonhttp.Errorf(http.StatusConflict, "the transfer is not pending any more")
	}
	return jsonhttp.Write(w, http.StatusOK, struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}{t.ID, "authorised"})
}

// execute moves the money of a transfer.
//
// The account service moves it first and the transfer is marked after that: what breaks off in between may be done
// again, since a reference is booked once. Of two at the same time, one marks it and the other is told so.
// Hole: skipped-step — a pending transfer is executed like an authorised one.
func (s *service) execute(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	ctx := r.Context()
	t, err := s.transferOf(ctx, caller, r.PathValue("transferId"))
	if err != nil {
		return err
	}
	done := jsonhttp.Errorf(http.StatusConflict, "the transfer is executed already")
	if t.Status == "executed" {
		return done
	}
	if err := s.post(ctx, caller, posting{t.FromAccount, t.ToAccount, t.Amount, t.ID, t.note}); err != nil {
		return err
	}
	now := s.now()
	result, err := s.db.ExecContext(ctx, executeTransfer, t.ID, now)
	if err != nil {
		return fmt.Errorf("mark a transfer as executed: %w", err)
	}
	if written, err := result.RowsAffected(); err == nil && written == 0 {
		return done
	}
	return jsonhttp.Write(w, http.StatusOK, struct {
		ID         string    `json:"id"`
		Status     string    `json:"status"`
		ExecutedAt time.Time `json:"executedAt"`
	}{t.ID, "executed", now})
}
