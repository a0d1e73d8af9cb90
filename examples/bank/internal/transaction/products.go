package transaction

import (
	"database/sql"
	"fmt"
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const selectProducts = `select id, name, price from products order by id`

type product struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Price int64  `json:"price"`
}

func (s *service) products(w http.ResponseWriter, r *http.Request, _ identity.Identity) error {
	all, err := store.Query(r.Context(), s.db, selectProducts, nil, func(row *sql.Rows, p *product) error {
		return row.Scan(&p.ID, &p.Name, &p.Price)
	})
	if err != nil {
		return fmt.Errorf("read the products: %w", err)
	}
	return jsonhttp.Write(w, http.StatusOK, map[string]any{"products": all})
}
