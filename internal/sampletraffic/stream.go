package sampletraffic

import (
	"sync/atomic"
	"time"
)

// Clock is event time, shared by all that make it pass. Safe for concurrent use.
type Clock struct{ ns atomic.Int64 }

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock {
	c := new(Clock)
	c.ns.Store(start.UnixNano())
	return c
}

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time { return time.Unix(0, c.ns.Load()) }

// Advance moves the clock on by d, at least 1 ns, and returns the time it showed
// before: no two callers get the same.
func (c *Clock) Advance(d time.Duration) time.Time {
	d = max(d, 1)
	return time.Unix(0, c.ns.Add(int64(d))-int64(d))
}

// Stream is traffic without end, out of a few prepared batches. Not for
// concurrent use, but several streams may share a clock.
type Stream struct {
	clock   *Clock
	batches []*Batch
	next    int
}

// NewStream prepares so many batches.
func NewStream(settings Settings, batches int, clock *Clock) *Stream {
	g := New(settings)
	s := &Stream{clock: clock, batches: make([]*Batch, 0, batches)}
	for range batches {
		s.batches = append(s.batches, g.Batch())
	}
	return s
}

// Next returns the next batch, at the clock's time and with new ids, and moves
// the clock on. The batch before it may be handed out again.
func (s *Stream) Next() *Batch {
	b := s.batches[s.next]
	s.next = (s.next + 1) % len(s.batches)
	b.Renew(s.clock.Advance(b.Length))
	return b
}
