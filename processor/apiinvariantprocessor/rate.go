package apiinvariantprocessor

import (
	"strings"
	"sync"
	"time"
)

// rateLimit is how many violations of one rule by one caller are emitted in an
// interval.
type rateLimit struct {
	most     int
	interval time.Duration
}

// rateCap holds violations back beyond the limit, and tells how many those were
// with the next one that is let through. Safe for concurrent use.
type rateCap struct {
	rateLimit
	size int // pairs of rule and caller

	mu      sync.Mutex
	pairs   map[rulePair]rateCount
	others  map[string]rateCount // by rule: all callers that there is no room for
	cleaned int64
}

type rulePair struct{ rule, caller string }

// rateCount is that of one pair.
type rateCount struct {
	began   int64 // of the interval, ns
	emitted int
	held    int64 // back since the last one that was emitted
}

const (
	maxPairs = 10_000
	// forgotten after so many intervals is what was held back of a caller that does
	// not come again; the metric has it.
	forgottenAfter = 10
	cleanings      = 10 // in an interval, at most
)

func newRateCap(limit rateLimit) *rateCap {
	return &rateCap{rateLimit: limit, size: maxPairs, pairs: make(map[rulePair]rateCount), others: make(map[string]rateCount)}
}

// allow tells whether a violation is emitted, and how many were held back before
// it. The caller may be any text, also one that is gone soon.
func (r *rateCap) allow(rule, caller string, now int64) (held int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := rulePair{rule, caller}
	count, known := r.pairs[pair]
	if !known && !r.hasRoom(now) {
		count = r.others[rule]
		held, ok = r.take(&count, now)
		r.others[rule] = count
		return held, ok
	}
	if !known {
		pair.caller = strings.Clone(caller)
	}
	held, ok = r.take(&count, now)
	r.pairs[pair] = count
	return held, ok
}

// restore gives back what was to be told with a violation that was not emitted after
// all, and counts that one as held back.
func (r *rateCap) restore(rule, caller string, held int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := rulePair{rule, caller}
	if count, known := r.pairs[pair]; known {
		count.held += held + 1
		r.pairs[pair] = count
	} else if count, known := r.others[rule]; known {
		count.held += held + 1
		r.others[rule] = count
	}
}

func (r *rateCap) take(c *rateCount, now int64) (held int64, ok bool) {
	if r.age(c, now) >= 1 {
		c.began, c.emitted = now, 0
	}
	if c.emitted >= r.most {
		c.held++
		return 0, false
	}
	held, c.held = c.held, 0
	c.emitted++
	return held, true
}

// age is how many intervals ago the count began; that of a clock that went back
// is over.
func (r *rateCap) age(c *rateCount, now int64) int64 {
	if now < c.began {
		return forgottenAfter
	}
	return (now - c.began) / int64(r.interval)
}

// hasRoom tells whether there is room for another pair, if need be by letting go
// of those that are over.
func (r *rateCap) hasRoom(now int64) bool {
	if len(r.pairs) < r.size {
		return true
	}
	if since := now - r.cleaned; since >= 0 && since < int64(r.interval)/cleanings {
		return false
	}
	r.cleaned = now
	for pair, c := range r.pairs {
		if r.over(&c, now) {
			delete(r.pairs, pair)
		}
	}
	for rule, c := range r.others {
		if r.over(&c, now) {
			delete(r.others, rule)
		}
	}
	return len(r.pairs) < r.size
}

func (r *rateCap) over(c *rateCount, now int64) bool {
	age := r.age(c, now)
	return age >= forgottenAfter || age >= 1 && c.held == 0
}
