package session

import (
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// Book keeps the open sessions of the clients of all services. Not for
// concurrent use.
type Book struct {
	idle time.Duration
	now  func() time.Time

	limit    int
	services map[string]*service
	clients  int // of all services
	refused  int64
	swept    time.Time // when the services that are gone were last looked for
	roomAt   time.Time // start of the window that last made room
	roomMade bool
}

// New returns a book of sessions that end with a pause longer than idle, which is
// at least a window of that length: pauses within a window are not seen. It
// follows up to limit clients; one takes some 85 bytes and its name.
func New(idle, window time.Duration, limit int) *Book {
	return &Book{
		idle: max(idle, window), now: time.Now, limit: limit, services: make(map[string]*service),
	}
}

// Clients is how many clients have an open session, or had one when a window of
// their service last came.
func (b *Book) Clients() int { return b.clients }

// Refused counts, since the start, the clients that found no place among those
// that are followed, once for each window that they were in. A window of a service
// beyond the most that are followed counts once.
func (b *Book) Refused() int64 { return b.refused }

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
	b.sweep()
	s := b.open(name, start)
	dst = slices.Grow(dst, len(clients))
	for i := range clients {
		v := &clients[i]
		if v.Role != traffic.Client || v.Client == "" || v.TotalCalls <= 0 {
			dst = append(dst, Session{})
			continue
		}
		dst = append(dst, b.add(s, v, start))
	}
	b.close(name, s)
	return dst
}

// add adds a window of one client, to no service if s is nil.
func (b *Book) add(s *service, v *traffic.Vector, start time.Time) Session {
	part := recordOf(v)
	if s == nil {
		return part.session()
	}
	open, known := s.clients[v.Client]
	switch {
	case !known && !b.place(start):
		return part.session()
	case !known:
		b.clients++
		open = part
	case part.first-open.last > int64(b.idle): // the session that was open has ended
		open = part
	case open.first-part.last > int64(b.idle): // this one ended before the open one began
		return part.session()
	default:
		open.join(&part)
	}
	s.follow(v.Client, open)
	return open.session()
}
