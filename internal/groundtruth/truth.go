package groundtruth

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"
)

// truth is what really happened, indexed by what findings name.
type truth struct {
	attacks  []*attack                  // by first call
	byTrace  map[string][]int           // attacks, by index
	byClient map[string]map[int]moments // of each attack from that address
}

// attack is one instance.
type attack struct {
	id, kind    string
	expect      []string // sorted
	calls       moments
	traces      map[string]int // labelled calls, by trace
	first, last time.Time
}

// moments are times in order.
type moments []time.Time

// in counts the moments of a span of time, of which the end is no part.
func (m moments) in(w span) int {
	from := sort.Search(len(m), func(i int) bool { return !m[i].Before(w.from) })
	to := sort.Search(len(m), func(i int) bool { return !m[i].Before(w.to) })
	return max(0, to-from)
}

// span is a stretch of event time.
type span struct{ from, to time.Time }

// newTruth passes over calls that belong to no attack or have no time.
func newTruth(calls []Call) *truth {
	t := &truth{byTrace: make(map[string][]int), byClient: make(map[string]map[int]moments)}
	byTime := slices.SortedFunc(slices.Values(calls), func(a, b Call) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Attack, b.Attack), cmp.Compare(a.Kind, b.Kind))
	})
	index := make(map[string]int) // attacks, by id
	for i := range byTime {
		c := &byTime[i]
		if c.Attack == "" || c.At.IsZero() {
			continue
		}
		at := c.At.Round(0)
		n, known := index[c.Attack]
		if !known {
			n = len(t.attacks)
			index[c.Attack] = n
			t.attacks = append(t.attacks, &attack{id: c.Attack, kind: c.Kind, first: at, traces: make(map[string]int)})
		}
		a := t.attacks[n]
		a.calls, a.last = append(a.calls, at), at
		for _, kind := range c.Expect {
			if at, found := slices.BinarySearch(a.expect, kind); !found {
				a.expect = slices.Insert(a.expect, at, kind)
			}
		}
		if c.TraceID != "" {
			trace := strings.ToLower(c.TraceID)
			if a.traces[trace]++; a.traces[trace] == 1 {
				t.byTrace[trace] = append(t.byTrace[trace], n)
			}
		}
		if client := address(c.Client); client != "" {
			if t.byClient[client] == nil {
				t.byClient[client] = make(map[int]moments)
			}
			t.byClient[client][n] = append(t.byClient[client][n], at)
		}
	}
	return t
}

// begin is the first labelled call, the zero time if there is none.
func (t *truth) begin() time.Time {
	if len(t.attacks) == 0 {
		return time.Time{}
	}
	return t.attacks[0].first
}

// expects reports whether a finding of that kind would be right.
func (a *attack) expects(kind string) bool {
	_, ok := slices.BinarySearch(a.expect, kind)
	return ok
}
