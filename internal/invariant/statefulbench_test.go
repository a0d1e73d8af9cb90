package invariant

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/reference"
)

const benchCalls = 64

// manyOrders is a store with some thousand orders of many customers.
func manyOrders(b *testing.B, bk *Book) *history {
	b.Helper()
	h := historyOf(b, bk, quick())
	for i := range 500 {
		var data []string
		for j := range 10 {
			id := i*10 + j
			data = append(data, fmt.Sprintf(`{"id": %d, "accountId": %d, "price": %d.5, "status": "open", "note": "%x"}`, id, i%9, id*7, id*id))
		}
		h.calls(shows(time.Duration(i)*time.Millisecond, strings.Join(data, ",")).by(fmt.Sprint("s-", i), fmt.Sprint(i%9)))
	}
	return h
}

// BenchmarkStatefulRule evaluates rules that look at earlier calls, on calls that differ.
func BenchmarkStatefulRule(b *testing.B) {
	for _, rule := range []struct{ name, check string }{
		{"Row", `row("orders", req.body.order).status == "open"`},
		{"Owner", `same(row("orders", req.body.order).account, env.user.id) && row("orders", req.body.order).price == req.body.price`},
		{"Shown", `shown("orders", req.body.order)`},
		{"Earlier", `earlier("POST /orders/list").resp.status == 200`},
	} {
		bk := bookOfShop(b, rule.check)
		h := manyOrders(b, bk)
		var calls []*Call
		for i := range benchCalls {
			id := i * 77
			s := order().at(later).with(requestBodyAttribute, fmt.Sprintf(`{"order": %d, "price": %d.5}`, id, id*7))
			calls = append(calls, s.by(fmt.Sprint("s-", id/10), fmt.Sprint(id/10%9)).read(b, bk))
		}
		b.Run(rule.name, func(b *testing.B) {
			j := NewJudge(bk)
			held := 0
			each := func(v Verdict) {
				if v.Outcome == Holds {
					held++
				}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				call := calls[i%benchCalls]
				around := Surroundings{References: h.store.Begin(call.Start, call.Caller())}
				j.Deferred(call, &around, each)
				around.References.Commit()
				i++
			}
			require.Equal(b, i, held)
		})
	}
}

// BenchmarkFeed takes down calls that differ.
func BenchmarkFeed(b *testing.B) {
	checks := []string{
		`row("orders", req.path.id).price == 1 && row("orders", req.path.id).status == "" && row("orders", req.path.id).state == ""`,
		`earlier("POST /orders/{id}/pay").req.path.id == "1"`,
	}
	for _, kind := range []struct {
		name string
		make func(i int) *scene
	}{
		{"List", func(i int) *scene {
			var data []string
			for j := range 10 {
				data = append(data, fmt.Sprintf(`{"id": %d, "accountId": %d, "price": %d.5, "status": "open", "note": "%x"}`, i*10+j, i%9, i*7, i*i))
			}
			return shows(0, strings.Join(data, ","))
		}},
		{"Call", func(i int) *scene { return pays(0, fmt.Sprint(i), 200, fmt.Sprintf(`{"status": "paid", "at": %d}`, i)) }},
		{"Statement", func(i int) *scene {
			return order().ran(`UPDATE orders SET state = 'paid' WHERE id = $1 AND user_id = $2`, fmt.Sprint(i), fmt.Sprint(i%9))
		}},
		{"Nothing", func(i int) *scene { return order().with("user.id", fmt.Sprint(i)) }},
	} {
		bk := bookOfShop(b, checks...)
		store, err := reference.New(quick())
		require.NoError(b, err)
		var (
			calls  []*Call
			around []*Surroundings
		)
		for i := range benchCalls {
			s := kind.make(i).by(fmt.Sprint("s-", i), fmt.Sprint(i%9))
			calls = append(calls, s.read(b, bk))
			s.around.Statements = s.statements
			around = append(around, &s.around)
		}
		b.Run(kind.name, func(b *testing.B) {
			f := NewFeeder(bk)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				call := calls[i%benchCalls]
				transaction := store.Begin(call.Start, "")
				f.Feed(call, around[i%benchCalls], transaction)
				transaction.Commit()
				i++
			}
		})
	}
}
