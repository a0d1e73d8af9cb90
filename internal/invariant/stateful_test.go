package invariant

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// shop are references that orders, their lines, prices and payments are seen by.
func shop() []rulefile.Reference {
	return []rulefile.Reference{
		{Name: "orders", Sources: []rulefile.Source{
			{APIs: apis("POST /orders/list"), At: "resp.body.data[]", Key: []string{"id"}, Fields: map[string]string{
				"account": "accountId", "price": "price", "status": "status", "pin": "pin", "seen": "call.start", "by": "env.user.id", "items": "items",
			}},
			{APIs: apis("POST /orders/{id}/pay"), Key: []string{"req.path.id"}, Fields: map[string]string{"status": "resp.body.status", "code": "req.body.password"}},
			{Table: "orders", Key: []string{"id"}, Fields: map[string]string{"owner": "user_id", "state": "state", "tries": "tries"}},
		}},
		{Name: "lines", Sources: []rulefile.Source{
			{APIs: apis("POST /orders/list"), At: "resp.body.data[].lines[]", Key: []string{"order", "line"}, Fields: map[string]string{"amount": "amount"}},
		}},
	}
}

func bookOfShop(t testing.TB, checks ...string) *Book {
	t.Helper()
	b, err := tryBookOfShop(checks...)
	require.NoError(t, err)
	return b
}

func tryBookOfShop(checks ...string) (*Book, error) {
	file := &rulefile.File{Path: "shop.yaml", References: shop()}
	for i, check := range checks {
		file.Rules = append(file.Rules, rulefile.Rule{
			ID: fmt.Sprint("rule-", i), Check: rulefile.Expression{Text: check}, APIs: apis("GET /orders/{id}"),
		})
	}
	return Compile([]*rulefile.File{file}, Options{})
}

// shows is a call that lists orders.
func shows(at time.Duration, data string) *scene {
	s := order().with(responseBodyAttribute, `{"data": [`+data+`]}`).at(at)
	s.method, s.route, s.path = "POST", "/orders/list", "/orders/list"
	return s
}

// pays is a call that pays an order.
func pays(at time.Duration, id string, status int, answer string) *scene {
	s := order().with(responseBodyAttribute, answer).with(requestBodyAttribute, `{"password": "hunter2"}`).at(at)
	s.method, s.route, s.path, s.status = "POST", "/orders/{id}/pay", "/orders/"+id+"/pay", status
	return s
}

// at sets when the call began, after the order() of a test.
func (s *scene) at(after time.Duration) *scene {
	length := s.end - s.start
	s.start = order().start + int64(after)
	s.end = s.start + length
	return s
}

// by sets who calls.
func (s *scene) by(session, user string) *scene {
	return s.with("session.id", session).with("user.id", user)
}

// history is a store with what earlier calls showed.
type history struct {
	t      testing.TB
	book   *Book
	store  *reference.Store
	feeder *Feeder
}

func historyOf(t testing.TB, b *Book, settings reference.Settings) *history {
	t.Helper()
	store, err := reference.New(settings)
	require.NoError(t, err)
	return &history{t, b, store, NewFeeder(b)}
}

// calls feeds calls, each of a trace of its own.
func (h *history) calls(scenes ...*scene) *history {
	h.t.Helper()
	for _, s := range scenes {
		call := s.read(h.t, h.book)
		require.NotNil(h.t, call)
		transaction := h.store.Begin(call.Start, call.Caller())
		around := s.around
		around.Statements = s.statements
		h.feeder.Feed(call, &around, transaction)
		transaction.Commit()
	}
	return h
}

// judged is the outcome of all checks on the scene, as [scene.judged] has it.
func (h *history) judged(s *scene) string {
	h.t.Helper()
	var out []string
	h.verdicts(s, func(v *Verdict) { out = append(out, said(v)) })
	return strings.Join(out, " ")
}

func (h *history) verdicts(s *scene, each func(*Verdict)) {
	h.t.Helper()
	call := s.read(h.t, h.book)
	require.NotNil(h.t, call)
	s.around.References = h.store.Begin(call.Start, call.Caller())
	defer s.around.References.Discard()
	s.verdicts(h.t, h.book, each)
}

func said(v *Verdict) string {
	if v.Outcome == NotApplicable {
		return v.Reason.String()
	}
	return v.Outcome.String()
}

// quick settings make everybody known from the first call on.
func quick() reference.Settings {
	s := reference.DefaultSettings()
	s.CompleteAfter = 0
	return s
}

const later = time.Minute

// Each line of what the package promises of rules that look at earlier calls.
func TestOutcomesOfStatefulRules(t *testing.T) {
	type line struct {
		before []*scene
		scene  *scene
		check  string
		want   string
	}
	before := func(scenes ...*scene) []*scene { return scenes }
	now := func() *scene { return order().at(later) }
	listed := func(order string) []*scene { return before(shows(0, order)) }
	for name, l := range map[string]line{
		"a field of a row":                         {listed(`{"id": 42, "price": 12.5}`), now(), `row("orders", req.path.id).price == 12.5`, "held"},
		"another value":                            {listed(`{"id": "42", "price": 12}`), now(), `row("orders", req.path.id).price == 13`, "violated"},
		"a text":                                   {listed(`{"id": 42, "status": "paid"}`), now(), `row("orders", req.path.id).status == "paid"`, "held"},
		"a truth value":                            {listed(`{"id": 42, "status": true}`), now(), `row("orders", req.path.id).status == true`, "held"},
		"null":                                     {listed(`{"id": 42, "status": null}`), now(), `row("orders", req.path.id).status == null`, "held"},
		"a number beyond 2^53":                     {listed(`{"id": 42, "price": 9007199254740993}`), now(), `row("orders", req.path.id).price == 9007199254740993`, "held"},
		"a number beyond 2^63":                     {listed(`{"id": 42, "price": 18446744073709551615}`), now(), `row("orders", req.path.id).price == 18446744073709551615u`, "held"},
		"a number beyond 2^64":                     {listed(`{"id": 42, "price": 123456789012345678901234567890}`), now(), `same(row("orders", req.path.id).price, "123456789012345678901234567890")`, "held"},
		"an escaped text":                          {listed(`{"id": "4\u0032", "status": "p\u0061id"}`), now(), `row("orders", req.path.id).status == "paid"`, "held"},
		"a number against a text":                  {listed(`{"id": 42, "account": 7, "accountId": 7}`), now(), `row("orders", req.path.id).account == env.user.id`, "mismatch"},
		"a number and a text, as identifiers":      {listed(`{"id": 42, "accountId": 7}`), now(), `same(row("orders", req.path.id).account, env.user.id)`, "held"},
		"an index instead of a field":              {listed(`{"id": 42, "price": 3}`), now(), `row("orders", req.path.id)["price"] == 3`, "held"},
		"a key that is a number":                   {listed(`{"id": "42", "price": 3}`), now(), `row("orders", int(req.path.id)).price == 3`, "held"},
		"a key that is a fraction":                 {listed(`{"id": 42.0, "price": 3}`), now(), `row("orders", req.path.id).price == 3`, "held"},
		"a time":                                   {listed(`{"id": 42}`), now(), `call.start - row("orders", req.path.id).seen == duration("1m")`, "held"},
		"a field of the call":                      {listed(`{"id": 42}`), now(), `row("orders", req.path.id).by == env.user.id`, "held"},
		"an unknown row":                           {nil, now(), `row("orders", req.path.id).price == 3`, "missing"},
		"an unknown row under has":                 {nil, now(), `has(row("orders", req.path.id).price)`, "unobserved"},
		"a known row":                              {listed(`{"id": 42}`), now(), `row("orders", req.path.id).price == 3`, "missing"},
		"a known row without the field, under has": {listed(`{"id": 42}`), now(), `has(row("orders", req.path.id).price)`, "violated"},
		"a known row with the field, under has":    {listed(`{"id": 42, "price": 3}`), now(), `has(row("orders", req.path.id).price)`, "held"},
		"the same by in":                           {listed(`{"id": 42, "price": 3}`), now(), `"price" in row("orders", req.path.id)`, "held"},
		"a field that is a list":                   {listed(`{"id": 42, "items": [1]}`), now(), `row("orders", req.path.id).items == 1`, "unknown"},
		"a field that is a list, under has":        {listed(`{"id": 42, "items": [1]}`), now(), `has(row("orders", req.path.id).items)`, "unknown"},
		"a value that has become a list":           {before(shows(0, `{"id": 42, "items": 1}`), shows(time.Second, `{"id": 42, "items": [1]}`)), now(), `row("orders", req.path.id).items == 1`, "unknown"},
		"what a later call leaves out stays":       {before(shows(0, `{"id": 42, "price": 3}`), shows(time.Second, `{"id": 42, "status": "x"}`)), now(), `row("orders", req.path.id).price == 3`, "held"},
		"the last value":                           {before(shows(0, `{"id": 42, "price": 3}`), shows(time.Second, `{"id": 42, "price": 4}`)), now(), `row("orders", req.path.id).price == 4`, "held"},
		"the value as of the call's start":         {before(shows(0, `{"id": 42, "price": 3}`), shows(2*later, `{"id": 42, "price": 4}`)), now(), `row("orders", req.path.id).price == 3`, "held"},
		"a call that goes on":                      {before(shows(later-100*time.Millisecond, `{"id": 42, "price": 3}`)), now(), `row("orders", req.path.id).price == 3`, "missing"},
		"a call that was refused":                  {before(shows(0, `{"id": 42, "status": "new"}`), pays(time.Second, "42", 409, `{"status": "paid"}`)), now(), `row("orders", req.path.id).status == "new"`, "held"},
		"a call that is an object itself":          {before(shows(0, `{"id": 42, "status": "new"}`), pays(time.Second, "42", 200, `{"status": "paid"}`)), now(), `row("orders", req.path.id).status == "paid"`, "held"},
		"an object without a key":                  {listed(`{"price": 3}`), now(), `row("orders", req.path.id).price == 3`, "missing"},
		"an object whose key is null":              {listed(`{"id": null, "price": 3}`), now(), `row("orders", "null").price == 3`, "missing"},
		"elements that are no objects":             {listed(`42, [42], "42"`), now(), `row("orders", req.path.id).price == 3`, "missing"},
		"a body that cannot be read":               {before(shows(0, `{"id": 42, "price": `)), now(), `row("orders", req.path.id).price == 3`, "missing"},
		"a key of two parts":                       {listed(`{"lines": [{"order": 42, "line": 1, "amount": 2}, {"order": 42, "line": 2, "amount": 3}]}`), now(), `row("lines", [req.path.id, 2]).amount == 3`, "held"},
		"a key of two parts from the call":         {listed(`{"lines": [{"order": 42, "line": 1, "amount": 2}]}`), now().with(requestBodyAttribute, `{"key": ["42", 1]}`), `row("lines", req.body.key).amount == 2`, "held"},
		"a key with too few parts from the call":   {listed(`{"lines": [{"order": 42, "line": 1, "amount": 2}]}`), now().with(requestBodyAttribute, `{"key": ["42"]}`), `row("lines", req.body.key).amount == 2`, "mismatch"},
		"a key that is an object":                  {listed(`{"id": 42}`), now().with(requestBodyAttribute, `{"key": {}}`), `row("orders", req.body.key).price == 2`, "mismatch"},
		"a key that is missing":                    {listed(`{"id": 42}`), now().with(requestBodyAttribute, `{}`), `row("orders", req.body.key).price == 2`, "missing"},
		"a key that is an absent column":           {listed(`{"id": 42}`), now().ran(`SELECT * FROM orders WHERE a = 1`), `db.all(s, row("orders", s.where.id).price == 2)`, "missing"},
		"a row of a row":                           {listed(`{"id": 42, "accountId": 43}, {"id": 43, "price": 5}`), now(), `row("orders", row("orders", req.path.id).account).price == 5`, "held"},
		"rows in a macro":                          {listed(`{"id": 42, "price": 1}, {"id": 43, "price": 2}`), now().with(requestBodyAttribute, `{"ids": [42, 43]}`), `req.body.ids.all(i, row("orders", i).price <= 2) && req.body.ids.exists(i, row("orders", i).price == 2)`, "held"},
		"rows of statements":                       {listed(`{"id": 42, "price": 1}`), now().ran(`SELECT * FROM orders WHERE id = $1`, "42"), `db.all(s, row("orders", s.where.id).price == 1)`, "held"},
		"what does not matter":                     {nil, now(), `call.status == 200 || row("orders", req.path.id).price == 1`, "held"},
		"a statement that writes":                  {before(now().at(0).ran(`UPDATE orders SET state = 'paid' WHERE id = 42 AND state = 'new'`)), now(), `row("orders", req.path.id).state == "paid"`, "held"},
		"a statement that inserts":                 {before(now().at(0).ran(`INSERT INTO orders (id, user_id, state) VALUES ($1, $2, 'new')`, "42", "7")), now(), `row("orders", req.path.id).owner == "7" && row("orders", req.path.id).state == "new"`, "held"},
		"a statement that may do nothing":          {before(now().at(0).ran(`INSERT INTO orders (id, state) VALUES (42, 'new') ON CONFLICT (id) DO NOTHING`)), now(), `row("orders", req.path.id).state == "new"`, "missing"},
		"a statement that reads":                   {before(now().at(0).ran(`SELECT * FROM orders WHERE id = 42 AND user_id = 7`)), now(), `row("orders", req.path.id).owner == 7`, "held"},
		"a statement that found nothing":           {before(foundNothing(now().at(0).ran(`SELECT * FROM orders WHERE id = 42 AND user_id = 7`))), now(), `row("orders", req.path.id).owner == 7`, "missing"},
		"a statement that deletes":                 {before(now().at(0).ran(`DELETE FROM orders WHERE id = 42 AND user_id = 7`)), now(), `row("orders", req.path.id).owner == 7`, "missing"},
		"a statement on another table":             {before(now().at(0).ran(`SELECT * FROM users WHERE id = 42 AND user_id = 7`)), now(), `row("orders", req.path.id).owner == 7`, "missing"},
		"a statement on two tables":                {before(now().at(0).ran(`SELECT * FROM users u JOIN orders o ON o.a = u.b WHERE o.id = 42 AND o.user_id = 7 AND u.id = 9`)), now(), `row("orders", req.path.id).owner == 7`, "held"},
		"a statement that counts":                  {before(now().at(0).ran(`INSERT INTO orders (id, tries) VALUES (42, 0)`), now().at(time.Second).ran(`UPDATE orders SET tries = tries + 1 WHERE id = 42`)), now(), `row("orders", req.path.id).tries == 0`, "unknown"},
		"a sanitised statement":                    {before(now().at(0).ran(`UPDATE orders SET state = ? WHERE id = ?`)), now(), `row("orders", req.path.id).state == "x"`, "missing"},
		"without a store":                          {nil, now(), `row("orders", req.path.id).price == 1`, "missing"},

		"shown to the session":                          {listed(`{"id": 42}`), now(), `shown("orders", req.path.id)`, "held"},
		"shown to the user in another session":          {before(shows(0, `{"id": 42}`).by("s-0", "7")), now(), `shown("orders", req.path.id)`, "held"},
		"shown to the session under another user":       {before(shows(0, `{"id": 42}`).by("s-1", "8")), now(), `shown("orders", req.path.id)`, "held"},
		"shown to somebody else":                        {before(shows(0, `{"id": 42}`).by("s-0", "8"), shows(1, `{"id": 43}`)), now(), `shown("orders", req.path.id)`, "violated"},
		"shown to somebody else, of whom nothing known": {before(shows(0, `{"id": 42}`).by("s-0", "8")), now().by("s-2", "9"), `shown("orders", req.path.id)`, "unobserved"},
		"an unknown row that was not shown":             {before(shows(0, `{"id": 43}`)), now(), `shown("orders", req.path.id)`, "unobserved"},
		"shown only later":                              {before(shows(2*later, `{"id": 42}`)), now(), `shown("orders", req.path.id)`, "unobserved"},
		"shown to nobody":                               {listed(`{"id": 42}`), now().by("", ""), `shown("orders", req.path.id)`, "missing"},
		"shown to a session that is no user":            {before(shows(0, `{"id": 42}`).by("7", "8"), shows(1, `{"id": 43}`).by("", "7")), now().by("", "7"), `shown("orders", req.path.id)`, "violated"},
		"shown to whom, the name is too long":           {listed(`{"id": 42}`), now().by(strings.Repeat("x", 2000), ""), `shown("orders", req.path.id)`, "unknown"},

		"an earlier call":                                          {before(pays(0, "41", 200, `{"total": 5}`)), now(), `earlier("POST /orders/{id}/pay").resp.body.total == 5 && earlier("POST /orders/{id}/pay").req.path.id == "41"`, "held"},
		"an earlier call's status and time":                        {before(pays(0, "41", 201, ``)), now(), `earlier("POST /orders/{id}/pay").resp.status == 201 && call.start - earlier("POST /orders/{id}/pay").call.start == duration("1m")`, "held"},
		"an earlier call's duration":                               {before(pays(0, "41", 201, ``)), now(), `earlier("POST /orders/{id}/pay").call.duration < duration("1s")`, "held"},
		"an earlier call that was refused":                         {before(pays(0, "41", 200, ``), pays(1e9, "40", 403, ``)), now(), `earlier("POST /orders/{id}/pay").resp.status == 403`, "held"},
		"the last one counts, whatever it has":                     {before(pays(0, "41", 200, `{"total": 5}`), pays(1e9, "40", 200, `{}`)), now(), `earlier("POST /orders/{id}/pay").resp.body.total == 5`, "missing"},
		"the last one counts, under has":                           {before(pays(0, "41", 200, `{"total": 5}`), pays(1e9, "40", 200, `{}`)), now(), `has(earlier("POST /orders/{id}/pay").resp.body.total)`, "violated"},
		"the last one cannot be read":                              {before(pays(0, "41", 200, `{"total": 5}`), pays(1e9, "40", 200, `{"tot`)), now(), `earlier("POST /orders/{id}/pay").resp.body.total == 5`, "unknown"},
		"an earlier call of another session":                       {before(pays(0, "41", 200, `{"total": 5}`).by("s-0", "7")), now(), `has(earlier("POST /orders/{id}/pay").resp.body.total)`, "violated"},
		"no earlier call of a session that may have called before": {nil, now(), `has(earlier("POST /orders/{id}/pay").resp.body.total)`, "unobserved"},
		"an earlier call of the user without a session":            {before(pays(0, "41", 200, `{"total": 5}`).by("", "7")), now().by("", "7"), `earlier("POST /orders/{id}/pay").resp.body.total == 5`, "held"},
		"no earlier call of a session that is known":               {before(now().at(0)), now(), `earlier("POST /orders/{id}/pay").resp.body.total == 5`, "violated"},
		"the same, unequal":                                        {before(now().at(0)), now(), `earlier("POST /orders/{id}/pay").resp.body.total != 5`, "held"},
		"the same, of a known type":                                {before(now().at(0)), now(), `earlier("POST /orders/{id}/pay").req.path.id == req.path.id`, "violated"},
		"the same, as an identifier":                               {before(now().at(0)), now(), `same(earlier("POST /orders/{id}/pay").req.path.id, req.path.id)`, "violated"},
		"the same, under has":                                      {before(now().at(0)), now(), `has(earlier("POST /orders/{id}/pay").call.start)`, "violated"},
		"the same, in a calculation":                               {before(now().at(0)), now(), `call.start - earlier("POST /orders/{id}/pay").call.start < duration("1h")`, "mismatch"},
		"no earlier call of nobody":                                {nil, now().by("", ""), `earlier("POST /orders/{id}/pay").resp.body.total == 5`, "missing"},
		"an earlier call of a service":                             {before(pays(0, "41", 200, `{"total": 5}`)), now(), `earlier("POST /orders/{id}/pay", "orders").resp.body.total == 5`, "held"},
		"an earlier call of another service":                       {before(now().at(0)), now(), `has(earlier("POST /orders/{id}/pay", "shop").resp.body.total)`, "violated"},
		"the call itself is not earlier":                           {nil, now(), `has(earlier("GET /orders/{id}").resp.body.total)`, "unobserved"},
		"a call of the same API is":                                {before(now().at(0).with(responseBodyAttribute, `{"total": 5}`)), now(), `earlier("GET /orders/{id}").resp.body.total == 5`, "held"},
		"a header of an earlier call":                              {before(pays(0, "41", 200, ``).with("http.request.header.x-a.b", []any{"c"})), now(), `earlier("POST /orders/{id}/pay").req.header["x-a.b"] == "c"`, "held"},
		"who called":                                               {before(pays(0, "41", 200, ``)), now(), `earlier("POST /orders/{id}/pay").env.user.id == env.user.id`, "held"},
	} {
		t.Run(name, func(t *testing.T) {
			h := historyOf(t, bookOfShop(t, l.check), quickIf(l.before)).calls(l.before...)
			assert.Equal(t, l.want, h.judged(l.scene))
		})
	}
}

// What calls show stays as they showed it, whatever is read after them.
func TestWhatIsFedIsNotOverwritten(t *testing.T) {
	b := bookOfShop(t, `row("orders", "4\"2").status == "p\"d" && earlier("POST /orders/list").resp.body == "a\"c" && row("orders", "4\"3").status == "q\"d"`)
	h := historyOf(t, b, quick())
	transaction := h.store.Begin(order().start, "s:s-1")
	for _, s := range []*scene{
		shows(0, `{"id": "4\"2", "status": "p\"d"}, {"id": "4\"3", "status": "q\"d"}`), shows(1, "").with(responseBodyAttribute, `"a\"c"`),
		shows(2, `{"id": "z\"z", "status": "z\"z"}`).by("s-2", "8"), shows(3, "").with(responseBodyAttribute, `"z\"z"`).by("s-2", "8"),
	} {
		h.feeder.Feed(s.read(t, b), nil, transaction)
	}
	transaction.Commit()
	assert.Equal(t, "held", h.judged(order().at(later)))
}

// quickIf makes those who called before known from their first call on.
func quickIf(before []*scene) reference.Settings {
	if before == nil {
		return reference.DefaultSettings()
	}
	return quick()
}

func foundNothing(s *scene) *scene {
	s.statements[0].Rows = 0
	return s
}

func TestDays(t *testing.T) {
	body := func(json string) *scene { return order().with(requestBodyAttribute, json) }
	for check, l := range map[string]struct {
		scene *scene
		want  string
	}{
		`day(call.start) == "2023-11-14"`:           {order(), "held"},
		`day(req.body.a) == "2026-02-28"`:           {body(`{"a": "2026-02-28T23:59:59Z"}`), "held"},
		`day(req.body.a) <= "2026-02-28"`:           {body(`{"a": "2026-02-28"}`), "held"},
		`day(req.body.a) == day(call.start)`:        {body(`{"a": "2026-02-28 and more"}`), "violated"},
		`day(req.body.a) == "2026-02-30"`:           {body(`{"a": "2026-02-30"}`), "mismatch"},
		`day(req.body.a) == "2026-02-03"`:           {body(`{"a": "2026-02-031"}`), "mismatch"},
		`day(req.body.a) == "" `:                    {body(`{"a": ""}`), "mismatch"},
		`day(req.body.a) == "2026-02-28" || false`:  {body(`{"a": 20260228}`), "mismatch"},
		`day(req.body.a) == "2026-02-28" && true  `: {body(`{}`), "missing"},
	} {
		assert.Equal(t, l.want, l.scene.judged(t, check), check)
	}
}
