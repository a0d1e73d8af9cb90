package account_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/account"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type plain struct{}

func (plain) OpenDB(driverName, dsn string) (*sql.DB, error) { return sql.Open(driverName, dsn) }

// open returns the service over a new bank, and the bank's database.
func open(tb testing.TB, users int) (http.Handler, *sql.DB) {
	tb.Helper()
	dsn := filepath.Join(tb.TempDir(), "bank.db")
	require.NoError(tb, store.Create(tb.Context(), dsn, users, time.Now()))
	db, err := store.Open(plain{}, dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return account.New(db, banktime.Real(), nil), db
}

func call(tb testing.TB, h http.Handler, user int64, method, path string, body any) (status int, answer map[string]any) {
	tb.Helper()
	text, err := json.Marshal(body)
	require.NoError(tb, err)
	r := httptest.NewRequestWithContext(tb.Context(), method, path, bytes.NewReader(text))
	r.Header = identity.Identity{User: user}.Header()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.NoError(tb, json.Unmarshal(w.Body.Bytes(), &answer))
	return w.Code, answer
}

// booking is what a posting was asked for.
type booking struct{ from, to, amount int64 }

// Whatever is asked for, in whichever order and however often, the balances are those of a model.
func TestPostingsFollowAModel(t *testing.T) {
	t.Parallel()
	h, db := open(t, 2)
	balances := map[int64]int64{1001: store.StartBalance, 1002: store.StartSavings, 1003: store.StartBalance, 1004: store.StartSavings}
	accounts := []int64{1001, 1002, 1003, 1004, 4711}
	booked := map[string]booking{}
	expect := func(reference string, b booking) int {
		before, again := booked[reference]
		_, from := balances[b.from]
		_, to := balances[b.to]
		switch {
		case b.from == b.to || !from || !to:
			return http.StatusUnprocessableEntity
		case again && before == b:
			return http.StatusOK
		case again && (b.from == before.from || b.from == before.to || b.to == before.from || b.to == before.to):
			return http.StatusConflict
		case balances[b.from] < b.amount:
			return http.StatusUnprocessableEntity
		default:
			return http.StatusCreated
		}
	}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		for range rapid.IntRange(1, 8).Draw(rt, "postings") {
			reference := fmt.Sprint(run, rapid.IntRange(0, 3).Draw(rt, "reference"))
			b := booking{
				rapid.SampledFrom(accounts).Draw(rt, "from"), rapid.SampledFrom(accounts).Draw(rt, "to"),
				rapid.OneOf(rapid.Int64Range(1, 1_000), rapid.Int64Range(1, 3_000_000)).Draw(rt, "amount"),
			}
			want := expect(reference, b)
			if _, again := booked[reference]; again && want == http.StatusCreated {
				continue // between accounts that have nothing to do with the first: it has no way to know
			}
			status, answer := call(t, h, 1, http.MethodPost, "/postings", map[string]any{
				"fromAccount": b.from, "toAccount": b.to, "amount": b.amount, "reference": reference, "text": "x",
			})
			require.Equal(rt, want, status, "%s %v: %v", reference, b, answer)
			if status == http.StatusCreated {
				booked[reference] = b
				balances[b.from] -= b.amount
				balances[b.to] += b.amount
			}
		}
		for id, balance := range balances {
			var got, sum int64
			require.NoError(rt, db.QueryRowContext(t.Context(), "select balance from accounts where id = $1", id).Scan(&got))
			require.NoError(rt, db.QueryRowContext(t.Context(), "select sum(amount) from entries where account_id = $1", id).Scan(&sum))
			require.Equal(rt, []int64{balance, balance}, []int64{got, sum})
		}
	})
}

func TestRefusedPostings(t *testing.T) {
	t.Parallel()
	h, _ := open(t, 1)
	for reason, body := range map[string]map[string]any{
		"amount must not be negative": {"fromAccount": 1001, "toAccount": 1002, "amount": -1, "reference": "r"},
		"a posting needs a reference": {"fromAccount": 1001, "toAccount": 1002, "amount": 1},
		"there is no such account":    {"fromAccount": 1001, "toAccount": 1003, "amount": 1, "reference": "r"},
	} {
		status, answer := call(t, h, 1, http.MethodPost, "/postings", body)
		assert.Equal(t, http.StatusUnprocessableEntity, status)
		assert.Equal(t, reason, answer["error"])
	}
}

// BenchmarkStatement is the dear call, BenchmarkAccount a cheap one.
func BenchmarkStatement(b *testing.B) {
	h, _ := open(b, 200)
	for b.Loop() {
		status, _ := call(b, h, 1, http.MethodGet, "/accounts/1001/statement", nil)
		require.Equal(b, http.StatusOK, status)
	}
}

func BenchmarkAccount(b *testing.B) {
	h, _ := open(b, 200)
	for b.Loop() {
		status, _ := call(b, h, 1, http.MethodGet, "/accounts/1001", nil)
		require.Equal(b, http.StatusOK, status)
	}
}
