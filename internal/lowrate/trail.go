package lowrate

import (
	"math"
	"slices"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// trail is what a client left behind in the period: a step for each window with
// requests, oldest first.
type trail struct {
	last  int64 // number of the newest step's window: its start / its length
	steps []step
}

// step is one window with requests, 16 bytes.
type step struct {
	resources traffic.Resources
	window    uint16 // the low bits of its number, enough beside the trail's last
	calls     uint16 // these three stop at the largest figure
	failed    uint16
	endpoints uint16
}

func stepOf(v *traffic.Vector, number int64) step {
	return step{
		resources: v.Resources, window: uint16(number),
		calls: saturate(v.TotalCalls), failed: saturate(v.NumFailed), endpoints: saturate(v.DistinctEndpoints),
	}
}

func saturate(n int64) uint16 { return uint16(max(0, min(n, math.MaxUint16))) }

// number of the window of step i. All steps are less than maxWindows older than
// the last one.
func (t *trail) number(i int) int64 { return t.last - int64(uint16(t.last)-t.steps[i].window) }

// add puts the step of window number into its place and drops what has left the
// period, counted in windows. A second step of one window, as after a restart in
// its middle, is merged with the first.
func (t *trail) add(number int64, s step, period int) {
	if len(t.steps) == 0 {
		t.last = number
	}
	newest := max(t.last, number)
	if newest-number >= int64(period) {
		return
	}
	t.drop(newest - int64(period) + 1)
	at := len(t.steps)
	for at > 0 && t.number(at-1) > number {
		at--
	}
	if at > 0 && t.number(at-1) == number {
		t.steps[at-1].merge(&s)
		return
	}
	t.grow(period)
	t.steps = slices.Insert(t.steps, at, s)
	t.last = newest
}

// stale is how many steps are before the window numbered oldest.
func (t *trail) stale(oldest int64) int {
	n := 0
	for n < len(t.steps) && t.number(n) < oldest {
		n++
	}
	return n
}

// drop forgets the steps before the window numbered oldest.
func (t *trail) drop(oldest int64) {
	if n := t.stale(oldest); n > 0 {
		t.steps = t.steps[:copy(t.steps, t.steps[n:])]
	}
}

// grow makes place for one more step. Most clients make few: a quarter more each
// time wastes less than append's doubling.
func (t *trail) grow(period int) {
	if len(t.steps) < cap(t.steps) {
		return
	}
	steps := make([]step, len(t.steps), max(len(t.steps)+1, min(period, len(t.steps)*5/4+1)))
	copy(steps, t.steps)
	t.steps = steps
}

func (s *step) merge(other *step) {
	s.resources |= other.resources
	s.calls = saturate(int64(s.calls) + int64(other.calls))
	s.failed = saturate(int64(s.failed) + int64(other.failed))
	s.endpoints = max(s.endpoints, other.endpoints)
}

// total is a trail summed up.
type total struct {
	calls, failed, windows int
	endpoints              int // most in one window
	resources              traffic.Resources
}

func (t *total) add(s *step) {
	t.windows++
	t.calls += int(s.calls)
	t.failed += int(s.failed)
	t.endpoints = max(t.endpoints, int(s.endpoints))
	t.resources |= s.resources
}

func (t *trail) sum() (sum total) {
	for i := range t.steps {
		sum.add(&t.steps[i])
	}
	return sum
}
