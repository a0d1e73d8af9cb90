package baseline

import "time"

// Column is what is known of the values at one place of an API's calls.
type Column struct {
	Nulls  Support
	Values Values
	Secret bool // no value is kept
	Light  bool // of an answer: its form says nothing of the request
	// Kinds are the claims that all values but nulls are of one kind.
	Kinds   [kinds]Claim
	Huge    bool // some whole number is no int of rules
	Doubles bool // some number was written with a fraction or an exponent

	Sign     Claim // numbers are not below zero
	Positive Claim // numbers are above zero
	Max      Peak
	Shortest int // of texts, in characters
	Longest  Peak
	Forms    [forms]Claim
	NotPast  Claim // a date is not before the call's day
	Classes  []Class
}

// Class is a class of characters with the texts that have it.
type Class struct {
	Class int
	At    int // sessions that had been seen with it
	Seen  Support
	Refs  []Ref
	Found []string
}

func (c *Column) observe(s *scalar, m *moment) {
	if s.kind == null {
		c.Nulls.add(m)
		return
	}
	first := c.Values.Seen.Calls == 0
	c.Values.observe(s, m)
	found := s.text
	if c.Secret {
		c.Values.List, c.Values.More, found = nil, true, ""
	}
	for k := boolean; k < kinds; k++ {
		if claim := &c.Kinds[k]; claim.alive() {
			claim.observe(m, s.kind == k || s.kind.number() && k.number(), found)
		}
	}
	switch s.kind {
	case integer, decimal:
		c.number(s, m, found)
	case text:
		if !c.Light {
			c.text(s, m, first, found)
		}
	}
}

func (c *Column) number(s *scalar, m *moment, found string) {
	c.Doubles = c.Doubles || s.kind == decimal
	c.Huge = c.Huge || s.huge
	c.Sign.observe(m, s.number >= 0, found)
	c.Positive.observe(m, s.number > 0, found)
	c.Max.observe(s.number, m, c.Values.Seen.Sessions, found)
}

func (c *Column) text(s *scalar, m *moment, first bool, found string) {
	set := classesOf(s.text)
	n := characters(s.text)
	if first || n < c.Shortest {
		c.Shortest = n
	}
	c.Longest.observe(float64(n), m, c.Values.Seen.Sessions, found)
	for f := range forms {
		if claim := &c.Forms[f]; claim.alive() {
			claim.observe(m, f.has(s.text), found)
		}
	}
	if c.NotPast.alive() && c.Forms[dateForm].alive() {
		if day := dayOf(s.text); day != "" {
			c.NotPast.observe(m, day >= dayAt(m.ref.Start-int64(24*time.Hour)), found)
		}
	}
	for class := range classes {
		if set.has(class) {
			c.class(class, m, found)
		}
	}
}

func (c *Column) class(class int, m *moment, found string) {
	for i := range c.Classes {
		if known := &c.Classes[i]; known.Class == class {
			known.add(m, found)
			return
		}
	}
	c.Classes = append(c.Classes, Class{Class: class, At: c.Values.Seen.Sessions})
	c.Classes[len(c.Classes)-1].add(m, found)
}

func (c *Class) add(m *moment, found string) {
	c.Seen.add(m)
	switch {
	case common(c.Class):
	case c.Seen.Calls <= rareRefs:
		c.Refs = append(c.Refs, m.ref)
		c.Found = append(c.Found, shorten(found))
	default: // nobody asks for calls with what is not rare
		c.Refs, c.Found = nil, nil
	}
}

// rareRefs is how many calls are kept of a class of characters.
const rareRefs = 8

// characters is the size of a text as rules have it.
func characters(s string) (n int) {
	for range s {
		n++
	}
	return n
}
