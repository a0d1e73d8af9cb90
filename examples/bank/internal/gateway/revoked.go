package gateway

import "sync"

// maxRevoked is how many ended sessions are remembered; beyond it the oldest are forgotten.
const maxRevoked = 100_000

// revoked remembers the sessions that have been ended before their tokens expire. It is safe for concurrent use.
type revoked struct {
	mu       sync.Mutex
	sessions map[string]bool
	order    []string // a ring, the oldest at next once it is full
	next     int
}

func (r *revoked) add(session string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[session] {
		return
	}
	if r.sessions == nil {
		r.sessions = make(map[string]bool)
	}
	r.sessions[session] = true
	if len(r.order) < maxRevoked {
		r.order = append(r.order, session)
		return
	}
	delete(r.sessions, r.order[r.next])
	r.order[r.next] = session
	r.next = (r.next + 1) % maxRevoked
}

func (r *revoked) has(session string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions[session]
}
