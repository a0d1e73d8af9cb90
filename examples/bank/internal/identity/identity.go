// Package identity is who a request is made for, as the gateway tells it to the services behind it.
package identity

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Clerk is the role of those who work for the bank.
const Clerk = "clerk"

// The headers in which an identity travels. Only the gateway may be reachable from outside: these are believed.
const (
	userHeader    = "X-User-Id"
	rolesHeader   = "X-User-Roles"
	sessionHeader = "X-Session-Id"
)

// Identity is who a request is made for.
type Identity struct {
	User    int64 // the effective user
	Session string
	Roles   []string
}

// Func is told who is calling, as soon as a service knows; it may be called from many goroutines at once.
type Func func(ctx context.Context, userID, sessionID string, roles []string)

// Tell calls f, which may be nil.
func (i Identity) Tell(ctx context.Context, f Func) {
	if f != nil {
		f(ctx, strconv.FormatInt(i.User, 10), i.Session, i.Roles)
	}
}

// Has reports whether the caller has that role.
func (i Identity) Has(role string) bool { return slices.Contains(i.Roles, role) }

// Header returns a header that carries the identity and nothing else.
func (i Identity) Header() http.Header {
	header := make(http.Header)
	header.Set(userHeader, strconv.FormatInt(i.User, 10))
	header.Set(rolesHeader, strings.Join(i.Roles, ","))
	header.Set(sessionHeader, i.Session)
	return header
}

// FromHeader returns the identity that a header carries, or false if there is none.
func FromHeader(header http.Header) (Identity, bool) {
	user, err := strconv.ParseInt(header.Get(userHeader), 10, 64)
	if err != nil {
		return Identity{}, false
	}
	identity := Identity{User: user, Session: header.Get(sessionHeader)}
	if roles := header.Get(rolesHeader); roles != "" {
		identity.Roles = strings.Split(roles, ",")
	}
	return identity, true
}
