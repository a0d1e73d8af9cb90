package baseline

// Peak is the largest of some sizes, and the largest of those that other sessions had.
type Peak struct {
	Top, Next float64
	Session   uint64 // that had the largest
	Ref       Ref
	Found     string
	At        int // sessions that had been seen when it was the largest for the first time
}

func (p *Peak) observe(size float64, m *moment, sessions int, found string) {
	switch {
	case p.Session == 0:
		p.Top, p.Session, p.Ref, p.Found = size, m.session, m.ref, shorten(found)
		p.Next, p.At = size, sessions
	case size > p.Top:
		if p.Session != m.session {
			p.Next = p.Top
		}
		p.Top, p.Session, p.Ref, p.Found, p.At = size, m.session, m.ref, shorten(found), sessions
	case size > p.Next && p.Session != m.session:
		p.Next = size
	}
}

// alone is true if the largest is far from all others, so many times.
func (p *Peak) alone(times float64) bool { return p.Top > times*max(1, p.Next) }
