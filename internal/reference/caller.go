package reference

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"unsafe"
)

// caller is somebody who makes calls: a session, or a user.
type caller struct {
	name        string
	number      uint64 // of the name, whoever comes back has the same
	commit      uint64 // the next one when the caller came
	first, last int64  // starts of its transactions and times of its writes
	partial     bool   // something that it did was not written
	gone        bool   // nobody knows it any more
	within      place[caller]
}

func (c *caller) place() *place[caller] { return &c.within }

// newCaller numbers callers so that nobody can choose to have somebody else's.
func newCaller(name string, at int64) *caller {
	sum := sha256.Sum256([]byte(name))
	return &caller{name: name, number: binary.BigEndian.Uint64(sum[:]), first: at, last: at}
}

func (c *caller) size() int64 {
	return mapEntry + int64(unsafe.Sizeof(*c)) + textSize(c.name)
}

// callers are those that are known.
type callers struct {
	byName   map[string]*caller
	order    order[caller, *caller] // by when they were last heard of
	bytes    int64
	lost     bool  // somebody is not known any more
	lostUpTo int64 // the latest time when one of those was heard of
	evicted  int64
}

// callersShare is the part of all memory that callers may take: one of so many.
const callersShare = 4

// hear returns the record of a caller, nil for nobody, and notes that something was heard at that time.
func (s *Store) hear(name string, at int64) *caller {
	if name == "" {
		return nil
	}
	name = short(name)
	c := s.callers.byName[name]
	if c == nil {
		c = newCaller(strings.Clone(name), at)
		c.commit = s.commits + 1
		s.addCaller(c)
		return c
	}
	c.first, c.last = min(c.first, at), max(c.last, at)
	s.callers.order.remove(c)
	s.callers.order.push(c)
	return c
}

// hear is [Store.hear], faster for the caller whose transaction it is.
func (t *Transaction) hear(name string, at int64) *caller {
	if c := t.caller; c != nil && c.name == name && !c.gone {
		c.first, c.last = min(c.first, at), max(c.last, at)
		return c
	}
	return t.store.hear(name, at)
}

func (s *Store) addCaller(c *caller) {
	s.callers.byName[c.name] = c
	s.callers.order.push(c)
	s.callers.bytes += c.size()
	s.bytes += c.size()
	for s.callers.order.len > 1 && (s.callers.order.len > s.settings.MaxCallers || s.callers.bytes > s.settings.MaxBytes/callersShare) {
		s.evictCaller(s.callers.order.oldest)
	}
	s.makeRoom()
}

func (s *Store) evictCaller(c *caller) {
	if !s.callers.lost || c.last > s.callers.lostUpTo {
		s.callers.lostUpTo = c.last
	}
	s.callers.lost, c.gone = true, true
	s.callers.evicted++
	delete(s.callers.byName, c.name)
	s.callers.order.remove(c)
	s.callers.bytes -= c.size()
	s.bytes -= c.size()
}

// complete is true if all that the caller did, and that was written to the collection, is there.
func (s *Store) complete(name string, of *collection) bool {
	c := s.callers.byName[short(name)]
	switch {
	case c == nil || c.partial:
		return false
	case !s.afterwards(c.first, s.since):
		return false // it may have been there before the store was
	case s.callers.lost && !s.afterwards(c.first, s.callers.lostUpTo):
		return false // it may be one that was forgotten
	}
	return !of.lost || of.lostUpTo < c.commit
}

// afterwards is true if t is so long after what was before that no session spans both.
func (s *Store) afterwards(t, before int64) bool {
	return t >= before && uint64(t)-uint64(before) >= uint64(s.settings.CompleteAfter)
}
