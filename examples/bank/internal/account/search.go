package account

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const selectMatching = `select e.id, e.account_id, e.text, e.amount, e.booked_at from entries e join accounts a on a.id = e.account_id ` +
	`where a.user_id = $1 and lower(e.text) like '%TEXT%' order by e.booked_at desc, e.id desc limit 50`

type match struct {
	ID        int64     `json:"id"`
	AccountID int64     `json:"accountId"`
	Text      string    `json:"text"`
	Amount    int64     `json:"amount"`
	BookedAt  time.Time `json:"bookedAt"`
}

// search answers with the caller's entries whose text contains q, in upper or lower case.
func (s *service) search(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	q := r.FormValue("q")
	if q == "" {
		return jsonhttp.Errorf(http.StatusBadRequest, "q must be a text to look for")
	}
	// Hole: sql-concatenation — q becomes part of the statement: it may end the quoted text and go on as SQL.
	text := strings.ReplaceAll(selectMatching, "TEXT", strings.ToLower(q))
	matches, err := store.Query(r.Context(), s.db, text, []any{caller.User}, func(row *sql.Rows, m *match) error {
		err := row.Scan(&m.ID, &m.AccountID, &m.Text, &m.Amount, &m.BookedAt)
		m.BookedAt = m.BookedAt.UTC()
		return err
	})
	if err != nil {
		return fmt.Errorf("search the entries: %w", err)
	}
	return jsonhttp.Write(w, http.StatusOK, map[string]any{"results": matches})
}
