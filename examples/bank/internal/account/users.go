package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const selectUser = `select id, username, display_name, email, phone, role, daily_limit from users where id = $1`

// profile is what the bank knows about a user.
type profile struct {
	ID          int64  `json:"id"`
	Username    string `json:"username"`
	DisplayName string `json:"displayName"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	Role        string `json:"role"`
	DailyLimit  int64  `json:"dailyLimit"` // in cents
}

func (s *service) user(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	id, err := jsonhttp.PathID(r, "userId", "user")
	if err != nil {
		return err
	}
	return s.writeUser(r.Context(), w, id)
}

func (s *service) writeUser(ctx context.Context, w http.ResponseWriter, id int64) error {
	var p profile
	err := s.db.QueryRowContext(ctx, selectUser, id).Scan(&p.ID, &p.Username, &p.DisplayName, &p.Email, &p.Phone, &p.Role, &p.DailyLimit)
	if errors.Is(err, sql.ErrNoRows) {
		return jsonhttp.NoSuch("user")
	}
	if err != nil {
		return fmt.Errorf("read a user: %w", err)
	}
	return jsonhttp.Write(w, http.StatusOK, p)
}

// column is a column of the users table that a body may name.
type column struct {
	field, name string
	integer     bool
}

// Hole: mass-assignment — a profile may name every column here; role and daily_limit are not the customer's to change.
var userColumns = []column{
	{field: "displayName", name: "display_name"},
	{field: "email", name: "email"},
	{field: "phone", name: "phone"},
	{field: "role", name: "role"},
	{field: "dailyLimit", name: "daily_limit", integer: true},
}

// changeUser writes the columns that the body names.
func (s *service) changeUser(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	id, err := jsonhttp.PathID(r, "userId", "user")
	if err != nil {
		return err
	}
	var body map[string]json.RawMessage
	if err := jsonhttp.Read(r, &body); err != nil {
		return err
	}
	var changes []string
	arguments := []any{id}
	for _, c := range userColumns {
		text, named := body[c.field]
		if !named {
			continue
		}
		value, err := c.value(text)
		if err != nil {
			return err
		}
		arguments = append(arguments, value)
		changes = append(changes, fmt.Sprintf("%s = $%d", c.name, len(arguments)))
	}
	if len(changes) > 0 {
		if err := s.updateUser(r.Context(), changes, arguments); err != nil {
			return err
		}
	}
	return s.writeUser(r.Context(), w, id)
}

func (c column) value(text json.RawMessage) (value any, err error) {
	var (
		s *string
		n *int64
	)
	switch {
	case c.integer && (json.Unmarshal(text, &n) != nil || n == nil):
		return nil, jsonhttp.Errorf(http.StatusBadRequest, "%s must be an integer", c.field)
	case c.integer:
		return *n, nil
	case json.Unmarshal(text, &s) != nil || s == nil:
		return nil, jsonhttp.Errorf(http.StatusBadRequest, "%s must be a string", c.field)
	default:
		return *s, nil
	}
}

// updateUser changes a user, whose id is the first argument. The changes are made of the names above, not of the body.
func (s *service) updateUser(ctx context.Context, changes []string, arguments []any) error {
	_, err := s.db.ExecContext(ctx, "update users set "+strings.Join(changes, ", ")+" where id = $1", arguments...)
	if err == nil {
		return nil
	}
	switch _, constraint := store.Violated(err); constraint {
	case "users_display_name":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "displayName must not be empty")
	case "users_email":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "email must be an e-mail address")
	case "users_role":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "there is no such role")
	case "users_daily_limit":
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "dailyLimit must not be negative")
	default:
		return fmt.Errorf("change a user: %w", err)
	}
}
