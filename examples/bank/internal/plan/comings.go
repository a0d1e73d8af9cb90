package plan

import (
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// comings writes down the visits of everybody who comes of its own.
func (b *builder) comings() {
	random := stream(b.options.Seed, "comings", 0)
	b.arrivals(func(at time.Duration) {
		someone := b.people.next(random, at)
		if someone == nil {
			return // everybody is busy
		}
		someone.visits++
		login := fmt.Sprintf("%s-%d", store.Username(someone.id), someone.visits)
		v := b.visit(at, login, 0)
		v.login = login
		v.user, v.client, v.agent, v.conscience = someone.id, someone.address, someone.agent, someone.erring
		someone.habit.come(v, someone)
		const apart = 30 * time.Second
		someone.busy = v.now + apart
		b.take(v)
	})
}

// browse is a visit with a web browser.
func (v *visit) browse(p *person) {
	v.arrive(0.08)
	v.accounts()
	v.wander(p, overview, likes{leave: 0.8}, longest)
	v.depart(0.5)
}

// tap is a visit with an app, which asks for several things as soon as it is opened.
func (v *visit) tap(p *person) {
	v.arrive(0.02) // a fingerprint is seldom mistyped
	v.hurry()
	v.accounts()
	v.hurry()
	v.profile()
	if chance(v.random, 0.4) {
		v.hurry()
		v.statement(store.CurrentAccount(v.user), 5)
	}
	v.wander(p, overview, likes{account: 0.6, profile: 0.3, refund: 0.5, leave: 1}, longest)
	v.depart(0.1)
}

// save is a look at the savings.
func (v *visit) save(p *person) {
	v.arrive(0.12)
	v.accounts()
	v.account(store.SavingsAccount(v.user))
	v.wander(p, account, likes{transfer: 0.3, shop: 0, refund: 0, search: 0.3, leave: 1.5}, longest)
	v.depart(0.6)
}

// shopAround pays, and at times wants the money back.
func (v *visit) shopAround(p *person) {
	v.arrive(0.08)
	if chance(v.random, 0.4) {
		v.accounts()
	}
	v.buy(p)
	v.wander(p, shop, likes{refund: 2.5, transfer: 0.4}, longest)
	v.depart(0.3)
}

// doBusiness pays several bills in a row.
func (v *visit) doBusiness(p *person) {
	v.arrive(0.05)
	v.accounts()
	v.statement(store.CurrentAccount(v.user), 50)
	for range 2 + v.random.IntN(3) {
		v.sendMoney(p)
	}
	v.wander(p, transfer, likes{shop: 0.2, refund: 0.2, transfer: 0.5}, longest)
	v.depart(0.9)
}

// serve is a clerk who looks customers up.
func (v *visit) serve(*person) {
	v.arrive(0.04)
	for range 2 + v.random.IntN(4) {
		v.customer(v.bank.people.other(v.random, v.user).id)
		if chance(v.random, 0.1) {
			v.findBranch()
		}
	}
	v.depart(0.9)
}

// depart logs out, if that is the habit.
func (v *visit) depart(inclination float64) {
	if chance(v.random, inclination) {
		v.logOut()
	}
}
