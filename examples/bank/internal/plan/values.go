package plan

import (
	"strings"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// Attacks by values that no honest client sends.
func valueKinds() []kind {
	return []kind{
		tampering("altered_price", "pays a tenth of the price", priceFromClient, tamper(1, func(_ *raid, v *visit) {
			p := v.choose()
			p.Price = max(1, p.Price/10)
			v.pay(p)
		})),
		tampering("zero_price", "pays nothing", priceFromClient, tamper(1, func(_ *raid, v *visit) {
			p := v.choose()
			p.Price = 0
			v.pay(p)
		})),
		tampering("negative_quantity", "buys a negative number of things", refused, tamper(1, func(_ *raid, v *visit) {
			p := v.choose()
			p.Quantity = -p.Quantity
			v.pay(p)
		})),
		tampering("negative_amount", "transfers a negative amount", refused, tamper(1, func(r *raid, v *visit) {
			v.transfer(r.order(v, -v.amount()))
		})),
		tampering("huge_amount", "transfers far more than anybody has", refused, tamper(1, func(r *raid, v *visit) {
			v.transfer(r.order(v, 1_000_000_00*v.amount()))
		})),
		tampering("wrong_type", "sends an amount as text", refused, tamper(1, func(r *raid, v *visit) {
			amount := number(v.amount())
			v.transfer(r.order(v, amount[:len(amount)-2]+"."+amount[len(amount)-2:]))
		})),
		tampering("overlong_value", "sends a note of 3 000 characters", unboundedText, tamper(1, func(r *raid, v *visit) {
			o := r.order(v, v.amount())
			o.Note = strings.Repeat("AAAAAAAAA ", 300)
			v.transfer(o)
		})),
		tampering("unknown_parameter", "sends fields that the bank does not have", ignored, tamper(1, func(r *raid, v *visit) {
			type approved struct {
				order
				Status   string `json:"status"`
				Approved bool   `json:"approved"`
			}
			v.create("transfer", "/transfers", approved{r.order(v, v.amount()), "executed", true})
		})),
		tampering("refund_above_total", "wants more refunded than was paid", refused, func(r *raid) {
			r.amid(func(v *visit) {
				bought := v.choose()
				id := v.pay(bought)
				r.repeat(v, 1, func() {
					v.refund(id, complaint{bought.total()*(2+v.random.Int64N(8)) + 1, pick(v.random, reasons)})
				})
			})
		}),
	}
}

// order is a transfer to somebody.
func (r *raid) order(v *visit, amount any) order {
	return order{store.CurrentAccount(v.user), store.CurrentAccount(r.victim(v)), amount, pick(v.random, notes)}
}
