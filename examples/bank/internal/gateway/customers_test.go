package gateway_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

func publicPages(t *testing.T, b *bank) {
	c := b.anybody(t)
	for path, text := range map[string]string{"/healthz": "ok\n", "/robots.txt": "User-agent: *\nAllow: /branches\nDisallow: /\n"} {
		status, answer := c.try(http.MethodGet, path, nil)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, text, string(answer))
	}
	all := c.get("/branches", http.StatusOK)
	assert.Len(t, ids(all["branches"], "id"), store.Branches)
	of := c.get("/branches?city="+store.City(3), http.StatusOK)
	assert.Equal(t, []int64{3, 15, 27, 39, 51}, ids(of["branches"], "id"))
	assert.Empty(t, c.get("/branches?city=Atlantis", http.StatusOK)["branches"])
	assert.Equal(t, store.City(60), c.get("/branches/60", http.StatusOK)["city"])
	c.get("/branches/61", http.StatusNotFound)
	c.get("/branches/sixty", http.StatusNotFound)
	for _, path := range []string{"/", "/.env", "/accounts/", "/admin/login.php", "/transfers"} {
		assert.NotEmpty(t, c.call(http.MethodPut, path, nil, map[bool]int{true: 405, false: 404}[path == "/transfers"])["error"], path)
	}
}

func logInAndOut(t *testing.T, b *bank) {
	c := b.somebody(t)
	me := c.get("/profile", http.StatusOK)
	assert.EqualValues(t, c.user, me["id"])
	assert.Equal(t, "customer", me["role"])

	second := b.login(t, c.user)
	assert.NotEqual(t, c.session, second.session)
	c.post("/logout", nil, http.StatusNoContent)
	c.get("/profile", http.StatusUnauthorized)
	c.post("/logout", nil, http.StatusUnauthorized)
	second.get("/profile", http.StatusOK)
	var revoked int
	require.NoError(t, b.db.QueryRowContext(t.Context(),
		"select count(*) from sessions where user_id = $1 and revoked_at is not null", c.user).Scan(&revoked))
	assert.Equal(t, 1, revoked)

	for name, login := range map[string]object{
		"wrong password": {"username": store.Username(c.user), "password": "x"},
		"no password":    {"username": store.Username(c.user)},
		"unknown user":   {"username": "nobody", "password": store.Password(c.user)},
		"zero byte":      {"username": "\x00", "password": "x"},
		"the shop":       {"username": "shop", "password": ""},
	} {
		assert.NotEmpty(t, b.anybody(t).post("/login", login, http.StatusUnauthorized)["error"], name)
	}
}

func noToken(t *testing.T, b *bank) {
	c := b.somebody(t)
	token := strings.TrimPrefix(c.header["Authorization"], "Bearer ")
	payload, signature, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	require.NoError(t, err)
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(text), "customer", "clerk")))
	for name, header := range map[string]string{
		"none": "", "another scheme": "Basic " + token, "no signature": "Bearer " + payload, "empty signature": "Bearer " + payload + ".",
		"forged role": "Bearer " + forged + "." + signature, "nonsense": "Bearer !.!",
	} {
		for _, path := range []string{
			"GET /accounts", "GET /accounts/1001", "GET /accounts/1001/statement", "GET /search?q=x", "GET /profile", "PATCH /profile",
			"GET /customers/1", "GET /products", "POST /transfers", "POST /payments",
			"GET /payments/00000000-0000-0000-0000-000000000000", "POST /logout",
			"POST /payments/00000000-0000-0000-0000-000000000000/refund", "POST /transfers/00000000-0000-0000-0000-000000000000/execute",
			"POST /transfers/00000000-0000-0000-0000-000000000000/authorise",
		} {
			method, path, _ := strings.Cut(path, " ")
			status, answer := c.with("Authorization", header).try(method, path, nil)
			assert.Equal(t, http.StatusUnauthorized, status, "%s: %s %s: %s", name, method, path, answer)
		}
	}
}

func identities(t *testing.T, b *bank) {
	c := b.somebody(t)
	want := fmt.Sprintf("%d %s customer", c.user, c.session)
	assert.Equal(t, want, b.lastIdentity("gateway"), "after the login")
	assert.Equal(t, want, b.lastIdentity("account"), "after the login")
	c.get("/products", http.StatusOK)
	assert.Equal(t, want, b.lastIdentity("transaction"))
	c.with("X-On-Behalf-Of", "7").get("/products", http.StatusOK)
	want = fmt.Sprintf("7 %s customer", c.session)
	assert.Equal(t, want, b.lastIdentity("gateway"))
	assert.Equal(t, want, b.lastIdentity("transaction"))
	clerk := b.login(t, 40)
	clerk.get("/profile", http.StatusOK)
	assert.Equal(t, fmt.Sprintf("40 %s clerk", clerk.session), b.lastIdentity("account"))

	// The identity is the token's, whatever headers a client makes up.
	c.with("X-User-Id", "1").with("X-User-Roles", "clerk").get("/customers/1", http.StatusForbidden)

	for _, url := range []string{b.account + "/accounts/1001", b.transaction + "/products"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		require.NoError(t, err)
		response, err := b.transport.RoundTrip(request)
		require.NoError(t, err)
		response.Body.Close()
		assert.Equal(t, http.StatusUnauthorized, response.StatusCode, url)
	}
}

func malformed(t *testing.T, b *bank) {
	c := b.somebody(t)
	none := "/transfers/00000000-0000-0000-0000-000000000000"
	pay := object{"accountId": 1001, "productId": 1, "quantity": 1, "price": 1}
	for _, test := range []struct {
		call   string
		body   any
		status int
		reason string
	}{
		{"POST /login", "", 400, "the body is not valid JSON"},
		{"POST /login", `{"username":7}`, 400, "username must be a string"},
		{"POST /transfers", nil, 400, "the body is not valid JSON"},
		{"POST /transfers", `{`, 400, "the body is not valid JSON"},
		{"POST /transfers", `{} {}`, 400, "the body is not valid JSON"},
		{"POST /transfers", `[]`, 400, "the body must be an object"},
		{"POST /transfers", `{"fromAccount":1,"toAccount":2,"amount":"100"}`, 400, "amount must be an integer"},
		{"POST /transfers", `{"fromAccount":1,"toAccount":2,"amount":1.5}`, 400, "amount must be an integer"},
		{"POST /transfers", `{"fromAccount":1,"toAccount":2,"amount":1e3}`, 400, "amount must be an integer"},
		{"POST /transfers", `{"fromAccount":1,"toAccount":2,"amount":9223372036854775808}`, 400, "amount must be an integer"},
		{"POST /transfers", `{"fromAccount":1,"toAccount":2,"amount":1,"note":true}`, 400, "note must be a string"},
		{"POST /payments", `{"accountId":1,"productId":1,"quantity":"1","price":1}`, 400, "quantity must be an integer"},
		{"POST /payments", `{"accountId":1,"productId":1,"quantity":1}`, 422, "price is missing"},
		{"POST " + none + "/authorise", `{"code":123456}`, 400, "code must be a string"},
		{"POST " + none + "/authorise", `{"code":"123456"}`, 404, "there is no such transfer"},
		{"POST " + none + "/execute", nil, 404, "there is no such transfer"},
		{"POST /transfers/1/execute", nil, 404, "there is no such transfer"},
		{"GET /payments/1", nil, 404, "there is no such payment"},
		{"PATCH /profile", nil, 400, "the body is not valid JSON"},
		{"PATCH /profile", `"x"`, 400, "the body must be an object"},
		{"PATCH /profile", `{"phone":null}`, 400, "phone must be a string"},
		{"PATCH /profile", `{"dailyLimit":"much"}`, 400, "dailyLimit must be an integer"},
		{"PATCH /profile", `{"displayName":""}`, 422, "displayName must not be empty"},
		{"PATCH /profile", `{"email":"nowhere"}`, 422, "email must be an e-mail address"},
		{"PATCH /profile", `{"role":"king"}`, 422, "there is no such role"},
		{"PATCH /profile", `{"dailyLimit":-1}`, 422, "dailyLimit must not be negative"},
		{"POST /payments", strings.Repeat(" ", 65537), 413, "the body is longer than 65536 bytes"},
		{"PATCH /profile", object{"displayName": strings.Repeat("x", 65536)}, 413, "the body is longer than 65536 bytes"},
		{"GET /accounts/x", nil, 404, "there is no such account"},
		{"GET /accounts/99999999999999999999", nil, 404, "there is no such account"},
		{"GET /accounts/1001/statement?limit=0", nil, 400, "limit must be an integer of at least 1"},
		{"GET /accounts/1001/statement?from=yesterday", nil, 400, "from must be a time such as 2026-01-31T00:00:00Z"},
		{"GET /search", nil, 400, "q must be a text to look for"},
	} {
		method, path, _ := strings.Cut(test.call, " ")
		assert.Equal(t, test.reason, c.call(method, path, test.body, test.status)["error"], "%s %v", test.call, test.body)
	}
	c.with("X-On-Behalf-Of", "me").post("/payments", pay, http.StatusBadRequest)
	// Long is not too long.
	c.call(http.MethodPatch, "/profile", object{"displayName": strings.Repeat("x", 60_000)}, http.StatusOK)
}

func profile(t *testing.T, b *bank) {
	c := b.somebody(t)
	before := c.get("/profile", http.StatusOK)
	assert.Equal(t, store.Username(c.user), before["username"])
	assert.EqualValues(t, store.DailyLimit, before["dailyLimit"])
	assert.Equal(t, before, c.call(http.MethodPatch, "/profile", object{}, http.StatusOK))
	assert.Equal(t, before, c.call(http.MethodPatch, "/profile", object{"id": 1, "username": "root", "favouriteColour": "red"}, http.StatusOK))
	changed := c.call(http.MethodPatch, "/profile", object{"displayName": "Zoë O'Hara; --", "phone": "+1"}, http.StatusOK)
	before["displayName"], before["phone"] = "Zoë O'Hara; --", "+1"
	assert.Equal(t, before, changed)
	assert.Equal(t, before, c.get("/profile", http.StatusOK))
	assert.Equal(t, "Zoë O'Hara; --", c.get(fmt.Sprintf("/accounts/%d", store.CurrentAccount(c.user)), http.StatusOK)["holder"])
	assert.NotEqual(t, "+1", b.somebody(t).get("/profile", http.StatusOK)["phone"], "nobody else is changed")
}

func customersForClerks(t *testing.T, b *bank) {
	c := b.somebody(t)
	c.get("/customers/1", http.StatusForbidden)
	clerk := b.login(t, 40)
	customer := clerk.get(fmt.Sprintf("/customers/%d", c.user), http.StatusOK)
	assert.Equal(t, c.get("/accounts", http.StatusOK)["accounts"], customer["accounts"])
	delete(customer, "accounts")
	assert.Equal(t, c.get("/profile", http.StatusOK), customer)
	clerk.get("/customers/81", http.StatusNotFound)
	clerk.get("/customers/x", http.StatusNotFound)
}
