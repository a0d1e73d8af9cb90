package account

import (
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
	selectAccount = `select a.id, a.user_id, u.display_name, u.email, a.kind, a.iban, a.balance, a.opened_at
from accounts a join users u on u.id = a.user_id where a.id = $1`
	selectAccountsOf = `select id, kind, iban, balance from accounts where user_id = $1 order by id`
)

// accountsOf answers with the accounts of a user; an unknown one has none.
func (s *service) accountsOf(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	user, err := jsonhttp.PathID(r, "userId", "user")
	if err != nil {
		return err
	}
	type account struct {
		ID      int64  `json:"id"`
		Kind    string `json:"kind"`
		IBAN    string `json:"iban"`
		Balance int64  `json:"balance"`
	}
	accounts, err := store.Query(r.Context(), s.db, selectAccountsOf, []any{user}, func(row *sql.Rows, a *account) error {
		return row.Scan(&a.ID, &a.Kind, &a.IBAN, &a.Balance)
	})
	if err != nil {
		return fmt.Errorf("read a user's accounts: %w", err)
	}
	return jsonhttp.Write(w, http.StatusOK, map[string]any{"accounts": accounts})
}

// account answers with one account.
// Hole: read-without-owner — whoever knows a number gets the account: nobody compares its user_id with the caller.
func (s *service) account(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	id, err := jsonhttp.PathID(r, "accountId", "account")
	if err != nil {
		return err
	}
	var a struct {
		ID       int64     `json:"id"`
		UserID   int64     `json:"userId"`
		Holder   string    `json:"holder"`
		Email    string    `json:"email"`
		Kind     string    `json:"kind"`
		IBAN     string    `json:"iban"`
		Balance  int64     `json:"balance"`
		OpenedAt time.Time `json:"openedAt"`
	}
	err = s.db.QueryRowContext(r.Context(), selectAccount, id).
		Scan(&a.ID, &a.UserID, &a.Holder, &a.Email, &a.Kind, &a.IBAN, &a.Balance, &a.OpenedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return jsonhttp.NoSuch("account")
	}
	if err != nil {
		return fmt.Errorf("read an account: %w", err)
	}
	a.OpenedAt = a.OpenedAt.UTC()
	return jsonhttp.Write(w, http.StatusOK, a)
}
