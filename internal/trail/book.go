package trail

import (
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/roster"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// MaxWindows is the longest period, in windows; it bounds a client's memory.
const MaxWindows = 240

// Book keeps the trails of the clients of all services. Not for concurrent use.
type Book struct {
	window time.Duration
	period int                    // windows looked back over
	trails *roster.Roster[*trail] // ticks are windows, and the rest of a service is its overflow
}

// New returns a book that looks back over a period of 1 to MaxWindows windows of
// that length; a longer or a shorter one is cut to that. It follows up to limit
// clients, and the overflow of each service besides. A client active in all
// windows of the period takes 24 bytes a window and about 120 bytes besides.
func New(period, window time.Duration, limit int) *Book {
	b := &Book{window: window, period: int(max(1, min(period/window, MaxWindows)))}
	b.trails = roster.New(roster.Rules[*trail]{
		Limit: limit, Tick: window, Length: int64(b.period),
		Fresh: func(t *trail, newest int64) bool { return t != nil && t.last >= b.oldest(newest) },
		Merit: b.merit, Merits: (b.period + 1) * b.period,
	})
	return b
}

// oldest is the number of the first window of the period that ends with the newest.
func (b *Book) oldest(newest int64) int64 { return newest - int64(b.period) + 1 }

// merit of a trail: one with more steps is worth more, and of those with as many
// the one with the newest step.
func (b *Book) merit(t *trail, newest, silence int64) int {
	age := max(0, min(newest-t.last+silence, int64(b.period)-1))
	return len(t.steps)*b.period + b.period - 1 - int(age)
}

// Name is the key of the book's state.
func (b *Book) Name() string { return "trails" }

// Refused counts, since the start, the clients that found no place among those
// that are followed, once for each window that they were in. A window of a service
// beyond the most that are followed counts once.
func (b *Book) Refused() int64 { return b.trails.Refused() }

// Add adds a closed window of a service, which starts then, to the trails of its
// clients, and appends each client's past to dst, in their order. Windows of one
// service come in order, more or less. The past is that window alone for whoever
// is not followed: a client without calls, the calls whose client is unknown, a
// client that found no place, and everybody in a window with a timestamp that
// cannot be right.
func (b *Book) Add(service string, start time.Time, clients []traffic.Vector, dst []Past) []Past {
	number := b.number(start)
	s := b.trails.Open(service, number)
	dst = slices.Grow(dst, len(clients))
	for i := range clients {
		dst = append(dst, b.past(s, &clients[i], number))
	}
	b.trails.Close(service, s)
	return dst
}

// past of the vector's client, with the window of that number.
func (b *Book) past(s *roster.Service[*trail], v *traffic.Vector, number int64) (past Past) {
	if v.TotalCalls <= 0 {
		return Past{}
	}
	made := stepOf(v, number)
	t := b.trail(s, v, number)
	if t == nil {
		past.add(&made)
		return past
	}
	t.add(number, made, b.period)
	return t.sum()
}

// trail of an entity of a service; nil if it is not to have one.
func (b *Book) trail(s *roster.Service[*trail], v *traffic.Vector, number int64) *trail {
	switch {
	case s == nil:
		return nil
	case v.Role == traffic.Overflow:
		if s.Rest == nil {
			s.Rest = new(trail)
		}
		return s.Rest
	case v.Client == "": // nobody in particular
		return nil
	}
	if t := s.Clients[v.Client]; t != nil {
		return t
	}
	if !b.trails.Room(number) {
		return nil
	}
	t := new(trail)
	b.trails.Add(s, v.Client, t)
	return t
}

// number of the window that starts then. Those before 1970 are negative.
func (b *Book) number(start time.Time) int64 {
	return traffic.FloorDiv(start.UnixNano(), int64(b.window))
}
