package calltree

// clock makes wall clocks, which may step, into one that begins at 0 and never
// goes back.
type clock struct {
	started      bool
	skew, latest int64
	leap         int64 // a step back of more than this is taken for a new time, a smaller one for a straggler
}

func (c *clock) at(now int64) int64 {
	if !c.started {
		c.started, c.skew = true, -now
	}
	t := now + c.skew
	if c.latest-t > c.leap {
		c.skew += c.latest - t
	}
	c.latest = max(c.latest, t)
	return c.latest
}
