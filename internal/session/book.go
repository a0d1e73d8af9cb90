package session

import (
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/roster"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// What a session is worth is its calls, up to so many, and among those with as
// many how long ago its last one was, as a part of the time-out.
const (
	meritCalls = 256
	meritAges  = 32
)

// Book keeps the open sessions of the clients of all services. Not for
// concurrent use.
type Book struct {
	idle     int64                  // ns
	sessions *roster.Roster[record] // ticks are nanoseconds
}

// New returns a book of sessions that end with a pause longer than idle, which is
// at least a window of that length: pauses within a window are not seen. It
// follows up to limit clients; one takes some 85 bytes and its name.
func New(idle, window time.Duration, limit int) *Book {
	b := &Book{idle: int64(max(idle, window))}
	b.sessions = roster.New(roster.Rules[record]{
		Limit: limit, Tick: time.Nanosecond, Length: b.idle,
		Fresh: func(r record, newest int64) bool { return r.calls > 0 && r.last >= newest-b.idle },
		Merit: b.merit, Merits: meritCalls * meritAges,
	})
	return b
}

// merit of a session.
func (b *Book) merit(r record, newest, silence int64) int {
	pause := max(0, newest-r.last) + silence
	age := min(pause/(b.idle/meritAges+1), meritAges-1)
	return int(min(r.calls, meritCalls-1)*meritAges + meritAges - 1 - age)
}

// Clients is how many clients have an open session, or had one when a window of
// their service last came.
func (b *Book) Clients() int { return b.sessions.Len() }

// Refused counts, since the start, the clients that found no place among those
// that are followed, once for each window that they were in. A window of a service
// beyond the most that are followed counts once.
func (b *Book) Refused() int64 { return b.sessions.Refused() }

// Add adds a closed window of a service, which starts then, to the sessions of its
// clients, and appends to dst each client's session up to and including that
// window, in their order. Windows of one service come in order, more or less: a
// late one joins the open session if no long pause is between them.
//
// The session is that window alone for whoever is not followed: a client that
// found no place, and everybody in a window with a timestamp that cannot be right.
// It is the zero Session for what is no single client: calls whose client is
// unknown, the overflow, and vectors without calls.
func (b *Book) Add(name string, start time.Time, clients []traffic.Vector, dst []Session) []Session {
	s := b.sessions.Open(name, start.UnixNano())
	dst = slices.Grow(dst, len(clients))
	for i := range clients {
		v := &clients[i]
		if v.Role != traffic.Client || v.Client == "" || v.TotalCalls <= 0 {
			dst = append(dst, Session{})
			continue
		}
		dst = append(dst, b.add(s, v, start))
	}
	b.sessions.Close(name, s)
	return dst
}

// add adds a window of one client, to no service if s is nil.
func (b *Book) add(s *roster.Service[record], v *traffic.Vector, start time.Time) Session {
	part := recordOf(v)
	if s == nil {
		return part.session()
	}
	open, known := s.Clients[v.Client]
	switch {
	case !known && !b.sessions.Room(start.UnixNano()):
		return part.session()
	case !known:
		b.sessions.Add(s, v.Client, part)
		return part.session()
	case part.first-open.last > b.idle: // the session that was open has ended
		open = part
	case open.first-part.last > b.idle: // this one ended before the open one began
		return part.session()
	default:
		open.join(&part)
	}
	s.Clients[v.Client] = open
	return open.session()
}
