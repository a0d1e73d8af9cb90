package apianomalyconnector

import "sync"

// recentCapacity is how many anomalies are remembered, 40 bytes each. A sender that got no answer sends a batch again
// within seconds; this many anomalies in that time would be an incident of its own.
const recentCapacity = 1 << 14

type anomalyID = [16]byte

// recentIDs remembers the last ids it was given, so that an anomaly in a retried batch is recognised. It grows to its
// capacity and then forgets the oldest. It is safe for concurrent use.
type recentIDs struct {
	mu       sync.Mutex
	capacity int
	slots    map[anomalyID]int // where in ring
	ring     []anomalyID       // oldest at next, once full; the zero id marks a slot that was forgotten
	next     int
}

func newRecentIDs(capacity int) *recentIDs {
	return &recentIDs{capacity: capacity, slots: map[anomalyID]int{}}
}

// add remembers the id and reports whether it was new.
func (r *recentIDs) add(id anomalyID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.slots[id]; known {
		return false
	}
	if len(r.ring) < r.capacity {
		r.slots[id] = len(r.ring)
		r.ring = append(r.ring, id)
		return true
	}
	delete(r.slots, r.ring[r.next])
	r.slots[id] = r.next
	r.ring[r.next] = id
	r.next = (r.next + 1) % r.capacity
	return true
}

// forget makes the id new again.
func (r *recentIDs) forget(id anomalyID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slot, known := r.slots[id]; known {
		r.ring[slot] = anomalyID{}
		delete(r.slots, id)
	}
}
