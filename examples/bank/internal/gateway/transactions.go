package gateway

import (
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
)

func (g *gateway) products(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.transaction, caller.Header(), "/products")
}

// transfer begins a transfer, which the caller goes on to authorise and then to execute.
func (g *gateway) transfer(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.transaction, withKey(r, caller), "/transfers")
}

func (g *gateway) authorise(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return g.forwardOf(w, r, caller.Header(), "transferId", "transfer", "/transfers/%s/authorise")
}

func (g *gateway) execute(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return g.forwardOf(w, r, caller.Header(), "transferId", "transfer", "/transfers/%s/execute")
}

func (g *gateway) pay(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.transaction, withKey(r, caller), "/payments")
}

func (g *gateway) payment(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return g.forwardOf(w, r, caller.Header(), "paymentId", "payment", "/payments/%s")
}

func (g *gateway) refund(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return g.forwardOf(w, r, withKey(r, caller), "paymentId", "payment", "/payments/%s/refunds")
}
