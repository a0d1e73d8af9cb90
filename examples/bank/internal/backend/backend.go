// Package backend is what the services behind the gateway have in common: they believe who it says a request is made for,
// and they tell what the database refuses.
package backend

import (
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// Mux routes the requests of a service.
type Mux struct {
	jsonhttp.Mux
	Identify identity.Func // may be nil
}

// Handler answers a request that is made for somebody; its errors are as those of jsonhttp.Handler.
type Handler func(w http.ResponseWriter, r *http.Request, caller identity.Identity) error

// Public registers a handler of requests that may be made for nobody.
func (m *Mux) Public(pattern string, handle jsonhttp.Handler) {
	m.Handle(pattern, func(w http.ResponseWriter, r *http.Request) error {
		return explain(handle(w, r))
	})
}

// Known registers a handler of requests that must say who they are made for.
func (m *Mux) Known(pattern string, handle Handler) {
	m.Public(pattern, func(w http.ResponseWriter, r *http.Request) error {
		caller, ok := identity.FromHeader(r.Header)
		if !ok {
			return jsonhttp.Errorf(http.StatusUnauthorized, "the request does not say who it is made for")
		}
		caller.Tell(r.Context(), m.Identify)
		return handle(w, r, caller)
	})
}

// explain turns the refusals that may befall every statement into what the caller is told.
func explain(err error) error {
	switch rule, _ := store.Violated(err); rule {
	case store.Value:
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "the request has a value that cannot be kept")
	case store.Busy:
		return jsonhttp.Errorf(http.StatusServiceUnavailable, "the bank is busy, please try again")
	default:
		return err
	}
}
