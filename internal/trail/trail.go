package trail

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

// step is one window with requests, 24 bytes.
type step struct {
	endpoints, resources traffic.Sketch

	calls, failed uint16 // these three stop at the largest figure
	distinct      uint16 // endpoints
	window        uint8  // the low bits of its number, enough beside the trail's last
	partial       bool   // the sketches lack what was lost at a restart
}

func stepOf(v *traffic.Vector, number int64) step {
	return step{
		endpoints: v.Endpoints, resources: v.Resources, window: uint8(number),
		calls: saturate(v.TotalCalls), failed: saturate(v.NumFailed), distinct: saturate(v.DistinctEndpoints),
	}
}

func saturate(n int64) uint16 { return uint16(max(0, min(n, math.MaxUint16))) }

// number of the window of step i. All steps are less than MaxWindows older than
// the last one.
func (t *trail) number(i int) int64 { return t.last - int64(uint8(t.last)-t.steps[i].window) }

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
	s.endpoints |= other.endpoints
	s.resources |= other.resources
	s.partial = s.partial || other.partial
	s.calls = saturate(int64(s.calls) + int64(other.calls))
	s.failed = saturate(int64(s.failed) + int64(other.failed))
	s.distinct = max(s.distinct, other.distinct)
}

func (t *trail) sum() (sum Past) {
	for i := range t.steps {
		sum.add(&t.steps[i])
	}
	return sum
}
