package plan

import "fmt"

// attackers hands out what the attackers have: addresses, and the customers as whom they log in.
type attackers struct {
	addresses int

	readers, tamperers, climbers hand
}

// hand is a list of users that is handed out round and round.
type hand struct {
	users []int64
	next  int
}

func (h *hand) take() int64 {
	user := h.users[h.next%len(h.users)]
	h.next++
	return user
}

// newAttackers shares the idle customers out. Those whose role is changed are kept apart, or the calls of others, which
// are to be refused for their role, would be answered.
func newAttackers(idle []*person) *attackers {
	a := &attackers{}
	for i, p := range idle {
		switch {
		case i%8 < 4:
			a.readers.users = append(a.readers.users, p.id)
		case i%8 < 7:
			a.tamperers.users = append(a.tamperers.users, p.id)
		default:
			a.climbers.users = append(a.climbers.users, p.id)
		}
	}
	return a
}

// reader is a customer for attacks that only read, or only try to.
func (a *attackers) reader() int64 { return a.readers.take() }

// tamperer is a customer for attacks within a session.
func (a *attackers) tamperer() int64 { return a.tamperers.take() }

// climber is a customer whose role may be changed.
func (a *attackers) climber() int64 { return a.climbers.take() }

// address returns an address that no user has: of the two networks for documentation, and when those are used up, of the
// half of the one for benchmarks in which no users are.
func (a *attackers) address() string {
	const hosts = 254 // of a network /24
	n := a.addresses
	a.addresses++
	// Neighbours in the order are no neighbours in the network.
	host := 1 + n*101%hosts
	switch n / hosts {
	case 0:
		return fmt.Sprintf("203.0.113.%d", host)
	default:
		return fmt.Sprintf("198.19.%d.%d", n/hosts%256, host)
	}
}
