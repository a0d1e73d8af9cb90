package invariant

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRuleShapes evaluates the shapes that learned rules have, by their plans and by the interpreter, on calls that
// differ. Bodies are read once and not measured.
func BenchmarkRuleShapes(b *testing.B) {
	const calls = 64
	for _, shape := range []struct{ name, check string }{
		{"Has", `has(req.body.accountId) && has(req.body.amount) && has(req.body.lines)`},
		{"Fields", `req.body.all(f, f in ["accountId", "amount", "note", "lines", "date", "kind"])`},
		{"Type", `type(req.body.accountId) == string && isUUID(req.body.accountId)`},
		{"OneOf", `type(req.body.kind) == int && req.body.kind in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]`},
		{"Range", `req.body.amount >= 0 && req.body.amount <= 100000`},
		{"Matches", `size(req.body.note) <= 64 && req.body.note.matches("^[A-Za-z0-9_]+$")`},
		{"Same", `same(req.body.user, env.user.id)`},
		{"List", `req.body.lines.all(x, same(x.user, env.user.id))`},
		{"Calls", `calls.all(c, c.route != "/stock" || same(c.req.body.user, req.body.user))`},
		{"Statements", `db.all(s, s.op != "SELECT" || s.table != "orders" || same(s.where.user_id, env.user.id))`},
		{"Row", `same(row("orders", req.path.id).price, req.body.amount)`},
		{"Day", `day(req.body.date) >= day(call.start)`},
	} {
		bk := bookOfShop(b, shape.check)
		h := historyOf(b, bk, quick())
		var scenes []*Call
		var around []*Surroundings
		for i := range calls {
			user := fmt.Sprint(i % 9)
			if bk.Stateful() {
				h.calls(shows(time.Duration(i)*time.Millisecond, fmt.Sprintf(`{"id": %d, "price": %d}`, i, 100+i*7)))
			}
			s := order().with("user.id", user).with(requestBodyAttribute, fmt.Sprintf(
				`{"accountId": "6ba7b810-9dad-11d1-80b4-00c04fd4%04x", "amount": %d, "note": "n_%x", "kind": %d, "user": %q, "date": "2026-03-%02d", "lines": [{"user": %q}, {"user": %q}, {"user": "x"}]}`,
				i*977, 100+i*7, i*i*i, 1+i%11, user, 1+i%28, user, user)).at(later)
			s.path = fmt.Sprint("/orders/", i)
			s.ran(`SELECT id, total FROM orders WHERE id = $1 AND user_id = $2`, fmt.Sprint(i), user).
				ran(fmt.Sprintf(`SELECT name FROM products WHERE id IN (%d, %d)`, i, i+1)).
				called(stock()).called(stock().with(requestBodyAttribute, fmt.Sprintf(`{"user": %q}`, user)))
			scenes = append(scenes, s.read(b, bk))
			s.around.Statements = s.statements
			for _, c := range s.calls {
				s.around.Calls = append(s.around.Calls, c.read(b, bk))
			}
			s.around.References = h.store.Begin(s.start, "s:s-1")
			around = append(around, &s.around)
		}
		for _, interpret := range []bool{false, true} {
			name := shape.name + "/plan"
			if interpret {
				name = shape.name + "/interpreter"
			}
			b.Run(name, func(b *testing.B) {
				j := NewJudge(bk)
				j.interpret = interpret
				rule, held := bk.Rules()[0], 0
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					// The rule is judged again and again, so that the bodies are read for one in sixteen.
					if i%16 == 0 {
						if i > 0 {
							j.release()
						}
						at := i / 16 % calls
						j.call.show(scenes[at])
						j.surround(around[at])
						j.memory.turn(scenes[at], around[at].References)
						j.memory.references = rule.references
					}
					if v := j.verdict(rule); v.Outcome == Holds {
						held++
					}
					i++
				}
				require.LessOrEqual(b, held, i)
			})
		}
	}
}
