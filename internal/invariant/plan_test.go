package invariant

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// disagreement judges a call by plans and by the interpreter. It is "" where outcomes and reasons are the same, but for
// where an evaluation is broken off, since the two count its cost in other units.
func disagreement(b *Book, c *Call, around *Surroundings) string {
	judge := func(interpret bool) (all []Verdict) {
		j := NewJudge(b)
		j.interpret = interpret
		take := func(v Verdict) { all = append(all, v) }
		j.Immediate(c, take)
		j.Deferred(c, around, take)
		return all
	}
	planned, interpreted := judge(false), judge(true)
	for i, want := range interpreted {
		got := planned[i]
		if got.Reason == Cost || want.Reason == Cost {
			continue
		}
		if got.Outcome != want.Outcome || got.Reason != want.Reason {
			return fmt.Sprintf("%s\nis %s by its plan, and %s by the interpreter\nrequest %s\nresponse %s",
				got.Rule.Check, said(&got), said(&want), c.RequestBody.Text, c.ResponseBody.Text)
		}
	}
	return ""
}

// isPlanned is true for a rule that the interpreter is not needed for.
func (r *Rule) isPlanned() bool { return r.check.plan != nil && (r.when == nil || r.when.plan != nil) }

func TestWhatRulesAreMadeOfIsPlanned(t *testing.T) {
	for _, check := range []string{
		`has(resp.body.data.id) && has(resp.body.data.name)`,
		`resp.body.all(f, f in ["id", "name"])`,
		`type(req.body.id) == string && isUUID(req.body.id)`,
		`type(req.body.n) == int && req.body.n in [1, 2, 3]`,
		`req.body.n >= 0 && req.body.n <= 1000`,
		`req.body.id.size() <= 64 && req.body.id.matches("^[A-Za-z0-9_]+$")`,
		`same(req.body.id, req.path.id)`,
		`resp.body.data.all(x, same(x.user, env.user.id))`,
		`calls.all(c, c.route != "/users/{id}" || same(c.req.body.id, req.body.id))`,
		`db.all(s, s.op != "SELECT" || s.table != "orders" || same(s.where.user_id, env.user.id))`,
		`same(row("orders", req.path.id).price, req.body.price)`,
		`req.body.n == null || req.body.n > 1`,
		`resp.status in [200, 201]`,
		`day(req.body.date) >= day(call.start)`,
		`!has(earlier("POST /orders/list").resp.body.id) || shown("orders", req.path.id)`,
		`row("lines", [req.path.id, 1]).amount == 1 ? "admin" in env.user.roles : req.header["content-type"].startsWith("text/")`,
		`db.complete.exists_one(s, s.set["a"] == 1) && req.body.items[0].id != req.query.id`,
	} {
		assert.True(t, bookOfShop(t, check).Rules()[0].isPlanned(), check)
	}
}

func TestWhatIsNotKnownIsLeftToTheInterpreter(t *testing.T) {
	for _, check := range []string{
		`req.body.items.map(i, i.price).exists(p, p > 1)`, `req.body.a + 1 == 2`, `timestamp(req.body.a) > call.start`,
		`call.duration < duration("1s")`, `{"a": req.body.a}.a == 1`, `type(req.body.a) == type(req.body.b)`,
	} {
		assert.False(t, book(t, check).Rules()[0].isPlanned(), check)
	}
}

// Whatever a rule says of whatever call, its plan says what the interpreter says.
func TestPlansAgreeWithTheInterpreter(t *testing.T) {
	var compiled, planned int
	outcomes := make(map[string]int)
	rapid.Check(t, func(r *rapid.T) {
		w := &writer{T: r}
		b, err := tryBookOfShop(w.test(3), `has(row("orders", req.path.id).price) && has(row("orders", req.path.id).code)`)
		if err != nil {
			return // of other types than it wants, or too dear
		}
		compiled++
		if b.Rules()[0].isPlanned() {
			planned++
		}
		s := w.scene().at(later)
		h := historyOf(t, b, quick())
		for range rapid.IntRange(0, 2).Draw(r, "earlier") {
			h.calls(shows(0, w.json(2)), pays(1, w.word(), 200, w.json(1)))
		}
		call, around := s.whole(t, b.Rules()[0]), s.surroundings(t, b.Rules()[0])
		around.References = h.store.Begin(call.Start, call.Caller())
		defer around.References.Discard()
		require.Empty(r, disagreement(b, call, &around))
		NewJudge(b).Deferred(call, &around, func(v Verdict) { outcomes[said(&v)]++ })
	})
	t.Logf("%d compiled, %d planned, %v", compiled, planned, outcomes)
	assert.Greater(t, compiled, 10)
	assert.Greater(t, 4*planned, compiled)
}

// What only values at the edge tell apart: every check on every body.
func TestPlansAgreeAtTheEdges(t *testing.T) {
	values := []string{
		`1`, `2.5`, `1.0`, `-0.0`, `9007199254740993`, `9007199254740992.0`, `18446744073709551615`, `123456789012345678901234567890`, `"1"`, `""`, `"größe"`,
		`"2026-01-02"`, `"2026-01-021"`, `null`, `true`, `[]`, `{}`, `[1]`, `[1, "1"]`, `[{"b": 1}, {}]`, `[{}, {"b": 1}, 1]`, `["1", {"b": "1"}]`, `[1, 1.0, 2]`, `{"b": 1}`, `{"b": null}`,
		`{"b": [1, {"b": "1"}]}`, `[[1]]`,
	}
	checks := []string{
		`req.body.a.exists_one(x, x.b == 1)`, `req.body.a.exists_one(x, x > 1)`, `req.body.a.all(x, x.b == 1)`, `req.body.a.exists(x, x == 1)`, `req.body.a.all(x, x == "b")`,
		`req.body.a < 2`, `2 <= req.body.a`, `req.body.a > 2.25`, `9007199254740993 < req.body.a`, `req.body.a >= 9007199254740992.0`, `req.body.a <= "2"`, `req.body.a == 1`, `req.body.a != 1.0`,
		`req.body.a == null`, `req.body.a == "1"`, `req.body.a in [1, 2]`, `req.body.a in ["1", null, 2.5]`, `req.body.a in []`, `1 in req.body.a`, `"b" in req.body.a`, `size(req.body.a) == 5`,
		`size(req.body.a) < 2`, `same(req.body.a, "1")`, `same(1, req.body.a)`, `req.body.a.b == 1`, `has(req.body.a.b)`, `has(req.body.a.b.b)`, `req.body.a[0] == 1`, `req.body.a["b"] == 1`,
		`req.body.a[1.0] == 1`, `req.body.a[req.body.a] == 1`, `req.body[req.body.a] == 1`, `req.body.a && req.body.a.b`, `req.body.a || true`, `!req.body.a`, `req.body.a ? true : false`,
		`type(req.body.a) == int`, `type(req.body.a) != map`, `null_type == type(req.body.a)`, `day(req.body.a) == "2026-01-02"`, `day(call.start) >= day(req.body.a)`, `isDate(req.body.a)`,
		`req.body.a.matches("^[0-9]+$")`, `req.body.a.matches("^1")`, `req.body.a.startsWith("1")`, `req.body.a == [1]`, `req.body.a == req.body.a`, `int(req.body.a) == 1`, `double(req.body.a) == 1.0`,
		`string(req.body.a) == "1"`, `req.body.a.lowerAscii() == "größe"`, `false && req.body.a`, `req.body.x || req.body.a.b == 1`, `req.body.a == [req.body.a][0]`,
	}
	outcomes := make(map[string]bool)
	for _, check := range checks {
		b, err := tryBook(check)
		require.NoError(t, err, check)
		for _, value := range values {
			call := order().with(requestBodyAttribute, `{"a": `+value+`}`).read(t, b)
			assert.Empty(t, disagreement(b, call, &Surroundings{}))
			NewJudge(b).Immediate(call, func(v Verdict) { outcomes[said(&v)] = true })
		}
	}
	for _, outcome := range []string{"held", "violated", "missing", "mismatch", "other"} {
		assert.True(t, outcomes[outcome], outcome)
	}
}

// The rules that come with Spanwarden, on calls that have the names and values of each rule in any order.
func TestPlansOfRulesThatAreThereAgree(t *testing.T) {
	b, _ := copied(t)
	books := map[string]*Book{"README.md": b}
	for _, path := range []string{"../../examples/bank/invariants.yaml", "../check/testdata/opbeans.yaml", "../check/testdata/trainticket.yaml"} {
		file, err := rulefile.Load(path)
		require.NoError(t, err)
		books[path], err = Compile([]*rulefile.File{file}, Options{})
		require.NoError(t, err)
	}
	for path, b := range books {
		t.Run(filepath.Base(path), func(t *testing.T) {
			planned, outcomes := 0, make(map[string]int)
			for _, rule := range b.Rules() {
				if rule.isPlanned() {
					planned++
				} else {
					t.Logf("left to the interpreter: %s", rule.Check)
				}
			}
			require.Greater(t, 10*planned, 8*len(b.Rules()))
			rapid.Check(t, func(r *rapid.T) {
				rule := rapid.SampledFrom(b.Rules()).Draw(r, "rule")
				w := writerFor(r, rule)
				s := w.scene()
				call, around := s.whole(t, rule), s.surroundings(t, rule)
				require.Empty(r, disagreement(b, call, &around))
				NewJudge(b).Deferred(call, &around, func(v Verdict) { outcomes[said(&v)]++ })
			})
			t.Logf("%d of %d planned, %v", planned, len(b.Rules()), outcomes)
		})
	}
}

// surroundings are what is around the call, child calls read whole.
func (s *scene) surroundings(t *testing.T, r *Rule) Surroundings {
	t.Helper()
	around := s.around
	around.Statements = s.statements
	for _, c := range s.calls {
		around.Calls = append(around.Calls, c.whole(t, r))
	}
	return around
}

// whole reads the call as if it were one of the rule's APIs.
func (s *scene) whole(t *testing.T, r *Rule) *Call {
	t.Helper()
	reader, err := NewReader(apicall.BodyNames{}, 1<<16, sqltext.NewCache(100, 1<<20))
	require.NoError(t, err)
	calls, err := apicall.NewReader(apicall.Settings{})
	require.NoError(t, err)
	span := s.span(t)
	var call apicall.Call
	require.Equal(t, apicall.APICall, calls.Span(span, new(apicall.Scratch), &call, new(apicall.Statement)))
	read := reader.Whole(s.service, &call, span.Attributes(), new(Scratch)).Keep()
	read.api = &API{Deferred: []*Rule{r}}
	return read
}

// FuzzPlan compares both on whatever somebody writes.
func FuzzPlan(f *testing.F) {
	for _, seed := range []string{
		`req.body.all(k, k in ["a", "b"])`, `type(req.body.a) == int ? req.body.a > 1 : isUUID(req.body.a)`, `req.body.items[0].price != req.body.a[1].b`,
		`has(req.body.a.b) && !(req.body.a.size() > 2 || req.body.a.matches("^[a-z]*$"))`, `same(req.body.a, [1, "2"])`, `"a" in req.body && req.body["a"] in [null, 1.0, "x"]`,
		`calls.exists_one(c, has(c.req.body.a)) && db.all(s, s.where.user_id == "7" || s.set.a < 2)`, `day(req.body.a) <= day(call.start)`,
		`row("orders", req.body.a).price == 1 || shown("orders", req.body.items[0].id)`, `req.body.a.startsWith("a") != req.body.a.endsWith("b")`,
	} {
		f.Add(seed, `{"a": [{"b": "x"}, 2], "items": [{"price": 1}, {}]}`)
	}
	f.Fuzz(func(t *testing.T, check, body string) {
		if len(check) > 1000 {
			return
		}
		file := &rulefile.File{Path: "fuzz", Rules: []rulefile.Rule{{ID: "a", Check: rulefile.Expression{Text: check}, APIs: apis("*")}}, References: shop()}
		b, err := Compile([]*rulefile.File{file}, Options{CostLimit: 20_000})
		if err != nil || !b.Rules()[0].isPlanned() {
			return
		}
		s := order().with(requestBodyAttribute, body).with("url.query", "a=1").ran(`UPDATE orders SET a = 1 WHERE user_id = $1`, "7").called(stock().with(requestBodyAttribute, body))
		h := historyOf(t, b, quick()).calls(shows(0, body).with(requestBodyAttribute, body), pays(1, "7", 200, body))
		h.verdicts(s.at(later), func(*Verdict) {}) // which compares them
	})
}

// A text is a date if it is one by any of the forms.
func TestADateIsOfOneForm(t *testing.T) {
	byAny := func(s string) bool {
		for _, form := range []string{
			time.DateOnly, time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
		} {
			if _, err := time.Parse(form, s); err == nil {
				return len(s) >= len(time.DateOnly) && len(s) <= mostIdentifiable
			}
		}
		return false
	}
	for _, s := range []string{"2026-01-02", "2026-01-02T15:04:05.1+01:00", "2026-01-02 15:04:05", "2026-01-02T15:04:05", "2026-01-02T3:04", "2026-01-02 15:04"} {
		assert.True(t, byAny(s) && isDate(s), s)
	}
	rapid.Check(t, func(r *rapid.T) {
		parts := func(of ...string) string { return rapid.SampledFrom(of).Draw(r, "part") }
		s := parts("2026-01-02", "2026-02-30", "2026-1-2", "12026-01-02", "") + parts("", "", "T", " ", "t", "_") + parts("", "15:04", "3:04", "24:00", "15:04:05", "15:04:5") +
			parts("", "", ".", ".123", ",5") + parts("", "", "Z", "z", "+01:00", "-07:30", "+0100", "+01", " ", "-")
		assert.Equal(r, byAny(s), isDate(s), "%q", s)
	})
}
