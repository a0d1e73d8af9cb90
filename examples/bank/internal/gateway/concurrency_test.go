package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// manyAtOnce has a few customers move money between the same few accounts, with keys that they use at the same time, and
// looks whether the books agree afterwards.
func manyAtOnce(t *testing.T, b *bank) {
	people := []*caller{b.somebody(t), b.somebody(t), b.somebody(t)}
	var accounts []int64
	for _, p := range people {
		accounts = append(accounts, store.CurrentAccount(p.user), store.SavingsAccount(p.user))
	}
	var (
		wg    sync.WaitGroup
		total = b.sum(t)
	)
	for worker := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(worker)))
			for i := range 6 {
				me := people[rng.IntN(len(people))].with("Idempotency-Key", fmt.Sprint(i)) // shared with other workers
				own := accounts[slices.Index(accounts, store.CurrentAccount(me.user))+rng.IntN(2)]
				me.moveMoney(own, accounts[rng.IntN(len(accounts))], 1+rng.Int64N(400_000))
				me.buy(own, 1+rng.Int64N(store.Products))
			}
		})
	}
	wg.Wait()
	assert.Equal(t, total, b.sum(t))
	b.balanced(t)
	for _, table := range []string{"transfers where status = 'executed'", "payments where total > 0", "refunds"} {
		var made int
		assert.NoError(t, b.db.QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&made))
		assert.Positive(t, made, table)
	}
	var differing int
	assert.NoError(t, b.db.QueryRowContext(t.Context(), `
select count(*) from payments p join entries e on e.reference = p.id and e.account_id = p.account_id
where e.amount <> -p.total`).Scan(&differing))
	assert.Zero(t, differing, "every payment is what was booked for it")

	// One transfer that is executed by many at the same time is executed once.
	me := people[0]
	from, before := me.own()
	id := me.transfer(from, store.ShopAccount, 1, http.StatusCreated)["id"]
	statuses := make(chan int, 8)
	for range cap(statuses) {
		wg.Go(func() {
			status, _ := me.try(http.MethodPost, fmt.Sprintf("/transfers/%s/execute", id), nil)
			statuses <- status
		})
	}
	wg.Wait()
	close(statuses)
	executed := 0
	for status := range statuses {
		if status == http.StatusOK {
			executed++
		} else {
			assert.Equal(t, http.StatusConflict, status)
		}
	}
	assert.Equal(t, 1, executed)
	_, after := me.own()
	assert.Equal(t, before-1, after)
}

// moveMoney makes a transfer and accepts every refusal that there may be.
func (c *caller) moveMoney(from, to, amount int64) {
	status, answer := c.try(http.MethodPost, "/transfers", object{"fromAccount": from, "toAccount": to, "amount": amount})
	if !assert.Contains(c.t, []int{200, 201, 422}, status, string(answer)) || status == http.StatusUnprocessableEntity {
		return
	}
	id := idOf(answer)
	status, answer = c.try(http.MethodPost, "/transfers/"+id+"/authorise", object{"code": store.Code(id)})
	assert.Contains(c.t, []int{200, 409}, status, string(answer))
	status, answer = c.try(http.MethodPost, "/transfers/"+id+"/execute", nil)
	assert.Contains(c.t, []int{200, 409, 422}, status, string(answer))
}

// buy makes a payment and gets a part of it back.
func (c *caller) buy(account, product int64) {
	order := object{"accountId": account, "productId": product, "quantity": 2, "price": store.Price(product)}
	status, answer := c.try(http.MethodPost, "/payments", order)
	if !assert.Contains(c.t, []int{200, 201, 409, 422}, status, string(answer)) || status > http.StatusCreated {
		return
	}
	status, answer = c.try(http.MethodPost, "/payments/"+idOf(answer)+"/refund", object{"amount": 1})
	assert.Contains(c.t, []int{200, 201}, status, string(answer))
}

func idOf(answer []byte) string {
	var made struct{ ID string }
	_ = json.Unmarshal(answer, &made) // then the path is wrong, and so is the status
	return made.ID
}

// sum returns all money in the bank.
func (b *bank) sum(t *testing.T) (sum int64) {
	assert.NoError(t, b.db.QueryRowContext(t.Context(), "select sum(balance) from accounts").Scan(&sum))
	return sum
}
