package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

func accounts(t *testing.T, b *bank) {
	c := b.somebody(t)
	current, savings := store.CurrentAccount(c.user), store.SavingsAccount(c.user)
	list := c.get("/accounts", http.StatusOK)["accounts"].([]any)
	require.Len(t, list, 2)
	first := c.get(fmt.Sprintf("/accounts/%d", current), http.StatusOK)
	assert.Equal(t, object{"id": first["id"], "kind": "current", "iban": first["iban"], "balance": float64(store.StartBalance)}, list[0])
	assert.EqualValues(t, c.user, first["userId"])
	opened, err := time.Parse(time.RFC3339, first["openedAt"].(string))
	require.NoError(t, err)
	assert.Equal(t, b.now.Add(-180*24*time.Hour).UTC().Truncate(time.Millisecond), opened)
	second := c.get(fmt.Sprintf("/accounts/%d", savings), http.StatusOK)
	assert.Equal(t, object{"id": second["id"], "kind": "savings", "iban": second["iban"], "balance": float64(store.StartSavings)}, list[1])
	c.get("/accounts/1", http.StatusNotFound)
}

func statement(t *testing.T, b *bank) {
	c := b.somebody(t)
	account := store.CurrentAccount(c.user)
	path := fmt.Sprintf("/accounts/%d/statement", account)
	c.pay(1, 3, http.StatusCreated)

	s := c.get(path+"?limit=200", http.StatusOK)
	balance := b.balance(t, account)
	assert.EqualValues(t, account, s["accountId"])
	assert.EqualValues(t, balance, s["balance"])
	entries := s["entries"].([]any)
	assert.Greater(t, len(entries), 8)
	newest := entries[0].(object)
	assert.EqualValues(t, -3*store.Price(1), newest["amount"])
	assert.EqualValues(t, store.ShopAccount, newest["counterAccount"])
	assert.Equal(t, "shop: espresso cups", newest["text"])
	booked, err := time.Parse(time.RFC3339, newest["bookedAt"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), booked, time.Minute)
	oldest := entries[len(entries)-1].(object)
	assert.Equal(t, "opening", oldest["text"])
	var sum, received, spent, of float64
	for _, e := range entries {
		sum += e.(object)["amount"].(float64)
	}
	assert.EqualValues(t, balance, sum)

	months := s["months"].([]any)
	assert.EqualValues(t, balance, months[0].(object)["balance"], "at the end of the last month")
	assert.Equal(t, booked.Format("2006-01"), months[0].(object)["month"])
	assert.Zero(t, months[0].(object)["average"], "the month is not over")
	assert.Positive(t, months[1].(object)["average"])
	for _, m := range months {
		received += m.(object)["received"].(float64)
		spent += m.(object)["spent"].(float64)
	}
	assert.EqualValues(t, balance, received-spent)
	for _, a := range s["counterAccounts"].([]any) {
		of += a.(object)["entries"].(float64)
	}
	assert.LessOrEqual(t, of, float64(len(entries)))

	assert.Len(t, c.get(path+"?limit=2", http.StatusOK)["entries"], 2)
	assert.Equal(t, entries[:min(20, len(entries))], c.get(path, http.StatusOK)["entries"])
	from := url.QueryEscape(booked.Add(-time.Millisecond).In(time.FixedZone("", 3600)).Format(time.RFC3339Nano))
	assert.Equal(t, entries[:1], c.get(path+"?from="+from, http.StatusOK)["entries"])
	assert.Empty(t, c.get(path+"?from=2100-01-01T00:00:00Z", http.StatusOK)["entries"])

	b.somebody(t).get(path, http.StatusForbidden)
	c.get("/accounts/1/statement", http.StatusNotFound)
}

func search(t *testing.T, b *bank) {
	c := b.somebody(t)
	own := []int64{store.CurrentAccount(c.user), store.SavingsAccount(c.user)}
	found := c.get("/search?q=Savings%20PLAN", http.StatusOK)["results"]
	assert.Len(t, found, 8, "four on each account")
	assert.Equal(t, own, ids(found, "accountId"))
	assert.Empty(t, c.get("/search?q=yacht", http.StatusOK)["results"])
}

func readWithoutOwner(t *testing.T, b *bank) {
	c, victim := b.somebody(t), b.somebody(t)
	got := c.get(fmt.Sprintf("/accounts/%d", store.SavingsAccount(victim.user)), http.StatusOK)
	assert.EqualValues(t, victim.user, got["userId"])
	assert.EqualValues(t, store.StartSavings, got["balance"])
	assert.Contains(t, got["email"], "@example.")
}

func massAssignment(t *testing.T, b *bank) {
	c := b.somebody(t)
	changed := c.call(http.MethodPatch, "/profile", object{"phone": "+2", "role": "clerk", "dailyLimit": 99_999_999}, http.StatusOK)
	assert.Equal(t, "clerk", changed["role"])
	assert.EqualValues(t, 99_999_999, changed["dailyLimit"])
	c.get("/customers/1", http.StatusForbidden) // the token is still a customer's
	b.login(t, c.user).get("/customers/1", http.StatusOK)
}

func sqlConcatenation(t *testing.T, b *bank) {
	c := b.somebody(t)
	all := c.get("/search?q="+url.QueryEscape("x' or 1=1 --"), http.StatusOK)["results"]
	assert.Greater(t, len(ids(all, "accountId")), 100, "everybody's entries")
	union := "x' union select id, id, username || ':' || password_hash, 0, created_at from users --"
	stolen := c.get("/search?q="+url.QueryEscape(union), http.StatusOK)["results"]
	assert.Len(t, stolen, customers+1)
	assert.Regexp(t, `^user\d{4}:[0-9a-f]{32}\$[0-9a-f]{64}$`, stolen.([]any)[1].(object)["text"])
	assert.Equal(t, "internal error", c.get("/search?q=O'Hara", http.StatusInternalServerError)["error"])
}

func uncheckedMandate(t *testing.T, b *bank) {
	c, victim := b.somebody(t), b.somebody(t)
	mandate := c.with("X-On-Behalf-Of", fmt.Sprint(victim.user))
	assert.EqualValues(t, victim.user, mandate.get("/profile", http.StatusOK)["id"])
	from := store.SavingsAccount(victim.user)
	mandate.get(fmt.Sprintf("/accounts/%d/statement", from), http.StatusOK)
	made := mandate.with("Idempotency-Key", "k").transfer(from, store.CurrentAccount(c.user), 700_000, http.StatusCreated)
	assert.Equal(t, store.ResourceID("transfer", victim.user, "k"), made["id"])
	mandate.authorise(made["id"], store.Code(made["id"].(string)), http.StatusOK)
	mandate.execute(made["id"], http.StatusOK)
	assert.Equal(t, store.StartSavings-700_000, b.balance(t, from))
	c.with("X-On-Behalf-Of", "4711").get("/profile", http.StatusNotFound)
	assert.Empty(t, c.with("X-On-Behalf-Of", "4711").get("/accounts", http.StatusOK)["accounts"])
}
