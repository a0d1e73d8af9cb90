// Package evidence asks for more than one odd window before a client is accused.
package evidence

import (
	"maps"
	"math/bits"
	"slices"
	"time"
)

// MaxWindows is how many of a client's windows can be looked at.
const MaxWindows = 64

// Book counts in how many of its latest windows with calls each client was
// suspicious. Only those that were suspicious in any of them take memory. Not for
// concurrent use.
type Book struct {
	need, of int
	limit    int
	lapse    time.Duration
	clients  map[Client]*record
}

// Client of a service.
type Client struct{ Service, Name string }

type record struct {
	windows uint64 // the latest one is the lowest bit
	last    time.Time
}

// New returns a book that asks for suspicion in need of a client's latest of
// windows, 1 ≤ need ≤ of ≤ MaxWindows. A client without calls for longer than
// lapse begins anew. At most limit clients are followed; those that were
// suspicious longest ago give way.
func New(need, of, limit int, lapse time.Duration) *Book {
	return &Book{need: need, of: of, limit: limit, lapse: lapse, clients: make(map[Client]*record)}
}

// Add takes in a window of a client, which begins at that time, and says whether
// there is evidence enough: the window is suspicious, and with it as many of the
// latest as it takes.
func (b *Book) Add(c Client, at time.Time, suspicious bool) bool {
	r := b.clients[c]
	if r != nil && at.Sub(r.last) > b.lapse {
		r.windows = 0
	}
	if r == nil {
		if !suspicious {
			return false
		}
		if b.of == 1 {
			return true // nobody needs to be remembered
		}
		b.makeRoom()
		r = new(record)
		b.clients[c] = r
	}
	r.windows = r.windows << 1 & (^uint64(0) >> (MaxWindows - b.of))
	if suspicious {
		r.windows |= 1
	}
	if at.After(r.last) {
		r.last = at
	}
	if r.windows == 0 {
		delete(b.clients, c)
	}
	return suspicious && bits.OnesCount64(r.windows) >= b.need
}

// Suspects says whether any of the client's latest windows was suspicious.
func (b *Book) Suspects(c Client) bool { return b.clients[c] != nil }

// makeRoom drops a tenth of the clients when the book is full, those that were
// seen longest ago.
func (b *Book) makeRoom() {
	if len(b.clients) < b.limit {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(b.clients), func(x, y Client) int {
		return b.clients[x].last.Compare(b.clients[y].last)
	})
	for _, c := range oldest[:(len(oldest)+9)/10] {
		delete(b.clients, c)
	}
}
