package invariant

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// parse reads a file of one rule with that check.
func parse(t *testing.T, check string) *rulefile.File {
	t.Helper()
	file, err := rulefile.Parse("shop.yaml", []byte("version: 1\ninvariants:\n  - id: a-rule\n    api: POST /orders/{id}\n    check: "+check+"\n"))
	require.NoError(t, err)
	return file
}

func TestCompileErrorsTellWhereAndWhatWasMeant(t *testing.T) {
	for check, want := range map[string]string{
		`call.metod == "GET"`:                     `shop.yaml:5:16: rule a-rule: check: there is no field metod in call: did you mean method?`,
		`env.user.name == "x"`:                    `shop.yaml:5:20: rule a-rule: check: there is no field name in env.user: there are id and roles`,
		`reg.body.id == 1`:                        `shop.yaml:5:12: rule a-rule: check: there is no variable or function reg: did you mean req?`,
		`db.all(s, s.tabel == "a")`:               `shop.yaml:5:23: rule a-rule: check: there is no field tabel: did you mean table?`,
		`req.path.order == "1"`:                   `shop.yaml:5:20: rule a-rule: check: req.path has no order: there is id`,
		`call.status == "200"`:                    `shop.yaml:5:24: rule a-rule: check: found no matching overload for '_==_' applied to '(int, string)'`,
		`db.all(s, s.table != "Orders")`:          `rule a-rule: check: table is never written as "Orders": write "orders"`,
		`db.all(s, s.op in ["SELECT", "update"])`: `op is never written as "update": write "UPDATE"`,
		`dyn(req).body == 1`:                      `req has no other type than its own: leave out dyn()`,
		`db.complete`:                             `db.complete says something only where it is joined to a condition by &&, or in place of db: write db.complete && ..., or db.complete.exists(...)`,
		`db.complete || call.status == 1`:         `rule a-rule: check: db.complete says something only where`,
		`(!db.complete) && call.status == 1`:      `rule a-rule: check: db.complete says something only where`,
		`call.status`:                             `shop.yaml:5:12: rule a-rule: check: the expression is a int: it must be true or false`,
		`call.status ==`:                          `syntax: mismatched input '<EOF>'`,
		`call.path.matches(req.query.pattern)`:    `shop.yaml:5:39: rule a-rule: check: the pattern of matches() comes from the call: write it as a text`,
		`db.all(req, req.op == "SELECT")`:         `req is a variable of every rule: choose another name inside the macro, such as x`,
		`call.path.matches("((a{1000}){1000})")`:  `invalid repeat count`,
		`req.body.a.all(x, req.body.b.all(y, req.body.c.all(z, x.i + y.i > z.i)))`: `go through fewer lists inside each other`,
	} {
		_, err := Compile([]*rulefile.File{parse(t, check)}, Options{})
		if assert.Error(t, err, check) {
			assert.Contains(t, err.Error(), want)
		}
	}
}

func TestEveryErrorIsTold(t *testing.T) {
	a, b := parse(t, `call.metod == "GET"`), parse(t, `call.status == 1`)
	_, err := Compile([]*rulefile.File{a, b}, Options{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "metod")
	assert.Contains(t, err.Error(), "rule a-rule: id: the id is taken by a rule in shop.yaml: choose another one")
	assert.Len(t, strings.Split(err.Error(), "\n"), 2)
}

func TestADisabledRuleIsLeftOut(t *testing.T) {
	file := parse(t, `call.metod == "GET"`)
	file.Rules[0].Disabled = true
	b, err := Compile([]*rulefile.File{file}, Options{})
	require.NoError(t, err)
	assert.Empty(t, b.Rules())
}

func TestKindsThatNobodySaid(t *testing.T) {
	for check, kind := range map[string]string{
		`req.body.a > 1`:                                       "common-sense",
		`req.body.user == env.user.id`:                         "environment",
		`db.all(s, same(s.where.user_id, env.user.id))`:        "database",
		`calls.all(c, c.req.body.account == req.body.account)`: "related-API",
	} {
		b, err := Compile([]*rulefile.File{parse(t, check)}, Options{})
		require.NoError(t, err)
		assert.Equal(t, kind, b.Rules()[0].Kind, check)
	}
}

// What is compared, searched or turned into other letters in a loop costs as much as it is long.
func TestFunctionsCostWhatTheyTake(t *testing.T) {
	list := "[" + strings.Repeat("1,", 3000) + "1]"
	for _, check := range []string{
		`req.body.list.all(i, req.body.list.all(j, req.body != {"a": 1}))`,
		`req.body.list.all(i, req.body.x != [1])`,
		`req.body.list.all(i, size(req.body.text) > 1)`,
		`size(req.body.list.map(i, req.body.text.lowerAscii())) > 0`,
		`req.body.list.all(i, !(req.body.x in req.body.list))`,
		`req.body.list.all(i, !same(req.body.text, "x"))`,
		`req.body.list.all(i, !req.body.text.matches("x+y"))`,
	} {
		s := order().with(requestBodyAttribute, `{"list": `+list+`, "x": `+list+`, "text": "`+strings.Repeat("a", 30_000)+`"}`)
		got := s.judged(t, check)
		assert.Contains(t, []string{"cost", "held"}, got, check) // what ends at once is cheap
	}
}

// Two loops inside each other are fine, and are broken off where a caller sends very long lists.
func TestAnEvaluationEndsAtItsCost(t *testing.T) {
	check := `req.body.items.all(i, req.body.items.exists_one(j, j.id == i.id))`
	small := order().with(requestBodyAttribute, `{"items": [{"id": 1}, {"id": 2}]}`)
	assert.Equal(t, "held", small.judged(t, check))
	var items []string
	for i := range 2500 {
		items = append(items, `{"id": `+strconv.Itoa(i)+`}`)
	}
	large := order().with(requestBodyAttribute, `{"items": [`+strings.Join(items, ",")+`]}`)
	assert.Equal(t, "cost", large.judged(t, check))
}
