// Package transaction is the transaction service: products, transfers, payments and refunds. Money is moved by the account
// service, which it asks to.
package transaction

import (
	"cmp"
	"database/sql"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/backend"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

type service struct {
	db      *sql.DB
	clock   *banktime.Clock
	account *jsonhttp.Client
}

// New returns the transaction service over a database that store.Open has opened. Account is the URL of the account
// service, without a slash at the end. Transport and identify may be nil.
func New(db *sql.DB, clock *banktime.Clock, account string, transport http.RoundTripper, identify identity.Func) http.Handler {
	s := &service{db: db, clock: clock, account: jsonhttp.NewClient("account", account, transport)}
	mux := &backend.Mux{Identify: identify}
	mux.Known("GET /products", s.products)
	mux.Known("POST /transfers", s.transfer)
	mux.Known("POST /transfers/{transferId}/authorise", s.authorise)
	mux.Known("POST /transfers/{transferId}/execute", s.execute)
	mux.Known("POST /payments", s.pay)
	mux.Known("GET /payments/{paymentId}", s.payment)
	mux.Known("POST /payments/{paymentId}/refunds", s.refund)
	return mux
}

// now returns the bank's time as the database keeps it.
func (s *service) now() time.Time { return store.Time(s.clock.Now()) }

// newID returns the id of what a request makes: the same one for the same idempotency key, or a random one without.
func newID(r *http.Request, kind string, caller identity.Identity) string {
	return store.ResourceID(kind, caller.User, cmp.Or(r.Header.Get("Idempotency-Key"), uuid.NewString()))
}

// maxAmount is the most that may be moved or charged at once, in cents; see the schema.
const maxAmount = 100_000_000

func checkAmount(name string, amount, least int64) error {
	if amount < least || amount > maxAmount {
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "%s must be from %d to %d", name, least, maxAmount)
	}
	return nil
}
