package plan

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// model is the bank as far as it decides what it answers, with all its holes.
type model struct {
	users     int
	names     map[string]int64
	tokens    map[string]token
	clerks    map[int64]bool
	balances  map[int64]int64
	day       map[int64]int64
	limits    map[int64]int64
	transfers map[string]*modelTransfer
	payments  map[string]modelPayment
}

type token struct {
	user  int64
	clerk bool
}

type modelTransfer struct {
	user, from, to, amount int64
	status                 string
	wrong                  int
}

type modelPayment struct{ user, account, total int64 }

func newModel(users int) *model {
	m := &model{
		users: users, names: map[string]int64{}, tokens: map[string]token{}, clerks: map[int64]bool{},
		balances: map[int64]int64{store.ShopAccount: 1 << 50},
		day:      map[int64]int64{}, limits: map[int64]int64{}, transfers: map[string]*modelTransfer{}, payments: map[string]modelPayment{},
	}
	for user := int64(1); user <= int64(users); user++ {
		m.balances[store.CurrentAccount(user)] = store.StartBalance
		m.balances[store.SavingsAccount(user)] = store.StartSavings
		m.names[store.Username(user)] = user
		m.clerks[user], m.limits[user] = store.IsClerk(user), store.DailyLimit
	}
	return m
}

func ownerOf(account int64) int64 { return (account - 999) / 2 }

// answer returns the status of the answer to a call.
func (m *model) answer(c Call) int {
	u, err := url.ParseRequestURI(c.Path)
	if err != nil {
		return http.StatusBadRequest
	}
	parts := append(strings.Split(strings.Trim(u.Path, "/"), "/"), "", "")
	var body map[string]json.RawMessage
	_ = json.Unmarshal([]byte(c.Body), &body)
	if parts[0] == "login" {
		return m.logIn(c, body)
	}
	switch c.Method + " " + parts[0] {
	case "GET healthz", "GET robots.txt":
		return http.StatusOK
	case "GET branches":
		if n, err := strconv.Atoi(parts[1]); parts[1] != "" && (err != nil || n < 1 || n > store.Branches) {
			return http.StatusNotFound
		}
		return http.StatusOK
	}
	session, ok := m.tokens[c.Login]
	known := slices.Contains([]string{"logout", "accounts", "transfers", "products", "payments", "profile", "search", "customers"}, parts[0])
	switch {
	case !known:
		return http.StatusNotFound
	case !ok || c.Forge != "":
		return http.StatusUnauthorized
	}
	user := session.user
	if proxy := c.Header["X-On-Behalf-Of"]; proxy != "" {
		user, _ = strconv.ParseInt(proxy, 10, 64)
	}
	return m.protected(c, user, session.clerk, parts, body)
}

func (m *model) logIn(c Call, body map[string]json.RawMessage) int {
	user, ok := m.names[text(body["username"])]
	if !ok || text(body["password"]) != store.Password(user) {
		return http.StatusUnauthorized
	}
	m.tokens[c.Login] = token{user, m.clerks[user]}
	return http.StatusOK
}

func (m *model) protected(c Call, user int64, clerk bool, parts []string, body map[string]json.RawMessage) int {
	id, _ := strconv.ParseInt(parts[1], 10, 64)
	_, there := m.balances[id]
	switch c.Method + " " + parts[0] + " " + parts[2] {
	case "POST logout ":
		delete(m.tokens, c.Login)
		return http.StatusNoContent
	case "GET accounts ":
		if parts[1] != "" && !there {
			return http.StatusNotFound
		}
		return http.StatusOK
	case "GET accounts statement":
		if ownerOf(id) != user {
			return http.StatusForbidden
		}
		return http.StatusOK
	case "PATCH profile ":
		if text(body["role"]) == "clerk" {
			m.clerks[user] = true
		}
		if limit, ok := integer(body["dailyLimit"]); ok {
			m.limits[user] = limit
		}
		return http.StatusOK
	case "GET profile ", "GET search ", "GET products ":
		return http.StatusOK
	case "GET customers ":
		switch {
		case !clerk:
			return http.StatusForbidden
		case id < 1 || id > int64(m.users):
			return http.StatusNotFound
		}
		return http.StatusOK
	case "POST transfers ":
		return m.transfer(c, user, body)
	case "POST transfers authorise", "POST transfers execute":
		return m.proceed(parts, user, body)
	case "POST payments ":
		return m.pay(c, user, body)
	case "GET payments ", "POST payments refund":
		p, ok := m.payments[parts[1]]
		amount, _ := integer(body["amount"])
		switch {
		case !ok || p.user != user:
			return http.StatusNotFound
		case c.Method == http.MethodGet:
			return http.StatusOK
		case amount < 1 || amount > p.total:
			return http.StatusUnprocessableEntity
		}
		m.balances[p.account] += amount
		return http.StatusCreated
	}
	return http.StatusNotFound
}

func (m *model) transfer(c Call, user int64, body map[string]json.RawMessage) int {
	amount, ok := integer(body["amount"])
	from, _ := integer(body["fromAccount"])
	to, _ := integer(body["toAccount"])
	_, there := m.balances[to]
	switch {
	case !ok:
		return http.StatusBadRequest
	case amount < 1 || amount > 100_000_000:
		return http.StatusUnprocessableEntity
	case ownerOf(from) != user:
		return http.StatusForbidden
	case !there || from == to || m.day[user]+amount > m.limits[user]:
		return http.StatusUnprocessableEntity
	}
	m.day[user] += amount
	m.transfers[store.ResourceID("transfer", user, c.Header["Idempotency-Key"])] = &modelTransfer{user, from, to, amount, "pending", 0}
	return http.StatusCreated
}

func (m *model) proceed(parts []string, user int64, body map[string]json.RawMessage) int {
	t, ok := m.transfers[parts[1]]
	switch {
	case !ok || t.user != user:
		return http.StatusNotFound
	case parts[2] == "execute" && t.status == "executed", parts[2] == "authorise" && (t.status != "pending" || t.wrong >= 5):
		return http.StatusConflict
	case parts[2] == "execute" && m.balances[t.from] < t.amount:
		return http.StatusUnprocessableEntity
	case parts[2] == "execute":
		m.balances[t.from] -= t.amount
		m.balances[t.to] += t.amount
		t.status = "executed"
	case text(body["code"]) != store.Code(parts[1]):
		t.wrong++
		return http.StatusForbidden
	default:
		t.status = "authorised"
	}
	return http.StatusOK
}

func (m *model) pay(c Call, user int64, body map[string]json.RawMessage) int {
	account, _ := integer(body["accountId"])
	product, _ := integer(body["productId"])
	quantity, _ := integer(body["quantity"])
	price, ok := integer(body["price"])
	balance, there := m.balances[account]
	if !ok || !there || product < 1 || product > store.Products || quantity < 1 || quantity > 100 || price < 0 || price*quantity > balance {
		return http.StatusUnprocessableEntity
	}
	m.balances[account] -= price * quantity
	m.payments[store.ResourceID("payment", user, c.Header["Idempotency-Key"])] = modelPayment{user, account, price * quantity}
	return http.StatusCreated
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

func integer(raw json.RawMessage) (n int64, ok bool) { return n, json.Unmarshal(raw, &n) == nil }

// answers returns the statuses of the answers to all calls of a plan.
func answers(p *Plan) []int {
	m := newModel(p.Options.Users)
	statuses := make([]int, len(p.Calls))
	for i, c := range p.Calls {
		statuses[i] = m.answer(c)
	}
	return statuses
}

// What the bank refuses honest people are their mistakes: about one call in fifty, and few at any one address.
func TestHonestMistakes(t *testing.T) {
	for seed := range uint64(3) {
		o := Quiet(seed, 2*time.Hour)
		o.Hour = 9.5
		p := made(t, o)
		statuses := answers(p)
		refusals := map[string]int{}
		mistakes := map[string][]time.Duration{}
		calls, total := 0, 0
		for i, c := range p.Calls {
			if c.Login != "" {
				calls++
			}
			if statuses[i] >= 400 {
				total++
				refusals[endpoint(c)+" "+strconv.Itoa(statuses[i])]++
				mistakes[c.Client] = append(mistakes[c.Client], c.At)
			}
		}
		assert.ElementsMatch(t, []string{
			"POST /login 401", "POST /transfers 422", "POST /transfers/{id}/authorise 403", "GET /payments/{id} 404",
		}, slices.Collect(maps.Keys(refusals)))
		assert.InDelta(t, 0.02, float64(total)/float64(calls), 0.007, "part of the calls that are refused")
		for client, at := range mistakes {
			for i := range at {
				if i >= 9 {
					assert.Greater(t, at[i]-at[i-9], 30*time.Minute, "%s has ten refusals in half an hour", client)
				}
			}
		}
	}
}

// Whatever attackers do, honest people are answered as on a quiet day.
func TestAttacksDoNotChangeWhatOthersAreAnswered(t *testing.T) {
	for _, options := range []Options{Demo(1), Tampering(2), Theft(3)} {
		attacked := made(t, options)
		options.Attacks = nil
		quiet := made(t, options)
		var got []int
		for i, status := range answers(attacked) {
			if attacked.Calls[i].Line < quiet.Lines {
				got = append(got, status)
			}
		}
		assert.Equal(t, answers(quiet), got)
	}
}

// An attack with a hole gets what it wants, another is refused or ignored; only what is labelled stands out.
func TestHolesLetAttacksSucceed(t *testing.T) {
	plans := []*Plan{made(t, Theft(4)), made(t, Flood(4))}
	for seed := range uint64(3) {
		o := Quiet(seed, 50*time.Minute)
		o.Attacks = spread(nil, 4, 0, 40*time.Minute)
		plans = append(plans, made(t, o))
	}
	type outcome struct{ answered, refused int }
	outcomes := map[string]*outcome{}
	for _, p := range plans {
		attackers := map[string]bool{}
		for _, a := range p.Attacks {
			outcomes[a.Kind] = cmp.Or(outcomes[a.Kind], new(outcome))
			for _, client := range a.Clients {
				attackers[client] = true
			}
		}
		for i, status := range answers(p) {
			c := p.Calls[i]
			switch {
			case c.Attack < 0:
				assert.False(t, attackers[c.Client] && status >= 400, "%s %s of %s: %d", c.Method, c.Path, c.Login, status)
			case status >= 400:
				outcomes[p.Attacks[c.Attack].Kind].refused++
			default:
				outcomes[p.Attacks[c.Attack].Kind].answered++
			}
		}
	}
	for _, k := range Kinds() {
		got := outcomes[k.Name]
		require.NotNil(t, got, k.Name)
		if k.Hole != "" || k.Name == "flood" || k.Name == "unknown_parameter" {
			assert.Zero(t, got.refused, k.Name)
			assert.Positive(t, got.answered, k.Name)
		} else {
			assert.Zero(t, got.answered, k.Name)
			assert.Positive(t, got.refused, k.Name)
		}
	}
}

// People have money enough for days.
func TestMoneyLasts(t *testing.T) {
	o := Quiet(1, 9*time.Hour)
	o.Hour = 9
	o.Users = 80
	p := made(t, o)
	for i, status := range answers(p) {
		c := p.Calls[i]
		if status == http.StatusUnprocessableEntity && endpoint(c) != "POST /transfers" {
			assert.Fail(t, "no money", "%s %s at %v", c.Method, c.Path, c.At)
		}
	}
}
