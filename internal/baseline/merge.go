package baseline

import (
	"strings"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// Two kinds of objects may be the same entities: what is created is one answer, what is made of it later another, and the
// statements that do it a third. They are told by their ids.

const (
	mergeAfter = 20 // rows of a collection
	mergeShare = 0.9
)

// meet takes in which other collections have a key too, and makes one of two that have the same. It returns the collection
// that the row belongs to.
func (s *scene) meet(c *Collection, t *reference.Transaction, key *scalar, at int64) *Collection {
	if c.Into > 0 {
		return s.last(c)
	}
	if c.Calls || c.Met >= mergeAfter {
		return c
	}
	c.Met++
	for len(c.With) < len(s.Collections) {
		c.With = append(c.With, 0)
	}
	for i, d := range s.Collections {
		if d == c || d.Calls || d.Into > 0 || !c.like(d, key) {
			continue
		}
		if _, found := t.Peek(d.id, reference.Key(valueOf(key)), at); found {
			c.With[i]++
		}
	}
	if c.Met < mergeAfter {
		return c
	}
	best := -1
	for i := range s.Collections { // in order, so that the same traces make the same collections
		if n := c.With[i]; s.Collections[i].Into == 0 && float64(n) >= mergeShare*mergeAfter && (best < 0 || n > c.With[best]) {
			best = i
		}
	}
	if best < 0 {
		return c
	}
	d := s.Collections[best]
	c.Into = best + 1
	d.Merges++
	for _, source := range c.Sources {
		if len(d.Sources) < mostSources {
			d.Sources = append(d.Sources, source)
		}
	}
	return d
}

// last follows a collection to the one that has its rows now.
func (s *scene) last(c *Collection) *Collection {
	for c.Into > 0 {
		c = s.Collections[c.Into-1]
	}
	return c
}

// like is true if the keys of two collections are names of the same kind: unmistakable ones, or numbers of things of one name.
func (c *Collection) like(d *Collection, key *scalar) bool {
	if keyRank(c.Key) != 0 || keyRank(d.Key) != 0 {
		return false
	}
	if whole, _ := isNumber(key.text); !whole {
		return len(key.text) >= 8
	}
	return noun(c.Name) == noun(d.Name)
}

// noun is what a collection is of: tables and answers may have one name.
func noun(name string) string {
	name = strings.TrimPrefix(name, "table-")
	return strings.TrimRight(strings.TrimRight(name, "0123456789"), "-s")
}
