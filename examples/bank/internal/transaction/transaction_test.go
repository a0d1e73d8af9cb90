package transaction_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/account"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/transaction"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type plain struct{}

func (plain) OpenDB(driverName, dsn string) (*sql.DB, error) { return sql.Open(driverName, dsn) }

// line is the line to the account service, which may break before a request arrives or before its answer does.
type line struct {
	account       http.Handler
	before, after bool // it breaks
	answers       int
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.before {
		return nil, errors.New("the line is down")
	}
	w := httptest.NewRecorder()
	l.account.ServeHTTP(w, r)
	if l.after && r.Method == http.MethodPost {
		return nil, errors.New("the line broke")
	}
	l.answers++
	return w.Result(), nil
}

// bank is the transaction service and what it talks to.
type bank struct {
	t       *testing.T
	db      *sql.DB
	line    *line
	handler http.Handler
}

func open(t *testing.T) *bank {
	t.Helper()
	dsn := filepath.Join(t.TempDir(), "bank.db")
	require.NoError(t, store.Create(t.Context(), dsn, 2, time.Now()))
	db, err := store.Open(plain{}, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	l := &line{account: account.New(db, banktime.Real(), nil)}
	return &bank{t: t, db: db, line: l, handler: transaction.New(db, banktime.Real(), "http://account", l, nil)}
}

// post makes a call of user 1 with the key "k".
func (b *bank) post(path, body string, status int) map[string]any {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header = identity.Identity{User: 1, Roles: []string{"customer"}}.Header()
	r.Header.Set("Idempotency-Key", "k")
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	require.Equal(b.t, status, w.Code, w.Body.String())
	var answer map[string]any
	require.NoError(b.t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer
}

func (b *bank) number(query string) (n int64) {
	b.t.Helper()
	require.NoError(b.t, b.db.QueryRowContext(b.t.Context(), query).Scan(&n))
	return n
}

const (
	transferBody = `{"fromAccount":1001,"toAccount":1003,"amount":100}`
	paymentBody  = `{"accountId":1001,"productId":1,"quantity":1,"price":100}`
	refundBody   = `{"amount":40,"reason":"broken"}`
)

func TestWithoutTheAccountServiceNothingIsDone(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.line.before = true
	for path, body := range map[string]string{"/transfers": transferBody, "/payments": paymentBody} {
		assert.Equal(t, "the account service cannot be reached", b.post(path, body, http.StatusBadGateway)["error"])
	}
	assert.Zero(t, b.number("select (select count(*) from transfers) + (select count(*) from payments) + (select count(*) from daily_totals)"))
}

// What breaks off when the money has been moved is done again without moving it again.
func TestALostAnswerIsMadeUpFor(t *testing.T) {
	t.Parallel()
	b := open(t)
	id := b.post("/transfers", transferBody, http.StatusCreated)["id"].(string)

	b.line.after = true
	b.post("/transfers/"+id+"/execute", "", http.StatusBadGateway)
	b.post("/payments", paymentBody, http.StatusBadGateway)
	assert.Zero(t, b.number("select count(*) from payments"))
	assert.Equal(t, store.StartBalance-200, b.number("select balance from accounts where id = 1001"))
	b.line.after = false
	b.post("/transfers/"+id+"/execute", "", http.StatusOK)
	payment := b.post("/payments", paymentBody, http.StatusCreated)["id"].(string)
	assert.Equal(t, store.StartBalance-200, b.number("select balance from accounts where id = 1001"))

	b.line.after = true
	b.post("/payments/"+payment+"/refunds", refundBody, http.StatusBadGateway)
	b.line.after = false
	b.post("/payments/"+payment+"/refunds", strings.ReplaceAll(refundBody, "40", "50"), http.StatusConflict)
	b.post("/payments/"+payment+"/refunds", refundBody, http.StatusCreated)
	b.post("/payments/"+payment+"/refunds", refundBody, http.StatusOK)
	assert.Equal(t, store.StartBalance-160, b.number("select balance from accounts where id = 1001"))
}

// An honest payment is one call of the account service, a transfer one for each of two steps.
func TestCallsOfTheAccountService(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.post("/payments", paymentBody, http.StatusCreated)
	assert.Equal(t, 1, b.line.answers)
	id := b.post("/transfers", transferBody, http.StatusCreated)["id"].(string)
	assert.Equal(t, 2, b.line.answers)
	b.post("/transfers/"+id+"/authorise", `{"code":"`+store.Code(id)+`"}`, http.StatusOK)
	b.post("/transfers/"+id+"/execute", "", http.StatusOK)
	assert.Equal(t, 3, b.line.answers)
}
