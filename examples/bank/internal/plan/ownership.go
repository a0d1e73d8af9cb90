package plan

import (
	"time"

	"github.com/google/uuid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// Attacks on what belongs to others.
func ownershipKinds() []kind {
	return []kind{
		tampering("read_foreign_account", "reads somebody else's account", readWithoutOwner, tamper(2, func(r *raid, v *visit) {
			v.account(accountOf(v, r.victim(v)))
		})),
		tampering("read_foreign_statement", "asks for somebody else's statement", refused, tamper(2, func(r *raid, v *visit) {
			v.statement(accountOf(v, r.victim(v)), 20)
		})),
		tampering("transfer_from_foreign_account", "transfers from somebody else's account", refused, tamper(2, func(r *raid, v *visit) {
			v.transfer(order{accountOf(v, r.purse(v)), store.CurrentAccount(v.user), v.amount(), pick(v.random, notes)})
		})),
		tampering("pay_from_foreign_account", "pays from somebody else's account", paysFromAnyAccount, tamper(1, func(r *raid, v *visit) {
			p := v.choose()
			p.AccountID = store.CurrentAccount(r.purse(v))
			v.pay(p)
		})),
		tampering("read_foreign_payment", "asks for somebody else's payment", refused, tamper(2, func(r *raid, v *visit) {
			v.payment(r.sale(v).id)
		})),
		tampering("refund_foreign_payment", "wants somebody else's payment refunded", refused, tamper(1, func(r *raid, v *visit) {
			sale := r.sale(v)
			v.refund(sale.id, complaint{sale.total, pick(v.random, reasons)})
		})),
		tampering("clerk_endpoint", "looks up a customer, being no clerk", refused, tamper(2, func(r *raid, v *visit) {
			v.customer(r.victim(v))
		})),
		tampering("forged_mandate", "acts for somebody without a mandate", uncheckedMandate, tamper(1, actOnBehalf)),
	}
}

// sale is a payment that somebody else made before, or, when nobody has paid for anything yet, one that could be.
func (r *raid) sale(v *visit) receipt {
	const known = 30 * time.Second // by then the bank has it, however slow it is
	var before []receipt
	for _, sale := range r.sold {
		if sale.at+known < v.now {
			before = append(before, sale)
		}
	}
	if len(before) == 0 {
		return receipt{id: uuid.NewSHA1(uuid.NameSpaceOID, []byte(v.login)).String(), total: store.Price(1)}
	}
	return pick(v.random, before)
}

// actOnBehalf looks at another's accounts and transfers from one. The code goes to that one's telephone, so it does
// without.
func actOnBehalf(r *raid, v *visit) {
	v.proxy = r.purse(v)
	defer func() { v.proxy = 0 }()
	v.accounts()
	v.account(store.CurrentAccount(v.proxy))
	amount := v.random.Int64N(20_00) + 5_00
	id := v.transfer(order{store.CurrentAccount(v.proxy), store.CurrentAccount(v.user), amount, pick(v.random, notes)})
	v.execute(id)
}
