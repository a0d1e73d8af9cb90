package invariant

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// copied returns the rules that the README offers for copying, and the sentence above each.
func copied(t *testing.T) (b *Book, sentences map[string]string) {
	t.Helper()
	block := strings.TrimSpace(between(t, "<!-- rules -->", "<!-- end rules -->"))
	block = strings.TrimSuffix(strings.TrimPrefix(block, "```yaml\n"), "```")
	file, err := rulefile.Parse("README.md", []byte(block))
	require.NoError(t, err)
	b, err = Compile([]*rulefile.File{file}, Options{})
	require.NoError(t, err)
	var commented struct{ Invariants []yaml.Node }
	require.NoError(t, yaml.Unmarshal([]byte(block), &commented))
	sentences = make(map[string]string)
	for i, node := range commented.Invariants {
		sentences[file.Rules[i].ID] = node.HeadComment
	}
	return b, sentences
}

// example is a call that a rule holds on, and one that violates it.
type example struct{ honest, attack *scene }

// callOf is a call of that API by user 7, with a body if it has one.
func callOf(method, route, path string, status int, body string) *scene {
	s := order()
	s.method, s.route, s.path, s.status = method, route, path, status
	if body != "" {
		s.with(requestBodyAttribute, body)
	}
	return s
}

// child is a call that another one makes.
func child(service, method, route, path string, status int, answer string) *scene {
	return &scene{
		service: service, method: method, route: route, path: path, status: status, start: 1, end: 2,
		attributes: map[string]any{responseBodyAttribute: answer},
	}
}

const uuid = "0198c3f0-9d2e-7a31-8c55-0d6b1f4e2a77"

func mandate(step, id string) *scene {
	return callOf("POST", "/mandates/{id}/"+step, "/mandates/"+id+"/"+step, 200, "")
}

// before is what has been called before the examples, an hour after the store began.
func before() []*scene {
	list := func(route, answer string) *scene {
		return callOf("GET", route, route, 200, "").with(responseBodyAttribute, answer)
	}
	return []*scene{
		list("/invoices", `[{"id": 4, "userId": 8}]`).by("s-8", "8"),
		list("/invoices", `[{"id": 1, "userId": 7, "status": "open"}, {"id": 2, "userId": 7, "status": "paid"}, {"id": 3, "userId": 8, "status": "open"}]`),
		list("/products", `{"products": [{"id": 3, "price": 1995}]}`),
		mandate("confirmation", "5"),
	}
}

func examples() map[string]example {
	readOrder := func() *scene { return callOf("GET", "/orders/{id}", "/orders/"+uuid, 200, "") }
	search := func() *scene { return callOf("GET", "/search", "/search", 200, "") }
	report := func() *scene { return callOf("GET", "/reports/{year}/{kind}", "/reports/2026/sales", 200, "") }
	account := func() *scene { return callOf("GET", "/accounts/{accountId}", "/accounts/12", 200, "") }
	admin := func() *scene { return callOf("DELETE", "/admin/users/{id}", "/admin/users/9", 204, "") }
	list := func() *scene { return callOf("GET", "/orders", "/orders", 200, "") }
	profile := func(body string) *scene { return callOf("PATCH", "/profile", "/profile", 200, body) }
	transfer := func(body string) *scene { return callOf("POST", "/transfers", "/transfers", 201, body) }
	checkout := func() *scene { return callOf("POST", "/checkout", "/checkout", 201, "") }
	payment := func(price string) *scene {
		return callOf("POST", "/payments", "/payments", 201, `{"productId": 3, "price": `+price+`}`).
			called(child("catalogue", "GET", "/products/{id}", "/products/3", 200, `{"id": "3", "price": 1995}`)).
			called(child("catalogue", "GET", "/products/{id}", "/products/4", 200, `{"id": "4", "price": 1}`))
	}
	paid := func(id string) *scene {
		return callOf("POST", "/invoices/{id}/payments", "/invoices/"+id+"/payments", 201, "").at(later)
	}
	invoice := func(id string) *scene { return callOf("GET", "/invoices/{id}", "/invoices/"+id, 200, "").at(later) }
	item := func(price string) *scene {
		return callOf("POST", "/baskets/{id}/items", "/baskets/1/items", 201, `{"productId": "3", "price": `+price+`}`).at(later)
	}
	rows := func(n int) *scene {
		s := list()
		for range n {
			s.ran("SELECT name FROM products WHERE id = $1", "3")
		}
		return s
	}
	return map[string]example{
		"invoice-paid-once":     {paid("1"), paid("2")},
		"invoice-of-the-caller": {paid("1"), paid("3")},
		"invoice-was-on-a-list": {invoice("1"), invoice("4")},
		"price-as-it-was-shown": {item("1995"), item("19.95")},
		"executed-as-confirmed": {mandate("execution", "5").at(later), mandate("execution", "6").at(later)},
		"order-read-by-its-owner": {
			readOrder().ran("SELECT * FROM orders WHERE id = $1 AND user_id = $2", uuid, "7"),
			readOrder().ran("SELECT * FROM orders WHERE id = $1", uuid),
		},
		"order-read-with-an-owner": {
			readOrder().ran("SELECT * FROM orders WHERE id = ? AND user_id = ?"),
			readOrder().ran("SELECT * FROM users u JOIN orders o ON o.user_id = u.id WHERE o.id = ?"),
		},
		"account-told-to-its-owner": {
			account().with(responseBodyAttribute, `{"id": 12, "userId": 7}`),
			account().with(responseBodyAttribute, `{"id": 12, "userId": 8}`),
		},
		"admin-calls-by-admins": {
			admin().with("user.roles", []any{"staff", "admin"}),
			admin().with("user.roles", []any{"customer"}),
		},
		"reports-leave-credentials-alone": {
			report().ran("SELECT sum(total) FROM orders WHERE year = 2026"),
			report().ran("SELECT o.total, c.secret FROM orders o JOIN credentials c ON c.user_id = o.user_id"),
		},
		"search-statements": {
			search().ran("SELECT id, name FROM products WHERE name LIKE '%tea%' ORDER BY name LIMIT 20"),
			search().ran("SELECT id, name FROM products WHERE name LIKE '%' OR 1 = 1 ORDER BY name LIMIT 20"),
		},
		"reads-do-not-write": {
			list().ran("SELECT * FROM orders WHERE user_id = 7"),
			list().ran("SELECT * FROM orders WHERE user_id = 7").ran("UPDATE orders SET seen = true WHERE user_id = 7"),
		},
		"few-statements": {rows(20), rows(21)},
		"transfer-amount": {
			transfer(`{"amount": 1000000}`),
			transfer(`{"amount": -5}`),
		},
		"profile-fields": {
			profile(`{"email": "a@b.example"}`),
			profile(`{"email": "a@b.example", "role": "clerk"}`),
		},
		"profile-columns": {
			profile("").ran("UPDATE users SET email = ?, phone = ? WHERE id = ?"),
			profile("").ran("UPDATE users SET email = ?, role = ? WHERE id = ?"),
		},
		"checkout-reserves-stock": {
			checkout().called(child("stock", "POST", "/reservations", "/reservations", 201, "")),
			checkout().called(child("stock", "POST", "/reservations", "/reservations", 409, "")),
		},
		"price-is-the-catalogues": {payment("1995"), payment("1")},
		"order-ids": {
			readOrder(),
			callOf("GET", "/orders/{id}", "/orders/42", 404, ""),
		},
		"page-size": {
			list().with("url.query", "limit=100"),
			list().with("url.query", "limit=100000"),
		},
	}
}

// outcomes judges the scene by all rules of the book, after what was before.
func (s *scene) outcomes(t *testing.T, b *Book, before []*scene) map[string]Outcome {
	t.Helper()
	h := historyOf(t, b, reference.DefaultSettings())
	h.store.Begin(order().start-int64(time.Hour), "").Commit()
	found := make(map[string]Outcome)
	h.calls(before...).verdicts(s, func(v *Verdict) { found[v.Rule.ID] = v.Outcome })
	return found
}

func bare(all []*scene) (without []*scene) {
	for _, s := range all {
		without = append(without, s.bare())
	}
	return without
}

// bare is the scene without what is opt-in.
func (s *scene) bare() *scene {
	without := *s
	without.attributes = nil
	without.statements, without.calls = nil, nil
	for _, st := range s.statements {
		without.statements = append(without.statements, &Statement{SQL: st.SQL, System: st.System, Rows: -1})
	}
	for _, c := range s.calls {
		without.calls = append(without.calls, c.bare())
	}
	return &without
}

func TestTheREADMEsRulesFindWhatTheySay(t *testing.T) {
	b, _ := copied(t)
	all := examples()
	for _, rule := range b.Rules() {
		require.Contains(t, all, rule.ID, "a rule without an example")
		honest := all[rule.ID].honest.outcomes(t, b, before())
		for id, outcome := range honest {
			assert.NotEqual(t, Violated, outcome, "%s on the honest call of %s", id, rule.ID)
		}
		assert.Equal(t, Holds, honest[rule.ID], "%s on its honest call", rule.ID)
		assert.Equal(t, Violated, all[rule.ID].attack.outcomes(t, b, before())[rule.ID], "%s on its attack", rule.ID)
	}
	assert.Len(t, all, len(b.Rules()), "an example without a rule")
}

// The rules whose sentence says what they need are blind without it, the others see the attack by what every SDK sends.
// Either way nobody is accused.
func TestTheREADMEsRulesNeedWhatTheySay(t *testing.T) {
	b, sentences := copied(t)
	for id, e := range examples() {
		for other, outcome := range e.honest.bare().outcomes(t, b, bare(before())) {
			assert.NotEqual(t, Violated, outcome, "%s on the honest call of %s", other, id)
		}
		blind := strings.Contains(sentences[id], "Needs ")
		assert.Equal(t, blind, e.attack.bare().outcomes(t, b, bare(before()))[id] != Violated, id)
	}
}

// The explanation in the README is the one that the rule gives.
func TestTheREADMEsExplanation(t *testing.T) {
	const id = "order-read-by-its-owner"
	b, _ := copied(t)
	examples()[id].attack.verdicts(t, b, func(v *Verdict) {
		if v.Rule.ID == id {
			assert.Equal(t, strings.TrimSpace(between(t, "explains itself like this:\n\n```\n", "```")), v.Explain(ShowValues).Text)
		}
	})
}
