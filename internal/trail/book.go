package trail

import (
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// MaxWindows is the longest period, in windows; it bounds a client's memory.
const MaxWindows = 240

// Book keeps the trails of the clients of all services. Not for concurrent use.
type Book struct {
	window time.Duration
	period int   // windows looked back over
	day    int64 // windows of a day
	now    func() time.Time

	limit    int
	services map[string]*service
	clients  int // of all services; overflows do not count
	refused  int64
	swept    time.Time // when the services that are gone were last looked for
	roomAt   int64     // number of the window that last made room
	roomMade bool
}

// New returns a book that looks back over a period of 1 to MaxWindows windows of
// that length; a longer or a shorter one is cut to that. It follows up to limit
// clients, and the overflow of each service besides. A client active in all
// windows of the period takes 24 bytes a window and about 120 bytes besides.
func New(period, window time.Duration, limit int) *Book {
	return &Book{
		window: window, period: int(max(1, min(period/window, MaxWindows))), day: int64(24 * time.Hour / window),
		now: time.Now, limit: limit, services: make(map[string]*service),
	}
}

// Name is the key of the book's state.
func (b *Book) Name() string { return "trails" }

// Refused counts, since the start, the clients that found no place among those
// that are followed, once for each window that they were in. A window of a service
// beyond the most that are followed counts once.
func (b *Book) Refused() int64 { return b.refused }

// Add adds a closed window of a service, which starts then, to the trails of its
// clients, and appends each client's past to dst, in their order. Windows of one
// service come in order, more or less. The past is that window alone for whoever
// is not followed: a client without calls, the calls whose client is unknown, a
// client that found no place, and everybody in a window with a timestamp that
// cannot be right.
func (b *Book) Add(service string, start time.Time, clients []traffic.Vector, dst []Past) []Past {
	b.sweep()
	number := b.number(start)
	s := b.open(service, number)
	dst = slices.Grow(dst, len(clients))
	for i := range clients {
		dst = append(dst, b.past(s, &clients[i], number))
	}
	b.close(service, s)
	return dst
}

// past of the vector's client, with the window of that number.
func (b *Book) past(s *service, v *traffic.Vector, number int64) (past Past) {
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

// number of the window that starts then. Those before 1970 are negative.
func (b *Book) number(start time.Time) int64 {
	nanos, length := start.UnixNano(), int64(b.window)
	number := nanos / length
	if nanos%length < 0 {
		number--
	}
	return number
}
