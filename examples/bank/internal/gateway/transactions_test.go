package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

func (c *caller) transfer(from, to, amount int64, status int) object {
	c.t.Helper()
	return c.post("/transfers", object{"fromAccount": from, "toAccount": to, "amount": amount, "note": "Thanks! 🎁"}, status)
}

func (c *caller) authorise(id any, code string, status int) object {
	c.t.Helper()
	return c.post(fmt.Sprintf("/transfers/%s/authorise", id), object{"code": code}, status)
}

func (c *caller) execute(id any, status int) object {
	c.t.Helper()
	return c.post(fmt.Sprintf("/transfers/%s/execute", id), nil, status)
}

// pay buys a product at its price from the caller's current account.
func (c *caller) pay(product, quantity int64, status int) object {
	c.t.Helper()
	return c.payFrom(store.CurrentAccount(c.user), product, quantity, store.Price(product), status)
}

func (c *caller) payFrom(account, product, quantity, price int64, status int) object {
	c.t.Helper()
	return c.post("/payments", object{"accountId": account, "productId": product, "quantity": quantity, "price": price}, status)
}

func (c *caller) refund(payment any, amount int64, status int) object {
	c.t.Helper()
	return c.post(fmt.Sprintf("/payments/%s/refund", payment), object{"amount": amount, "reason": "broken"}, status)
}

// own returns the caller's current account and what is on it.
func (c *caller) own() (account, balance int64) {
	account = store.CurrentAccount(c.user)
	return account, c.b.balance(c.t, account)
}

func products(t *testing.T, b *bank) {
	list := b.somebody(t).get("/products", http.StatusOK)["products"].([]any)
	require.Len(t, list, store.Products)
	for i, p := range list {
		assert.EqualValues(t, i+1, p.(object)["id"])
		assert.EqualValues(t, store.Price(int64(i+1)), p.(object)["price"])
	}
}

func transferSteps(t *testing.T, b *bank) {
	c, other := b.somebody(t), b.somebody(t)
	from, _ := c.own()
	to, _ := other.own()
	made := c.transfer(from, to, 1_234, http.StatusCreated)
	id := made["id"].(string)
	assert.Equal(t, object{"id": id, "status": "pending", "fromAccount": float64(from), "toAccount": float64(to), "amount": 1_234.}, made)
	assert.Equal(t, store.StartBalance, b.balance(t, from), "no money is moved yet")
	other.authorise(id, store.Code(id), http.StatusNotFound)
	other.execute(id, http.StatusNotFound)
	assert.Equal(t, "authorised", c.authorise(id, store.Code(id), http.StatusOK)["status"])
	c.authorise(id, store.Code(id), http.StatusConflict)
	assert.Equal(t, "executed", c.execute(id, http.StatusOK)["status"])
	c.execute(id, http.StatusConflict)
	c.authorise(id, store.Code(id), http.StatusConflict)
	assert.Equal(t, store.StartBalance-1_234, b.balance(t, from))
	assert.Equal(t, store.StartBalance+1_234, b.balance(t, to))
	entry := other.get(fmt.Sprintf("/accounts/%d/statement?limit=1", to), http.StatusOK)["entries"].([]any)[0].(object)
	assert.Equal(t, "Thanks! 🎁", entry["text"])
	assert.Equal(t, id, entry["reference"])
	assert.EqualValues(t, from, entry["counterAccount"])
}

func refusedTransfers(t *testing.T, b *bank) {
	c, other := b.somebody(t), b.somebody(t)
	from, _ := c.own()
	to, _ := other.own()
	c.transfer(to, from, 1, http.StatusForbidden)
	for _, test := range []struct {
		from, to, amount int64
		reason           string
	}{
		{from, to, 0, "amount must be from 1 to 100000000"},
		{from, to, -5, "amount must be from 1 to 100000000"},
		{from, to, 100_000_001, "amount must be from 1 to 100000000"},
		{from, from, 5, "the accounts must differ"},
		{from, 1, 5, "there is no such account to transfer to"},
		{1, to, 5, "there is no account 1"},
	} {
		assert.Equal(t, test.reason, c.transfer(test.from, test.to, test.amount, http.StatusUnprocessableEntity)["error"])
	}
	poor := c.transfer(from, to, store.StartBalance+1, http.StatusCreated)["id"].(string)
	c.authorise(poor, store.Code(poor), http.StatusOK)
	assert.Equal(t, "the account does not have that much", c.execute(poor, http.StatusUnprocessableEntity)["error"])
	_, balance := c.own()
	assert.Equal(t, store.StartBalance, balance)
	// It can be tried again.
	savings := c.transfer(store.SavingsAccount(c.user), from, 1, http.StatusCreated)["id"].(string)
	c.authorise(savings, store.Code(savings), http.StatusOK)
	c.execute(savings, http.StatusOK)
	c.execute(poor, http.StatusOK)
	_, balance = c.own()
	assert.Zero(t, balance)
}

func authorisation(t *testing.T, b *bank) {
	c := b.somebody(t)
	from, _ := c.own()
	id := c.transfer(from, store.SavingsAccount(c.user), 10, http.StatusCreated)["id"].(string)
	for _, wrong := range []string{"", "0", store.Code(id) + "0", store.Code(id)[1:]} {
		c.authorise(id, wrong, http.StatusForbidden)
	}
	c.authorise(id, store.Code(id), http.StatusOK)
	id = c.transfer(from, store.SavingsAccount(c.user), 10, http.StatusCreated)["id"].(string)
	for range 5 {
		c.authorise(id, "", http.StatusForbidden)
	}
	c.authorise(id, store.Code(id), http.StatusConflict)
}

func dailyLimit(t *testing.T, b *bank) {
	c := b.somebody(t)
	from, to := store.SavingsAccount(c.user), store.CurrentAccount(c.user)
	refused := c.transfer(from, to, store.DailyLimit+1, http.StatusUnprocessableEntity)
	assert.Equal(t, "this is more than your daily limit of 1000000", refused["error"])
	c.transfer(from, to, store.DailyLimit-5, http.StatusCreated)
	c.transfer(from, to, 6, http.StatusUnprocessableEntity)
	c.transfer(from, to, 5, http.StatusCreated)
	c.transfer(from, to, 1, http.StatusUnprocessableEntity)
}

func transfersOnce(t *testing.T, b *bank) {
	c, other := b.somebody(t), b.somebody(t)
	from, to := store.SavingsAccount(c.user), store.CurrentAccount(c.user)
	keyed := c.with("Idempotency-Key", "monday")
	made := keyed.transfer(from, to, store.DailyLimit, http.StatusCreated)
	assert.Equal(t, store.ResourceID("transfer", c.user, "monday"), made["id"])
	assert.Equal(t, made, keyed.transfer(from, to, store.DailyLimit, http.StatusOK), "it counts once for the daily limit")
	c.execute(made["id"], http.StatusOK)
	made["status"] = "executed"
	assert.Equal(t, made, keyed.transfer(from, to, store.DailyLimit, http.StatusOK))
	assert.Equal(t, store.StartSavings-store.DailyLimit, b.balance(t, from))
	// Another customer's key is another key.
	others := other.with("Idempotency-Key", "monday").transfer(store.SavingsAccount(other.user), to, 1, http.StatusCreated)
	assert.NotEqual(t, made["id"], others["id"])
	assert.NotEqual(t, other.transfer(store.SavingsAccount(other.user), to, 1, http.StatusCreated)["id"], others["id"])
}

func payments(t *testing.T, b *bank) {
	c := b.somebody(t)
	account, before := c.own()
	shop := b.balance(t, store.ShopAccount)
	made := c.pay(2, 3, http.StatusCreated)
	total := 3 * store.Price(2)
	assert.Equal(t, object{
		"id": made["id"], "status": "paid", "accountId": float64(account), "productId": 2., "quantity": 3.,
		"price": float64(store.Price(2)), "total": float64(total),
	}, made)
	_, after := c.own()
	assert.Equal(t, before-total, after)
	assert.Equal(t, shop+total, b.balance(t, store.ShopAccount))
	path := fmt.Sprintf("/payments/%s", made["id"])
	read := c.get(path, http.StatusOK)
	assert.NotEmpty(t, read["createdAt"])
	delete(read, "createdAt")
	assert.Equal(t, made, read)
	b.somebody(t).get(path, http.StatusNotFound)
}

func refusedPayments(t *testing.T, b *bank) {
	c := b.somebody(t)
	account, before := c.own()
	for _, test := range []struct {
		account, product, quantity, price int64
		reason                            string
	}{
		{account, 1, 0, 1, "quantity must be from 1 to 100"},
		{account, 1, 101, 1, "quantity must be from 1 to 100"},
		{account, 1, 1, -1, "price must be from 0 to 100000000"},
		{account, 1, 1, 100_000_001, "price must be from 0 to 100000000"},
		{account, 0, 1, 1, "there is no product 0"},
		{1, 1, 1, 1, "there is no such account"},
		{store.ShopAccount, 1, 1, 1, "the accounts must differ"},
		{account, 1, 100, 100_000_000, "the account does not have that much"},
	} {
		assert.Equal(t, test.reason, c.payFrom(test.account, test.product, test.quantity, test.price, http.StatusUnprocessableEntity)["error"])
	}
	_, after := c.own()
	assert.Equal(t, before, after)
}

func paymentsOnce(t *testing.T, b *bank) {
	c := b.somebody(t).with("Idempotency-Key", "basket-1")
	_, before := c.own()
	made := c.pay(3, 1, http.StatusCreated)
	assert.Equal(t, store.ResourceID("payment", c.user, "basket-1"), made["id"])
	assert.Equal(t, made, c.pay(3, 1, http.StatusOK))
	assert.Equal(t, made, c.pay(4, 9, http.StatusOK), "what was made under the key")
	_, after := c.own()
	assert.Equal(t, before-store.Price(3), after)
	// A key under which it was refused is free.
	again := c.with("Idempotency-Key", "basket-2")
	again.payFrom(store.CurrentAccount(c.user), 1, 1, 100_000_000, http.StatusUnprocessableEntity)
	again.pay(1, 1, http.StatusCreated)
	// Money that was moved before the service broke off is not moved again, nor taken for another sum.
	again = c.with("Idempotency-Key", "basket-3")
	id := again.pay(5, 1, http.StatusCreated)["id"]
	_, err := b.db.ExecContext(t.Context(), "delete from payments where id = $1", id)
	require.NoError(t, err)
	_, before = c.own()
	assert.Equal(t, "this reference is another posting's", again.pay(5, 2, http.StatusConflict)["error"])
	again.payFrom(store.SavingsAccount(c.user), 5, 1, store.Price(5), http.StatusConflict)
	again.pay(5, 1, http.StatusCreated)
	_, after = c.own()
	assert.Equal(t, before, after)
}

func refunds(t *testing.T, b *bank) {
	c := b.somebody(t)
	_, before := c.own()
	paid := c.pay(2, 2, http.StatusCreated)
	total := 2 * store.Price(2)
	b.somebody(t).refund(paid["id"], 1, http.StatusNotFound)
	c.refund("00000000-0000-0000-0000-000000000000", 1, http.StatusNotFound)
	for _, amount := range []int64{0, -1, total + 1} {
		refused := c.refund(paid["id"], amount, http.StatusUnprocessableEntity)
		assert.Equal(t, fmt.Sprintf("amount must be from 1 to the payment's total of %d", total), refused["error"])
	}
	made := c.refund(paid["id"], total, http.StatusCreated)
	assert.Equal(t, object{"id": made["id"], "paymentId": paid["id"], "amount": float64(total), "status": "refunded"}, made)
	assert.Equal(t, "refunded", c.get(fmt.Sprintf("/payments/%s", paid["id"]), http.StatusOK)["status"])
	_, after := c.own()
	assert.Equal(t, before, after)
}

func refundsOnce(t *testing.T, b *bank) {
	c := b.somebody(t)
	_, before := c.own()
	paid := c.pay(2, 1, http.StatusCreated)
	keyed := c.with("Idempotency-Key", "r")
	made := keyed.refund(paid["id"], store.Price(2), http.StatusCreated)
	assert.Equal(t, store.ResourceID("refund", c.user, "r"), made["id"])
	assert.Equal(t, made, keyed.refund(paid["id"], store.Price(2), http.StatusOK))
	_, after := c.own()
	assert.Equal(t, before, after)
}

func skippedStep(t *testing.T, b *bank) {
	c := b.somebody(t)
	account, before := c.own()
	made := c.transfer(account, store.ShopAccount, 77, http.StatusCreated)
	c.execute(made["id"], http.StatusOK)
	_, after := c.own()
	assert.Equal(t, before-77, after)
}

func priceFromClient(t *testing.T, b *bank) {
	c := b.somebody(t)
	account, before := c.own()
	assert.EqualValues(t, 100, c.payFrom(account, 23, 100, 1, http.StatusCreated)["total"])
	assert.EqualValues(t, 0, c.payFrom(account, 23, 100, 0, http.StatusCreated)["total"])
	_, after := c.own()
	assert.Equal(t, before-100, after)
}

func paysFromAnyAccount(t *testing.T, b *bank) {
	c, victim := b.somebody(t), b.somebody(t)
	account, before := victim.own()
	paid := c.payFrom(account, 1, 1, store.Price(1), http.StatusCreated)
	_, after := victim.own()
	assert.Equal(t, before-store.Price(1), after)
	c.get(fmt.Sprintf("/payments/%s", paid["id"]), http.StatusOK)
}

func refundWithoutState(t *testing.T, b *bank) {
	c := b.somebody(t)
	_, before := c.own()
	paid := c.pay(1, 1, http.StatusCreated)
	for range 3 {
		c.refund(paid["id"], store.Price(1), http.StatusCreated)
	}
	_, after := c.own()
	assert.Equal(t, before+2*store.Price(1), after)
}

func unboundedText(t *testing.T, b *bank) {
	c := b.somebody(t)
	note := strings.Repeat("long ", 10_000)
	body := object{"fromAccount": store.CurrentAccount(c.user), "toAccount": store.ShopAccount, "amount": 5, "note": note}
	c.post("/transfers", body, http.StatusCreated)
	body["note"] = note + note
	c.post("/transfers", body, http.StatusRequestEntityTooLarge)
}
