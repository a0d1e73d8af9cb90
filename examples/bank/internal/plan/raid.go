package plan

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// raid is one attack in the making. What chance decides in it comes from a stream of its own.
type raid struct {
	*builder
	attackers *attackers
	random    *rand.Rand
	index     int // in the order in which attacks are scheduled
	id        string
	at        time.Duration
	length    time.Duration // of an attack by traffic
	strength  float64

	visits    []*visit
	addresses []string
}

// raids makes the attacks and returns them by their beginnings.
func (b *builder) raids() ([]Attack, error) {
	attackers := newAttackers(b.people.idle)
	honest := len(b.calls)
	counts := map[string]int{}
	var attacks []Attack
	var errs []error
	for i, s := range b.options.Attacks {
		k, _ := kindNamed(s.Kind)
		counts[s.Kind]++
		id := fmt.Sprintf("%s-%d", s.Kind, counts[s.Kind])
		length := cmp.Or(s.Length, k.lasts, b.options.Length-s.At)
		r := &raid{
			builder: b, attackers: attackers, random: stream(b.options.Seed, id, 0),
			index: i, id: id, at: s.At, length: length, strength: s.Strength,
		}
		k.raid(r)
		a, err := r.done()
		if err != nil {
			errs = append(errs, fmt.Errorf("attack %d (%s at %v): %w", i+1, s.Kind, s.At, err))
			continue
		}
		a.Kind = s.Kind
		attacks = append(attacks, a)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return sorted(attacks, b.calls[honest:]), nil
}

// done adds the attack's calls to the plan.
func (r *raid) done() (Attack, error) {
	a := Attack{ID: r.id, Begin: math.MaxInt64, Clients: r.addresses}
	for _, v := range r.visits {
		for i := range v.calls {
			if call := &v.calls[i]; call.Attack >= 0 {
				a.Begin, a.End = min(a.Begin, call.At), max(a.End, call.At)
			}
		}
		r.take(v)
	}
	if a.End >= r.options.Length {
		return a, fmt.Errorf("it would last until %v: schedule it earlier or lengthen the plan", a.End.Round(time.Second))
	}
	return a, nil
}

// sorted returns the attacks by their beginnings and makes the calls refer to them there.
func sorted(attacks []Attack, calls []Call) []Attack {
	order := make([]int, len(attacks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(attacks[a].Begin, attacks[b].Begin) })
	byBegin := make([]Attack, len(attacks))
	place := make([]int, len(attacks))
	for to, from := range order {
		byBegin[to], place[from] = attacks[from], to
	}
	for i := range calls {
		if calls[i].Attack >= 0 {
			calls[i].Attack = place[calls[i].Attack]
		}
	}
	return byBegin
}

// times is how many tampered calls, or rounds of calls, an attack makes; usual is that at strength 1.
func (r *raid) times(usual int) int { return max(1, int(math.Round(float64(usual)*r.strength))) }

// gap is the time between calls of an attack by traffic; usual is that at strength 1.
func (r *raid) gap(usual time.Duration) time.Duration {
	return time.Duration(float64(usual) / r.strength)
}

// address returns an address that nobody else has.
func (r *raid) address() string {
	address := r.attackers.address()
	r.addresses = append(r.addresses, address)
	return address
}

// connect returns a visit from that address at that time, with a line of its own.
func (r *raid) connect(at time.Duration, address, agent string) *visit {
	n := len(r.visits) + 1
	v := r.visit(at, r.id, n)
	v.client, v.agent, v.raids = address, agent, true
	r.visits = append(r.visits, v)
	return v
}

// intrude returns a visit that is about to log in as that user.
func (r *raid) intrude(at time.Duration, user int64, address, agent string) *visit {
	v := r.connect(at, address, agent)
	v.user, v.login = user, fmt.Sprintf("%s/%d", r.id, len(r.visits))
	return v
}

// amid does something in the middle of a visit that is otherwise like anybody's, but for the address.
func (r *raid) amid(do func(*visit)) {
	v := r.intrude(r.at, r.attackers.tamperer(), r.address(), pick(r.random, browsers))
	r.around(v, do)
	v.depart(0.5)
}

// around logs in, does what people do, what is to be done, and again what people do.
func (r *raid) around(v *visit, do func(*visit)) {
	p := &person{id: v.user}
	v.logIn()
	v.accounts()
	v.wander(p, overview, likes{leave: 0.5, refund: 0}, 2)
	do(v)
	v.wander(p, overview, nil, 2)
}

// repeat makes a tampered call, or several that belong together, several times, with something innocent in between.
func (r *raid) repeat(v *visit, usual int, do func()) {
	for i := range r.times(usual) {
		if i > 0 && chance(v.random, 0.4) {
			v.accounts()
		}
		v.strike(r.index, do)
	}
}

// tamper is an attack whose tampered calls need nothing before them.
func tamper(usual int, do func(*raid, *visit)) func(*raid) {
	return func(r *raid) {
		r.amid(func(v *visit) { r.repeat(v, usual, func() { do(r, v) }) })
	}
}

// victim is somebody else whose data are read.
func (r *raid) victim(v *visit) int64 { return r.people.other(v.random, v.user).id }

// purse is somebody else whose money is spent. Those who have visits of their own are spared: what they do next must
// not fail for it.
func (r *raid) purse(v *visit) int64 { return other(v.random, r.people.idle, v.user).id }

// accountOf is mostly the current one.
func accountOf(v *visit, user int64) int64 {
	if chance(v.random, 0.3) {
		return store.SavingsAccount(user)
	}
	return store.CurrentAccount(user)
}
