// Package campaign tells single attackers from many who do the same, so that an
// attack by hundreds of addresses is one alarm and not hundreds.
package campaign

import (
	"fmt"
	"math/bits"
	"time"
)

const (
	// Alone is how many clients who do the same are accused one by one.
	Alone = 5
	// most clients that are remembered, of all services.
	most = 10_000
)

// Suspect is a client that is accused in a window of a service.
type Suspect struct {
	Client   string
	Endpoint string // the one with most of its calls
	Calls    int64  // in the window
}

// deed is what suspects of a service have in common that do the same: an endpoint,
// and about as many calls.
type deed struct {
	endpoint  string
	magnitude int // calls to the base of four
}

func deedOf(s *Suspect) deed {
	return deed{s.Endpoint, bits.Len64(uint64(max(0, s.Calls))) / 2}
}

// name of the campaign.
func (d deed) name() string { return fmt.Sprintf("%s, about %d calls", d.endpoint, 1<<(2*d.magnitude)) }

// Book remembers who was accused of what. Not for concurrent use.
type Book struct {
	lapse    time.Duration
	now      func() time.Time
	services map[string]*service
	clients  int // of all services
}

type service struct {
	heard   time.Time // when it was last sorted, by the clock on the wall
	clients map[string]*entry
}

type entry struct {
	deed  deed
	alone bool
	last  time.Time // start of the window
}

// New returns a book that forgets clients that were not accused for longer than
// lapse.
func New(lapse time.Duration) *Book {
	return &Book{lapse: lapse, now: time.Now, services: make(map[string]*service)}
}

// Group is suspects who do the same.
type Group struct {
	Name    string // the same as long as the campaign goes on
	Members []int  // indices of the suspects in this window
}

// Sort sorts the suspects of a window of a service, all of them at once: those that
// are accused one by one, and groups. Who was sorted once stays where it is as long
// as it goes on; who finds no place in the book joins a group. A window without
// suspects is worth a call: it is by a service's own windows that time passes.
func (b *Book) Sort(name string, at time.Time, suspects []Suspect) (alone []int, groups []Group) {
	s := b.open(name, at, len(suspects))
	kinds := s.kinds(suspects)
	numbers := make(map[deed]int) // of the groups
	for i := range suspects {
		d, single := b.enter(s, &suspects[i], at, kinds)
		if single {
			alone = append(alone, i)
			continue
		}
		g, known := numbers[d]
		if !known {
			g = len(groups)
			numbers[d] = g
			groups = append(groups, Group{Name: d.name()})
		}
		groups[g].Members = append(groups[g].Members, i)
	}
	if len(s.clients) == 0 {
		delete(b.services, name)
	}
	return alone, groups
}

// kind is who does a deed.
type kind struct {
	fresh, alone int  // suspects not in the book, and clients in it that are alone
	group        bool // others do it together
}

func (s *service) kinds(suspects []Suspect) map[deed]*kind {
	kinds := make(map[deed]*kind)
	of := func(d deed) *kind {
		if kinds[d] == nil {
			kinds[d] = new(kind)
		}
		return kinds[d]
	}
	for i := range suspects {
		if s.clients[suspects[i].Client] == nil {
			of(deedOf(&suspects[i])).fresh++
		}
	}
	for _, e := range s.clients {
		if e.alone {
			of(e.deed).alone++
		} else {
			of(e.deed).group = true
		}
	}
	return kinds
}

// enter finds the suspect or sorts it: alone, unless there are too many of its
// kind, a group of them, or no place to remember it by.
func (b *Book) enter(s *service, suspect *Suspect, at time.Time, kinds map[deed]*kind) (d deed, alone bool) {
	e := s.clients[suspect.Client]
	if e == nil {
		d := deedOf(suspect)
		k, room := kinds[d], b.clients < most
		e = &entry{deed: d, alone: room && !k.group && k.fresh <= Alone && k.alone < Alone}
		if e.alone {
			k.alone++
		}
		if room {
			s.clients[suspect.Client] = e
			b.clients++
		}
	}
	e.last = at
	return e.deed, e.alone
}

// open forgets those of the service that stopped, and makes room for so many more
// if it can.
func (b *Book) open(name string, at time.Time, more int) *service {
	s := b.services[name]
	if s == nil {
		s = &service{clients: make(map[string]*entry)}
		b.services[name] = s
	}
	s.heard = b.now()
	for who, e := range s.clients {
		if at.Sub(e.last).Abs() > b.lapse {
			delete(s.clients, who)
			b.clients--
		}
	}
	if b.clients+more > most {
		b.sweep()
	}
	return s
}

// sweep drops the services that are gone. It goes by the clock on the wall: the
// windows of other services say nothing, as their clocks may be wrong.
func (b *Book) sweep() {
	for name, s := range b.services {
		if b.now().Sub(s.heard) > 2*b.lapse {
			b.clients -= len(s.clients)
			delete(b.services, name)
		}
	}
}
