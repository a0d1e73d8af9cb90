package apibaselineexporter

import "sync"

// period is for how long is learned.
type period struct {
	length int64 // ns from the first call on; 0: for ever
	until  int64 // ns since the epoch; 0: for ever
}

// over tells whether a time is after the period, if that began then.
func (p period) over(first, at int64) bool {
	return p.until != 0 && at >= p.until || p.length != 0 && at-first >= p.length
}

// times are those of what was learned from, in ns since the epoch; 0 before there is any.
type times struct {
	First int64 `json:"first"` // where the period begins
	Last  int64 `json:"last"`  // of the latest one
	Count int   `json:"count"` // traces and windows
	Over  int64 `json:"over"`  // of the first one that was too late
}

// calendar keeps these times. It is safe for concurrent use.
type calendar struct {
	period period

	mu    sync.Mutex
	times times
}

// firm is how much was learned from when the clock of the first is believed, so that one wrong clock neither begins the
// period nor ends it.
const firm = 100

// admits tells whether something of that time is to be learned from, and notes that it is.
func (c *calendar) admits(at int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.times
	leaps := c.period.length != 0 && at-t.Last >= c.period.length
	if t.Count == 0 || t.Count < firm && (at < t.First || leaps) {
		t.First = at
	}
	if c.period.over(t.First, at) {
		if t.Over == 0 {
			t.Over = at
		}
		return false
	}
	t.Last = at
	t.Count++
	return true
}

// over tells whether learning has ended. After a change of the period it may go on.
func (c *calendar) over() bool {
	t := c.now()
	return t.Over != 0 && c.period.over(t.First, t.Over)
}

func (c *calendar) now() times {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times
}

// restore takes up the times of a run before.
func (c *calendar) restore(t times) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = t
	if !c.period.over(t.First, t.Over) {
		c.times.Over = 0
	}
}
