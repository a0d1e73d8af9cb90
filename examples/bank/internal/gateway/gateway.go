package gateway

import (
	"crypto/rand"
	"errors"
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

// Options of a gateway.
type Options struct {
	Clock       *banktime.Clock
	Account     string            // URL of the account service, without a slash at the end
	Transaction string            // URL of the transaction service
	Transport   http.RoundTripper // for calls of both; nil: the standard one
	Key         []byte            // that tokens are signed with; empty: a random one
	Identify    identity.Func     // may be nil
}

type gateway struct {
	account     *jsonhttp.Client
	transaction *jsonhttp.Client
	tokens      tokens
	revoked     revoked
	clock       *banktime.Clock
	identify    identity.Func
}

// New returns the gateway. It fails only for options that lack something.
func New(options Options) (http.Handler, error) {
	switch {
	case options.Clock == nil:
		return nil, errors.New("the gateway needs a clock")
	case options.Account == "" || options.Transaction == "":
		return nil, errors.New("the gateway needs the URLs of the account and the transaction service")
	}
	key := options.Key
	if len(key) == 0 {
		key = []byte(rand.Text())
	}
	g := &gateway{
		account:     jsonhttp.NewClient("account", options.Account, options.Transport),
		transaction: jsonhttp.NewClient("transaction", options.Transaction, options.Transport),
		tokens:      tokens{key: key},
		clock:       options.Clock,
		identify:    options.Identify,
	}
	return g.routes(), nil
}

func (g *gateway) routes() http.Handler {
	mux := &jsonhttp.Mux{}
	mux.Handle("GET /healthz", text("ok\n"))
	mux.Handle("GET /robots.txt", text("User-agent: *\nAllow: /branches\nDisallow: /\n"))
	mux.Handle("GET /branches", g.branches)
	mux.Handle("GET /branches/{branchId}", g.branch)
	mux.Handle("POST /login", g.login)

	for pattern, handle := range map[string]handler{
		"POST /logout":                           g.logout,
		"GET /accounts":                          g.accounts,
		"GET /accounts/{accountId}":              g.oneAccount,
		"GET /accounts/{accountId}/statement":    g.statement,
		"GET /search":                            g.search,
		"GET /profile":                           g.profile,
		"PATCH /profile":                         g.changeProfile,
		"GET /customers/{userId}":                g.customer,
		"GET /products":                          g.products,
		"POST /transfers":                        g.transfer,
		"POST /transfers/{transferId}/authorise": g.authorise,
		"POST /transfers/{transferId}/execute":   g.execute,
		"POST /payments":                         g.pay,
		"GET /payments/{paymentId}":              g.payment,
		"POST /payments/{paymentId}/refund":      g.refund,
	} {
		mux.Handle(pattern, g.known(handle))
	}
	return mux
}

func text(body string) jsonhttp.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte(body))
		return err
	}
}
