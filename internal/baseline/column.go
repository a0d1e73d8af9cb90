package baseline

// Column is what is known of the values at one place of an API's calls.
type Column struct {
	Nulls  Support
	Values Values
	// Kinds are the claims that all values but nulls are of one kind.
	Kinds   [kinds]Claim
	Huge    bool // some whole number is no int of rules
	Doubles bool // some number was written with a fraction or an exponent

	Sign     Claim // numbers are not below zero
	Positive Claim // numbers are above zero
	Min      float64
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
	for k := boolean; k < kinds; k++ {
		if claim := &c.Kinds[k]; claim.alive() {
			claim.observe(m, s.kind == k || s.kind.number() && k.number(), s.text)
		}
	}
	switch s.kind {
	case integer, decimal:
		c.number(s, m, first)
	case text:
		c.text(s, m, first)
	}
}

func (c *Column) number(s *scalar, m *moment, first bool) {
	c.Doubles = c.Doubles || s.kind == decimal
	c.Huge = c.Huge || s.huge
	c.Sign.observe(m, s.number >= 0, s.text)
	c.Positive.observe(m, s.number > 0, s.text)
	if first || s.number < c.Min {
		c.Min = s.number
	}
	c.Max.observe(s.number, m, s.text)
}

func (c *Column) text(s *scalar, m *moment, first bool) {
	set := classesOf(s.text)
	n := characters(s.text)
	if first || n < c.Shortest {
		c.Shortest = n
	}
	c.Longest.observe(float64(n), m, s.text)
	for f := range forms {
		if claim := &c.Forms[f]; claim.alive() {
			claim.observe(m, f.has(s.text), s.text)
		}
	}
	if c.NotPast.alive() && c.Forms[dateForm].alive() {
		if day := dayOf(s.text); day != "" {
			c.NotPast.observe(m, day >= dayAt(m.ref.Start), s.text)
		}
	}
	for class := range classes {
		if set.has(class) {
			c.class(class, s, m)
		}
	}
}

func (c *Column) class(class int, s *scalar, m *moment) {
	for i := range c.Classes {
		if known := &c.Classes[i]; known.Class == class {
			known.add(s, m)
			return
		}
	}
	c.Classes = append(c.Classes, Class{Class: class})
	c.Classes[len(c.Classes)-1].add(s, m)
}

func (c *Class) add(s *scalar, m *moment) {
	c.Seen.add(m)
	if len(c.Refs) < keptRefs {
		c.Refs = append(c.Refs, m.ref)
		c.Found = append(c.Found, shorten(s.text))
	}
}

// characters is the size of a text as rules have it.
func characters(s string) (n int) {
	for range s {
		n++
	}
	return n
}
