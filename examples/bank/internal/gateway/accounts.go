package gateway

import (
	"fmt"
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

// accounts answers with the caller's own accounts.
func (g *gateway) accounts(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.account, caller.Header(), fmt.Sprintf("/users/%d/accounts", caller.User))
}

func (g *gateway) oneAccount(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	id, err := jsonhttp.PathID(r, "accountId", "account")
	if err != nil {
		return err
	}
	return forward(w, r, g.account, caller.Header(), fmt.Sprintf("/accounts/%d", id))
}

func (g *gateway) statement(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	id, err := jsonhttp.PathID(r, "accountId", "account")
	if err != nil {
		return err
	}
	return forward(w, r, g.account, caller.Header(), withQuery(fmt.Sprintf("/accounts/%d/statement", id), r, "limit", "from"))
}

// search answers with those of the caller's own entries that contain a text.
func (g *gateway) search(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.account, caller.Header(), withQuery("/search", r, "q"))
}
