package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

// login returns a token for a password.
func (g *gateway) login(w http.ResponseWriter, r *http.Request) error {
	body, err := jsonhttp.Body(r)
	if err != nil {
		return err
	}
	var answer struct {
		Token     string `json:"token"`
		UserID    int64  `json:"userId"`
		SessionID string `json:"sessionId"`
		Role      string `json:"role"`
	}
	ctx := r.Context()
	if _, err := g.account.Call(ctx, http.MethodPost, "/sessions", nil, json.RawMessage(body), &answer); err != nil {
		return err
	}
	identity.Identity{User: answer.UserID, Session: answer.SessionID, Roles: []string{answer.Role}}.Tell(ctx, g.identify)
	expires := g.clock.Now().Add(validity)
	answer.Token, err = g.tokens.sign(claims{User: answer.UserID, Session: answer.SessionID, Role: answer.Role, Expires: expires.Unix()})
	if err != nil {
		return err
	}
	return jsonhttp.Write(w, http.StatusOK, answer)
}

// logout ends the session of the token.
func (g *gateway) logout(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	g.revoked.add(caller.Session)
	if _, err := g.account.Call(r.Context(), http.MethodDelete, "/sessions/"+caller.Session, caller.Header(), nil, nil); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (g *gateway) profile(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.account, caller.Header(), fmt.Sprintf("/users/%d", caller.User))
}

func (g *gateway) changeProfile(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	return forward(w, r, g.account, caller.Header(), fmt.Sprintf("/users/%d", caller.User))
}

// customer answers a clerk with a customer's profile and accounts.
func (g *gateway) customer(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	if !caller.Has(identity.Clerk) {
		return jsonhttp.Errorf(http.StatusForbidden, "only clerks may look at customers")
	}
	user, err := jsonhttp.PathID(r, "userId", "customer")
	if err != nil {
		return err
	}
	answer := make(map[string]json.RawMessage)
	// Both answers are objects, and they have no field in common.
	for _, path := range []string{"/users/%d", "/users/%d/accounts"} {
		if _, err := g.account.Call(r.Context(), http.MethodGet, fmt.Sprintf(path, user), caller.Header(), nil, &answer); err != nil {
			return err
		}
	}
	return jsonhttp.Write(w, http.StatusOK, answer)
}

func (g *gateway) branches(w http.ResponseWriter, r *http.Request) error {
	return forward(w, r, g.account, nil, withQuery("/branches", r, "city"))
}

func (g *gateway) branch(w http.ResponseWriter, r *http.Request) error {
	id, err := jsonhttp.PathID(r, "branchId", "branch")
	if err != nil {
		return err
	}
	return forward(w, r, g.account, nil, fmt.Sprintf("/branches/%d", id))
}
