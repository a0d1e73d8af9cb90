package grow

import "github.com/spanwarden/spanwarden/internal/forest"

// sample is a row of a tree's sample.
type sample struct {
	row uint32
	tag tag
}

// tag is what a split has to know of a row: how often it was drawn, and its class.
type tag uint32

func newTag(times uint32, class int32) tag { return tag(min(times, 1<<24-1)<<8 | uint32(class)) }

func (t tag) times() uint32 { return uint32(t >> 8) }
func (t tag) class() uint8  { return uint8(t) }

// node is what the rows of a node are, by class. Only the classes that occur have a
// place, from 0 to places-1, so that deep down the few that are left cost as much as
// if there were no others.
type node struct {
	minLeaf uint32
	times   [forest.MaxClasses]uint32 // rows of each class, as often as drawn
	place   [forest.MaxClasses]uint8  // of each class
	places  int
	weights [forest.MaxClasses]float64 // of the class at each place
	total   side
	weight  float64 // of all rows
}

// side is rows on one side of a split.
type side struct {
	times [forest.MaxClasses]uint32 // rows of the class at each place, as often as drawn
	rows  uint32                    // distinct ones
}

// clear leaves no rows of the classes at that many places.
func (s *side) clear(places int) {
	clear(s.times[:places])
	s.rows = 0
}

func (s *side) add(t tag, n *node) {
	s.times[n.place[t.class()]] += t.times()
	s.rows++
}

// pair is the rows of two classes.
func (s *side) pair() pair { return newPair(s.times[0], 0) + newPair(s.times[1], 1) }

// complement makes it the node's other side.
func (s *side) complement(n *node) {
	for place := range n.places {
		s.times[place] = n.total.times[place] - s.times[place]
	}
	s.rows = n.total.rows - s.rows
}

// count takes the rows of a node in, where classes have these weights.
func (n *node) count(rows []sample, weights []float64) {
	if len(weights) == 2 {
		all, second := uint32(0), uint32(0)
		for _, s := range rows {
			all += s.tag.times()
			second += s.tag.times() & -uint32(s.tag.class())
		}
		n.times[0], n.times[1] = all-second, second
	} else {
		clear(n.times[:len(weights)])
		for _, s := range rows {
			n.times[s.tag.class()] += s.tag.times()
		}
	}
	n.places, n.weight = 0, 0
	n.total.rows = uint32(len(rows))
	for class, weight := range weights {
		times := n.times[class]
		if times == 0 {
			continue
		}
		n.place[class] = uint8(n.places)
		n.weights[n.places] = weight
		n.total.times[n.places] = times
		n.weight += weight * float64(times)
		n.places++
	}
}

// allowed says whether a split may send that many distinct rows to the left.
func (n *node) allowed(left uint32) bool {
	return n.minLeaf == 1 || left >= n.minLeaf && n.total.rows-left >= n.minLeaf
}
