// Package campaign tells single attackers from many who do the same, so that an
// attack by hundreds of addresses is one alarm and not hundreds.
package campaign

import (
	"fmt"
	"math/bits"
	"slices"
	"time"
)

const (
	// Alone is how many clients who do the same are accused one by one.
	Alone = 5
	// most clients that are remembered.
	most = 10_000
)

// Suspect is a client that is accused in a window.
type Suspect struct {
	Service, Client string
	Endpoint        string // the one with most of its calls
	Calls           int64  // in the window
}

// deed is what suspects have in common that do the same: an endpoint, and about as
// many calls.
type deed struct {
	service, endpoint string
	magnitude         int // calls to the base of four
}

func deedOf(s *Suspect) deed {
	return deed{s.Service, s.Endpoint, bits.Len64(uint64(max(0, s.Calls))) / 2}
}

// name of the campaign.
func (d deed) name() string { return fmt.Sprintf("%s, about %d calls", d.endpoint, 1<<(2*d.magnitude)) }

// Book remembers who was accused of what. Not for concurrent use.
type Book struct {
	lapse   time.Duration
	clients map[client]*entry
}

type client struct{ service, name string }

type entry struct {
	deed  deed
	alone bool
	last  time.Time
}

// New returns a book that forgets clients that were not accused for longer than
// lapse.
func New(lapse time.Duration) *Book { return &Book{lapse: lapse, clients: make(map[client]*entry)} }

// Group is suspects who do the same.
type Group struct {
	Name    string // the same as long as the campaign goes on
	Members []int  // indices of the suspects in this window
}

// Sort sorts the suspects of a window of a service, all of them at once: those that
// are accused one by one, and groups. Who was sorted once stays where it is as long
// as it goes on.
func (b *Book) Sort(at time.Time, suspects []Suspect) (alone []int, groups []Group) {
	b.forget(at)
	fresh := make(map[deed]int)
	for i := range suspects {
		if s := &suspects[i]; b.clients[client{s.Service, s.Client}] == nil {
			fresh[deedOf(s)]++
		}
	}
	single := make(map[deed]int)
	for _, e := range b.clients {
		if e.alone {
			single[e.deed]++
		}
	}
	for i := range suspects {
		e := b.enter(&suspects[i], fresh, single)
		e.last = at
		if e.alone {
			alone = append(alone, i)
			continue
		}
		name := e.deed.name()
		g := slices.IndexFunc(groups, func(g Group) bool { return g.Name == name })
		if g < 0 {
			g = len(groups)
			groups = append(groups, Group{Name: name})
		}
		groups[g].Members = append(groups[g].Members, i)
	}
	return alone, groups
}

// enter finds the suspect or sorts it: alone, unless there are too many of its kind.
func (b *Book) enter(s *Suspect, fresh, single map[deed]int) *entry {
	who := client{s.Service, s.Client}
	if e := b.clients[who]; e != nil {
		return e
	}
	d := deedOf(s)
	e := &entry{deed: d, alone: fresh[d] <= Alone && single[d] < Alone}
	if e.alone {
		single[d]++
	}
	if len(b.clients) < most {
		b.clients[who] = e
	}
	return e
}

func (b *Book) forget(at time.Time) {
	for who, e := range b.clients {
		if at.Sub(e.last) > b.lapse {
			delete(b.clients, who)
		}
	}
}
