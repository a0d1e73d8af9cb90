package plan

import (
	"net/url"

	"github.com/google/uuid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// step is what a customer does next, in one or several calls.
type step int

const (
	overview step = iota
	account
	statement
	transfer
	shop
	refund
	profile
	search
	branches
	leave
	steps
)

// follows is how likely a step comes after another, relative to the others of its row.
var follows = [steps][steps]float64{
	overview:  {account: 5, statement: 4, transfer: 2.5, shop: 2, refund: 0.4, profile: 0.6, search: 1.2, branches: 0.3, leave: 1.5},
	account:   {overview: 1, statement: 4, transfer: 1.5, shop: 0.7, search: 0.5, leave: 1.5},
	statement: {overview: 1, account: 1, statement: 1, transfer: 1.5, refund: 0.3, search: 2, leave: 2.5},
	transfer:  {overview: 2, statement: 1.5, transfer: 1, profile: 0.3, leave: 2.5},
	shop:      {overview: 0.5, statement: 1, shop: 1, refund: 0.3, leave: 2},
	refund:    {overview: 0.5, statement: 1, leave: 2},
	profile:   {overview: 1, branches: 0.2, leave: 1.5},
	search:    {statement: 1, search: 1.2, account: 0.5, leave: 1.5},
	branches:  {overview: 1, branches: 0.5, leave: 1},
}

// likes changes how likely steps are; one that is missing keeps its weight.
type likes map[step]float64

// longest is how many steps a visit has at most.
const longest = 20

// wander does what customers do, one step after another, until they have enough or most steps are done.
func (v *visit) wander(p *person, at step, taste likes, most int) {
	for range most {
		var ends [steps]float64
		sum := 0.0
		for to := range steps {
			factor, ok := taste[to]
			if !ok {
				factor = 1
			}
			sum += follows[at][to] * factor
			ends[to] = sum
		}
		if at = step(weighted(v.random, ends[:])); at == leave {
			return
		}
		v.do(p, at)
	}
}

func (v *visit) do(p *person, what step) {
	switch what {
	case overview:
		v.accounts()
	case account:
		v.account(v.ownAccount())
	case statement:
		v.statement(v.ownAccount(), pick(v.random, []int{10, 20, 20, 20, 50}))
	case transfer:
		v.sendMoney(p)
	case shop:
		v.buy(p)
	case refund:
		v.giveBack(p)
	case profile:
		v.lookAfterProfile()
	case search:
		v.search(pick(v.random, sought))
	case branches:
		v.findBranch()
	}
}

// ownAccount is mostly the current one.
func (v *visit) ownAccount() int64 {
	if chance(v.random, 0.2) {
		return store.SavingsAccount(v.user)
	}
	return store.CurrentAccount(v.user)
}

// errs reports whether the visitor makes a mistake for which it has that inclination.
func (v *visit) errs(inclination float64) bool {
	return v.conscience != nil && chance(v.random, inclination) && v.conscience.mayErr(v.now)
}

// arrive logs in, at the second go if the password was mistyped.
func (v *visit) arrive(inclination float64) {
	if v.errs(inclination) {
		right := store.Password(v.user)
		v.logInWith(pick(v.random, []string{right[:len(right)-1], right + right[len(right)-1:], "C" + right[1:]}))
	}
	v.logIn()
}

// sendMoney makes a transfer, authorises it with the code that the telephone shows and executes it.
func (v *visit) sendMoney(p *person) {
	amount := v.amount()
	if p.spent+amount > allowance {
		v.statement(store.CurrentAccount(v.user), 20)
		return
	}
	o := order{FromAccount: store.CurrentAccount(v.user), ToAccount: v.payee(p), Amount: amount, Note: pick(v.random, notes)}
	if v.errs(0.10) {
		mistyped := o
		mistyped.ToAccount = store.SavingsAccount(int64(v.bank.options.Users)) + 1 + v.random.Int64N(5000) // nobody has it
		v.transfer(mistyped)
	}
	id := v.transfer(o)
	p.spent += amount // also if it comes to nothing, since the daily limit may count it
	if chance(v.random, 0.03) {
		return // thought better of it
	}
	code := store.Code(id)
	if v.errs(0.10) {
		v.authorise(id, miscopied(code, 1+v.random.IntN(8)))
	}
	v.authorise(id, code)
	v.execute(id)
}

// miscopied returns the code with its last digit raised by 1 to 9.
func miscopied(code string, by int) string {
	last := len(code) - 1
	return code[:last] + string('0'+(code[last]-'0'+byte(by))%10)
}

// amount is what people pay, in cents: a median of 35.00, from 1.00 to 400.00.
func (v *visit) amount() int64 { return int64(logNormal(v.random, 35_00, 0.9, 1_00, 400_00)) }

// payee is somebody's current account, often one that had money before, or the own savings.
func (v *visit) payee(p *person) int64 {
	switch {
	case chance(v.random, 0.15):
		return store.SavingsAccount(v.user)
	case len(p.payees) > 0 && chance(v.random, 0.6):
		return pick(v.random, p.payees)
	}
	to := store.CurrentAccount(v.bank.people.other(v.random, v.user).id)
	p.payees = append(p.payees, to)
	return to
}

// buy pays for a product at the catalogue's price.
func (v *visit) buy(p *person) {
	bought := v.choose()
	if p.spent+bought.total() > allowance {
		v.products()
		return
	}
	if chance(v.random, 0.7) {
		v.products()
	}
	id := v.pay(bought)
	p.spent += bought.total()
	p.bought = append(p.bought, receipt{id: id, total: bought.total(), at: v.now})
	v.bank.sold = append(v.bank.sold, p.bought[len(p.bought)-1])
	if chance(v.random, 0.7) {
		if v.errs(0.05) {
			v.payment(uuid.NewSHA1(uuid.NameSpaceOID, []byte(id)).String()) // a link that leads nowhere
		}
		v.payment(id)
	}
}

// choose puts one product, seldom several, into the basket.
func (v *visit) choose() purchase {
	product, quantity := 1+v.random.Int64N(store.Products), int64(1)
	if chance(v.random, 0.15) {
		quantity += 1 + v.random.Int64N(2)
	}
	return purchase{AccountID: store.CurrentAccount(v.user), ProductID: product, Quantity: quantity, Price: store.Price(product)}
}

// giveBack asks for the money of an earlier payment, once, all of it or a part.
func (v *visit) giveBack(p *person) {
	if len(p.bought) == 0 {
		v.statement(store.CurrentAccount(v.user), 20)
		return
	}
	i := v.random.IntN(len(p.bought))
	what := p.bought[i]
	p.bought = append(p.bought[:i], p.bought[i+1:]...)
	amount := what.total
	if chance(v.random, 0.4) {
		amount = 1 + v.random.Int64N(what.total)
	}
	v.payment(what.id)
	v.refund(what.id, complaint{Amount: amount, Reason: pick(v.random, reasons)})
}

func (v *visit) lookAfterProfile() {
	v.profile()
	if !chance(v.random, 0.4) {
		return
	}
	type change struct {
		DisplayName string `json:"displayName,omitempty"`
		Email       string `json:"email,omitempty"`
		Phone       string `json:"phone,omitempty"`
	}
	switch v.random.IntN(3) {
	case 0:
		v.changeProfile(change{DisplayName: pick(v.random, names)})
	case 1:
		v.changeProfile(change{Email: store.Username(v.user) + "@" + pick(v.random, []string{"mail.example", "post.example", "work.example"})})
	default:
		v.changeProfile(change{Phone: "+49 30 23125 " + number(100+v.random.Int64N(900))})
	}
}

func (v *visit) findBranch() {
	branch := 1 + v.random.IntN(store.Branches)
	if chance(v.random, 0.7) {
		v.get("/branches?city=" + url.QueryEscape(store.City(int64(branch))))
	}
	v.branch(branch)
}
