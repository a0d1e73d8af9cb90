package account

import (
	"database/sql"
	"fmt"
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	selectBranches = `select id, name, city, street, phone from branches where city = $1 or $1 = '' order by id`
	selectBranch   = `select id, name, city, street, phone from branches where id = $1`
)

type branch struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	City   string `json:"city"`
	Street string `json:"street"`
	Phone  string `json:"phone"`
}

func scanBranch(row *sql.Rows, b *branch) error {
	return row.Scan(&b.ID, &b.Name, &b.City, &b.Street, &b.Phone)
}

// branches answers with all branches, or those of a city.
func (s *service) branches(w http.ResponseWriter, r *http.Request) error {
	found, err := store.Query(r.Context(), s.db, selectBranches, []any{r.FormValue("city")}, scanBranch)
	if err != nil {
		return fmt.Errorf("read the branches: %w", err)
	}
	return jsonhttp.Write(w, http.StatusOK, map[string]any{"branches": found})
}

func (s *service) branch(w http.ResponseWriter, r *http.Request) error {
	id, err := jsonhttp.PathID(r, "branchId", "branch")
	if err != nil {
		return err
	}
	found, err := store.Query(r.Context(), s.db, selectBranch, []any{id}, scanBranch)
	if err != nil {
		return fmt.Errorf("read a branch: %w", err)
	}
	if len(found) == 0 {
		return jsonhttp.NoSuch("branch")
	}
	return jsonhttp.Write(w, http.StatusOK, found[0])
}
