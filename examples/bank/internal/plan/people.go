package plan

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// person is a customer or a clerk of the bank.
type person struct {
	id      int64
	habit   habit
	address string
	agent   string

	visits  int           // so far
	busy    time.Duration // until when
	spent   int64         // cents, so far
	bought  []receipt     // what has not been refunded
	payees  []int64       // accounts to which money was sent before
	erring  *conscience   // of all who share the address
	present bool          // whether it has visits of its own; the others are left to the attackers
}

// allowance is what a person spends at most in a plan, in cents, so that the money lasts whatever comes in.
const allowance = store.StartBalance * 4 / 5

// receipt is a payment that was made.
type receipt struct {
	id    string
	total int64 // cents
	at    time.Duration
}

// habit is a kind of people.
type habit struct {
	name   string
	share  float64 // of the customers
	visits float64 // how often they come, relative to each other
	agents []string
	app    bool // many of them behind the same addresses
	come   func(*visit, *person)
}

const (
	// idle is the part of the customers who never come in a plan: their logins are stolen, or they are up to no good.
	idle = 0.2
	// Of so many customers with an app, all but one share the addresses of their carrier.
	unshared = 6
	// modern is the part of the others who have IPv6.
	modern = 0.15
)

// carrier is the addresses of a mobile network that all its customers share.
var carrier = []string{"198.51.100.7", "198.51.100.8"}

var (
	browsers = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
	apps = []string{
		"ExampleBank/7.4.1 (Android 15; Pixel 9)",
		"ExampleBank/7.4.1 (Android 14; SM-S921B)",
		"ExampleBank/7.4.0 (iOS 18.5; iPhone16,1)",
		"ExampleBank/7.3.2 (iOS 17.7; iPhone14,5)",
	}
	workplace = browsers[1:2]
)

func habits() []habit {
	return []habit{
		{name: "browser", share: 0.30, visits: 1, agents: browsers, come: (*visit).browse},
		{name: "app", share: 0.33, visits: 1, agents: apps, app: true, come: (*visit).tap},
		{name: "saver", share: 0.12, visits: 0.2, agents: browsers, come: (*visit).save},
		{name: "shopper", share: 0.18, visits: 1, agents: browsers, come: (*visit).shopAround},
		{name: "business", share: 0.07, visits: 0.8, agents: workplace, come: (*visit).doBusiness},
	}
}

func clerks() habit {
	return habit{name: "clerk", visits: 1.5, agents: workplace, come: (*visit).serve}
}

// people is everybody whom the bank knows.
type people struct {
	all     []*person // in an order of chance
	present []*person
	idle    []*person
	ends    []float64 // of the present, by how often they come
}

func newPeople(o Options) *people {
	random := stream(o.Seed, "people", 0)
	p := &people{}
	consciences := map[string]*conscience{}
	kinds := habits()
	customers, tapping := 0, 0
	for i, index := range random.Perm(o.Users) {
		someone := &person{id: int64(index + 1), present: true}
		if store.IsClerk(someone.id) {
			someone.habit = clerks()
		} else {
			part := float64(customers) / float64(o.Users-o.Users/40)
			customers++
			someone.present = part >= idle
			someone.habit = ofShare(kinds, (part-idle)/(1-idle)) // of no account for the idle
		}
		someone.agent = pick(random, someone.habit.agents)
		someone.address = home(random, i)
		if someone.habit.app && someone.present {
			if tapping++; tapping%unshared != 0 {
				someone.address = pick(random, carrier)
			}
		}
		if consciences[someone.address] == nil {
			consciences[someone.address] = new(conscience)
		}
		someone.erring = consciences[someone.address]
		p.add(someone)
	}
	return p
}

// ofShare returns the habit at that part, in [0, 1), of the customers in a row.
func ofShare(kinds []habit, part float64) habit {
	for _, k := range kinds {
		if part -= k.share; part < 0 {
			return k
		}
	}
	return kinds[0]
}

func (p *people) add(someone *person) {
	p.all = append(p.all, someone)
	if !someone.present {
		p.idle = append(p.idle, someone)
		return
	}
	p.present = append(p.present, someone)
	end := someone.habit.visits
	if n := len(p.ends); n > 0 {
		end += p.ends[n-1]
	}
	p.ends = append(p.ends, end)
}

// home is the address of the person with that index, which nobody else has.
func home(random *rand.Rand, index int) string {
	if chance(random, modern) {
		return fmt.Sprintf("2001:db8:%x:%x::%x", 0x10+index%7, index, 1+random.IntN(0xffff))
	}
	return scattered(index)
}

// scattered is an IPv4 address of 198.18.0.0/16, another one for each index below 65 024.
func scattered(index int) string {
	const hosts = 254
	at := (index*25_173 + 13_849) % (256 * hosts) // 25 173 has no divisor in common with it
	return fmt.Sprintf("198.18.%d.%d", at/hosts, 1+at%hosts)
}

// next picks somebody who comes at that time, or nobody when all who were asked are busy.
func (p *people) next(random *rand.Rand, at time.Duration) *person {
	for range 20 {
		if someone := p.present[weighted(random, p.ends)]; someone.busy <= at {
			return someone
		}
	}
	return nil
}

// other returns somebody else who has visits of its own.
func (p *people) other(random *rand.Rand, than int64) *person { return other(random, p.present, than) }

func other(random *rand.Rand, among []*person, than int64) *person {
	for {
		if someone := pick(random, among); someone.id != than {
			return someone
		}
	}
}

// conscience sees to it that honest mistakes at one address do not add up to what looks like an attack, however many
// people share it.
type conscience struct{ mistakes []time.Duration }

const (
	forgiven      = 8 // mistakes at an address in any period
	forgivePeriod = 30 * time.Minute
)

// mayErr reports whether another mistake at that time is one of a few, and if so counts it.
func (c *conscience) mayErr(at time.Duration) bool {
	near := 0
	for _, mistake := range c.mistakes {
		if (mistake - at).Abs() <= forgivePeriod {
			near++
		}
	}
	if near >= forgiven {
		return false
	}
	c.mistakes = append(c.mistakes, at)
	return true
}
