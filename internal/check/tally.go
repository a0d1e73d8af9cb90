package check

import "github.com/spanwarden/spanwarden/internal/invariant"

// Tally is how often a rule had which outcome.
type Tally struct {
	Rule           *invariant.Rule
	Held, Violated int

	reasons map[invariant.Reason]int // why it was not applicable
}

func (t *Tally) count(v *invariant.Verdict) {
	switch v.Outcome {
	case invariant.Holds:
		t.Held++
	case invariant.Violated:
		t.Violated++
	default:
		if t.reasons == nil {
			t.reasons = make(map[invariant.Reason]int)
		}
		t.reasons[v.Reason]++
	}
}

// Applied is on how many calls the rule said something.
func (t *Tally) Applied() int { return t.Held + t.Violated }

// NotApplicable is on how many calls it said nothing, and the most frequent reason for that; the first of
// [invariant.Reasons] of several, [invariant.None] without such calls.
func (t *Tally) NotApplicable() (calls int, most invariant.Reason) {
	for _, reason := range invariant.Reasons() {
		n := t.reasons[reason]
		calls += n
		if n > t.reasons[most] {
			most = reason
		}
	}
	return calls, most
}
