package plan

import (
	"fmt"
	"math/rand/v2"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// Attacks on the order in which things are done, and on how often.
func workflowKinds() []kind {
	return []kind{
		tampering("skipped_step", "executes a transfer without its code", skippedStep, amidEach(func(r *raid, v *visit) {
			id := v.transfer(r.order(v, v.amount()))
			v.strike(r.index, func() { v.execute(id) })
		})),
		tampering("replayed_execute", "executes a transfer a second time", refused, amidEach(func(r *raid, v *visit) {
			id := r.complete(v)
			v.strike(r.index, func() { v.execute(id) })
		})),
		tampering("wrong_order", "authorises an executed transfer", refused, amidEach(func(r *raid, v *visit) {
			id := r.complete(v)
			v.strike(r.index, func() { v.authorise(id, store.Code(id)) })
		})),
		tampering(codes, "guesses a transfer's code, five times", refused, func(r *raid) {
			r.amid(func(v *visit) {
				id := v.transfer(r.order(v, v.amount()))
				r.repeat(v, 5, func() { v.authorise(id, wrong(v.random, store.Code(id))) })
			})
		}),
		tampering("double_refund", "has a payment refunded twice", refundWithoutState, amidEach(func(r *raid, v *visit) {
			bought := v.choose()
			id := v.pay(bought)
			c := complaint{bought.total(), pick(v.random, reasons)}
			v.refund(id, c)
			v.strike(r.index, func() { v.refund(id, c) })
		})),
	}
}

// amidEach is an attack whose tampered call needs calls before it that are not tampered.
func amidEach(do func(*raid, *visit)) func(*raid) {
	return func(r *raid) {
		r.amid(func(v *visit) {
			for range r.times(1) {
				do(r, v)
			}
		})
	}
}

// wrong returns a code of six digits that is another one.
func wrong(random *rand.Rand, right string) string {
	for {
		if code := fmt.Sprintf("%06d", random.IntN(1_000_000)); code != right {
			return code
		}
	}
}

// complete makes a transfer as it should be made.
func (r *raid) complete(v *visit) (id string) {
	id = v.transfer(r.order(v, v.amount()))
	v.authorise(id, store.Code(id))
	v.execute(id)
	return id
}
