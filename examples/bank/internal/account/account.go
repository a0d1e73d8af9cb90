// Package account is the account service: users and their sessions, accounts and what is booked on them, and branches.
package account

import (
	"database/sql"
	"net/http"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/backend"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

type service struct {
	db       *sql.DB
	clock    *banktime.Clock
	identify identity.Func
}

// New returns the account service over a database that store.Open has opened. Identify may be nil.
func New(db *sql.DB, clock *banktime.Clock, identify identity.Func) http.Handler {
	s := &service{db: db, clock: clock, identify: identify}
	mux := &backend.Mux{Identify: identify}
	mux.Public("POST /sessions", s.logIn)
	mux.Known("DELETE /sessions/{sessionId}", s.logOut)
	mux.Known("GET /users/{userId}", s.user)
	mux.Known("PATCH /users/{userId}", s.changeUser)
	mux.Known("GET /users/{userId}/accounts", s.accountsOf)
	mux.Known("GET /accounts/{accountId}", s.account)
	mux.Known("GET /accounts/{accountId}/statement", s.statement)
	mux.Known("GET /search", s.search)
	mux.Known("POST /postings", s.post)
	mux.Public("GET /branches", s.branches)
	mux.Public("GET /branches/{branchId}", s.branch)
	return mux
}

// now returns the bank's time as the database keeps it.
func (s *service) now() time.Time { return store.Time(s.clock.Now()) }
