package account

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	selectPassword = `select id, password_hash, role from users where username = $1`
	insertSession  = `insert into sessions (id, user_id, created_at) values ($1, $2, $3)`
	revokeSession  = `update sessions set revoked_at = $2 where id = $1 and revoked_at is null`
)

// logIn checks a password and begins a session.
func (s *service) logIn(w http.ResponseWriter, r *http.Request) error {
	var login struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if err := jsonhttp.Read(r, &login); err != nil {
		return err
	}
	var (
		user       int64
		hash, role string
	)
	err := s.db.QueryRowContext(r.Context(), selectPassword, login.Username).Scan(&user, &hash, &role)
	if rule, _ := store.Violated(err); err != nil && rule != store.Value && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look up a user: %w", err)
	}
	if !store.PasswordMatches(hash, login.Password) {
		return jsonhttp.Errorf(http.StatusUnauthorized, "user name or password is wrong")
	}
	caller := identity.Identity{User: user, Session: uuid.NewString(), Roles: []string{role}}
	caller.Tell(r.Context(), s.identify)
	if _, err := s.db.ExecContext(r.Context(), insertSession, caller.Session, user, s.now()); err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	return jsonhttp.Write(w, http.StatusCreated, struct {
		UserID    int64  `json:"userId"`
		SessionID string `json:"sessionId"`
		Role      string `json:"role"`
	}{user, caller.Session, role})
}

// logOut ends a session, which may have been ended before.
func (s *service) logOut(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	if _, err := s.db.ExecContext(r.Context(), revokeSession, r.PathValue("sessionId"), s.now()); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
