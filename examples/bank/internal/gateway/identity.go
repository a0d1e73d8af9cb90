package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

// handler answers a request of somebody who is logged in.
type handler func(w http.ResponseWriter, r *http.Request, caller identity.Identity) error

// known refuses requests without a good token.
func (g *gateway) known(handle handler) jsonhttp.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := g.caller(r)
		if err != nil {
			return err
		}
		caller.Tell(r.Context(), g.identify)
		return handle(w, r, caller)
	}
}

// caller returns who a request is made for: the user of its token, or the one who gave that user a power of attorney.
func (g *gateway) caller(r *http.Request) (identity.Identity, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return identity.Identity{}, jsonhttp.Errorf(http.StatusUnauthorized, "please log in")
	}
	c, ok := g.tokens.check(token, g.clock.Now())
	if !ok || g.revoked.has(c.Session) {
		return identity.Identity{}, jsonhttp.Errorf(http.StatusUnauthorized, "please log in again")
	}
	caller := identity.Identity{User: c.User, Session: c.Session, Roles: []string{c.Role}}
	if behalf := r.Header.Get("X-On-Behalf-Of"); behalf != "" {
		// Hole: unchecked-mandate — nobody looks whether that user gave the caller a power of attorney.
		user, err := strconv.ParseInt(behalf, 10, 64)
		if err != nil {
			return identity.Identity{}, jsonhttp.Errorf(http.StatusBadRequest, "X-On-Behalf-Of must be a user's number")
		}
		caller.User = user
	}
	return caller, nil
}
