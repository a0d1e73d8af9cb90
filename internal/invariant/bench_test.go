package invariant

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/document"
)

// BenchmarkRule evaluates rules on calls that differ, beside the same check written in Go.
func BenchmarkRule(b *testing.B) {
	const calls = 64
	makers := map[string]func(i int) *scene{
		"fields": func(i int) *scene {
			return order().with("user.id", fmt.Sprint(i%9))
		},
		"body": func(i int) *scene {
			return order().with(requestBodyAttribute, fmt.Sprintf(`{"accountId": "%d", "amount": %d, "note": "%x"}`, i%9, 100+i*7, i*i))
		},
		"statements": func(i int) *scene {
			return order().ran(`SELECT id, total FROM orders WHERE id = $1 AND user_id = $2`, fmt.Sprint(i), "7").
				ran(fmt.Sprintf(`SELECT name FROM products WHERE id IN (%d, %d)`, i, i+1))
		},
	}
	for _, rule := range []struct {
		name, on, check string
		closure         func(*Call, *Surroundings) bool
	}{
		{"Fields", "fields", `call.status == 200 && env.user.id in ["1", "2", "3", "4", "5", "6", "7", "8", "0"]`, func(c *Call, _ *Surroundings) bool {
			if c.Status != 200 {
				return false
			}
			switch c.User {
			case "1", "2", "3", "4", "5", "6", "7", "8", "0":
				return true
			}
			return false
		}},
		{"Body", "body", `req.body.accountId == env.user.id && req.body.amount > 0`, func(c *Call, _ *Surroundings) bool {
			var d document.Document
			if d.JSON(c.RequestBody.Text, document.DefaultLimits) != nil {
				return false
			}
			account, _ := d.Root().Field("accountId")
			amount, _ := d.Root().Field("amount")
			return account.Text() == c.User && amount.Int() > 0
		}},
		{"Statements", "statements", `db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))`, func(c *Call, s *Surroundings) bool {
			for _, st := range s.Statements {
				if st.SQL.Tables[0] == "orders" {
					v, _ := st.SQL.Column(0, "user_id", &st.Parameters)
					if v.Text != c.User {
						return false
					}
				}
			}
			return true
		}},
	} {
		bk := book(b, rule.check)
		var scenes []*Call
		var around []*Surroundings
		for i := range calls {
			s := makers[rule.on](i)
			scenes = append(scenes, s.read(b, bk))
			s.around.Statements = s.statements
			around = append(around, &s.around)
		}
		b.Run(rule.name+"/CEL", func(b *testing.B) {
			j := NewJudge(bk)
			judged := 0
			each := func(Verdict) { judged++ }
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				j.Immediate(scenes[i%calls], each)
				j.Deferred(scenes[i%calls], around[i%calls], each)
				i++
			}
			require.Equal(b, i, judged)
		})
		b.Run(rule.name+"/Go", func(b *testing.B) {
			b.ReportAllocs()
			i, held := 0, 0
			for b.Loop() {
				if rule.closure(scenes[i%calls], around[i%calls]) {
					held++
				}
				i++
			}
			require.LessOrEqual(b, held, i)
		})
	}
}
