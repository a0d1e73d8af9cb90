package gateway_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/account"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/gateway"
	"github.com/spanwarden/spanwarden/examples/bank/internal/postgres"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/transaction"
)

func TestMain(m *testing.M) {
	code := postgres.Run(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// everyDatabase runs a test on a new bank, once for each database.
func everyDatabase(t *testing.T, test func(t *testing.T, b *bank)) {
	t.Helper()
	for name, dsn := range map[string]func(testing.TB) string{
		"SQLite":     func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "bank.db") },
		"PostgreSQL": postgres.Start,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, dsn(t)))
		})
	}
}

// customers is how many customers the bank of a test has: two of them are clerks.
const customers = 80

// bank is the three services over a database, as other processes would see them.
type bank struct {
	db                            *sql.DB
	gateway, account, transaction string // URLs
	transport                     *http.Transport
	client                        http.Client // that holds the gateway to openapi.yaml
	now                           time.Time   // when the bank was created
	lastUser                      atomic.Int64

	mu         sync.Mutex
	identities map[string][]string // by service, as "user session role"
}

type plain struct{}

func (plain) OpenDB(driverName, dsn string) (*sql.DB, error) { return sql.Open(driverName, dsn) }

func open(t *testing.T, dsn string) *bank {
	t.Helper()
	b := &bank{transport: &http.Transport{MaxIdleConnsPerHost: 32}, identities: map[string][]string{}, now: time.Now()}
	b.client.Transport = newSpecification(t, b.transport)
	require.NoError(t, store.Create(t.Context(), dsn, customers, b.now))
	database := func() *sql.DB {
		db, err := store.Open(plain{}, dsn)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		return db
	}
	b.db = database()
	clock := banktime.Real()
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	b.account = serve(account.New(database(), clock, b.identify("account")))
	b.transaction = serve(transaction.New(database(), clock, b.account, b.transport, b.identify("transaction")))
	g, err := gateway.New(gateway.Options{
		Clock: clock, Account: b.account, Transaction: b.transaction, Transport: b.transport, Identify: b.identify("gateway"),
	})
	require.NoError(t, err)
	b.gateway = serve(g)
	t.Cleanup(b.transport.CloseIdleConnections)
	return b
}

func (b *bank) identify(service string) func(ctx context.Context, userID, sessionID string, roles []string) {
	return func(_ context.Context, userID, sessionID string, roles []string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.identities[service] = append(b.identities[service], userID+" "+sessionID+" "+strings.Join(roles, ","))
	}
}

// lastIdentity returns what a service was told last.
func (b *bank) lastIdentity(service string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.identities[service][len(b.identities[service])-1]
}

// caller is somebody who calls the gateway, logged in or not.
type caller struct {
	b       *bank
	t       *testing.T
	user    int64
	session string
	header  map[string]string
}

type object = map[string]any

// anybody is not logged in.
func (b *bank) anybody(t *testing.T) *caller {
	return &caller{b: b, t: t, header: map[string]string{}}
}

// somebody is a customer with whom no other test has to do.
func (b *bank) somebody(t *testing.T) *caller {
	user := b.lastUser.Add(1)
	if store.IsClerk(user) {
		user = b.lastUser.Add(1)
	}
	require.LessOrEqual(t, user, int64(customers), "the bank is out of customers")
	return b.login(t, user)
}

func (b *bank) login(t *testing.T, user int64) *caller {
	c := b.anybody(t)
	answer := c.post("/login", object{"username": store.Username(user), "password": store.Password(user)}, http.StatusOK)
	c.user, c.session = user, answer["sessionId"].(string)
	require.EqualValues(t, user, answer["userId"])
	return c.with("Authorization", "Bearer "+answer["token"].(string))
}

// with returns the caller who sends another header.
func (c *caller) with(name, value string) *caller {
	other := *c
	other.header = map[string]string{name: value}
	for n, v := range c.header {
		if n != name {
			other.header[n] = v
		}
	}
	return &other
}

func (c *caller) get(path string, status int) object {
	return c.call(http.MethodGet, path, nil, status)
}

func (c *caller) post(path string, body any, status int) object {
	return c.call(http.MethodPost, path, body, status)
}

// call makes a call that must be answered with that status. A string is sent as it is, everything else as JSON.
func (c *caller) call(method, path string, body any, status int) object {
	c.t.Helper()
	got, answer := c.try(method, path, body)
	require.Equal(c.t, status, got, "%s %s: %s", method, path, answer)
	var decoded object
	if len(answer) > 0 && answer[0] == '{' {
		require.NoError(c.t, json.Unmarshal(answer, &decoded))
	}
	return decoded
}

// try makes a call and returns its status, whichever it is, and the answer's body.
func (c *caller) try(method, path string, body any) (status int, answer []byte) {
	c.t.Helper()
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		assert.NoError(c.t, err)
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.b.gateway+path, content)
	if !assert.NoError(c.t, err) {
		return 0, nil
	}
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	response, err := c.b.client.Do(request)
	if !assert.NoError(c.t, err) {
		return 0, nil
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	assert.NoError(c.t, err)
	return response.StatusCode, answer
}

// balance returns what is on an account.
func (b *bank) balance(t *testing.T, id int64) int64 {
	var balance int64
	require.NoError(t, b.db.QueryRowContext(t.Context(), "select balance from accounts where id = $1", id).Scan(&balance))
	return balance
}

// balanced checks that every balance is the sum of its entries and that all entries add up to nothing.
func (b *bank) balanced(t *testing.T) {
	rows, err := b.db.QueryContext(t.Context(),
		`select a.id, a.balance, coalesce(sum(e.amount), 0) from accounts a left join entries e on e.account_id = a.id group by a.id, a.balance`)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var all, shop int64
	for rows.Next() {
		var id, balance, sum int64
		require.NoError(t, rows.Scan(&id, &balance, &sum))
		all += sum
		if id == store.ShopAccount {
			shop = balance - sum // what it began with
			continue
		}
		assert.Equal(t, sum, balance, "account %d", id)
	}
	require.NoError(t, rows.Err())
	assert.Zero(t, all)
	assert.Equal(t, int64(1_000_000_000_000), shop)
}

func ids(list any, name string) []int64 {
	var all []int64
	for _, one := range list.([]any) {
		all = append(all, int64(one.(object)[name].(float64)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
