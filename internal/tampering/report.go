package tampering

import (
	"slices"

	"github.com/spanwarden/spanwarden/internal/check"
)

// Report is what a book found in copies, and what alarms it raised in normal traces.
type Report struct {
	Outcomes []Outcome
	// Calls are those of the normal traces, Front those at the front door.
	Calls, Front int
	// AlarmedCalls are the normal calls with any alarm.
	AlarmedCalls int
	// AllWindows are of 20 calls each, FrontWindows of 20 calls at the front door.
	AllWindows, FrontWindows Windows
	// FalseAlarms are the violations in normal traces without copies among them.
	FalseAlarms []check.Violation
	// Collateral are violations of normal calls that there are only among copies.
	Collateral []check.Violation
}

func newReport(normal []Trace, alone *Checked) *Report {
	r := &Report{FalseAlarms: alone.Violations}
	alarmed := make(map[string]bool)
	for i := range alone.Violations {
		alarmed[alone.Violations[i].TraceID+alone.Violations[i].SpanID] = true
	}
	r.AlarmedCalls = len(alarmed)
	var all, front []bool
	for _, c := range judgedCalls(normal) {
		alarm := alarmed[c.trace+c.span]
		all = append(all, alarm)
		if c.front {
			front = append(front, alarm)
		}
	}
	r.Calls, r.Front = len(all), len(front)
	r.AllWindows, r.FrontWindows = windows(all), windows(front)
	return r
}

// collateral notes an alarm in a normal trace that it does not have alone.
func (r *Report) collateral(v *check.Violation, own map[string][]string) {
	if !slices.Contains(own[v.TraceID], v.Invariant) {
		r.Collateral = append(r.Collateral, *v)
	}
}

// Score is how many copies of some kind there are and what became of them.
type Score struct{ Copies, Found, Explained, Shown int }

// Recall is the share of the copies that was found.
func (s Score) Recall() float64 { return ratio(s.Found, s.Copies) }

// ExplainedRecall is the share of the copies that a rule found that read a field that was tampered with.
func (s Score) ExplainedRecall() float64 { return ratio(s.Explained, s.Copies) }

// ShownRecall is the share of the copies that a rule found that read such a field, or an answer that is another one because
// of it.
func (s Score) ShownRecall() float64 { return ratio(s.Shown, s.Copies) }

// Score adds up what is wanted of the tampered copies; all if wanted is nil.
func (r *Report) Score(wanted func(*Outcome) bool) (s Score) {
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if !o.Sham && (wanted == nil || wanted(o)) {
			s.add(o)
		}
	}
	return s
}

func (s *Score) add(o *Outcome) {
	s.Copies++
	if o.Found {
		s.Found++
	}
	if o.Explained {
		s.Explained++
	}
	if o.Shown {
		s.Shown++
	}
}

// Hard is the score of the kinds that are hard.
func (r *Report) Hard() Score { return r.Score(func(o *Outcome) bool { return o.Hard }) }

// Shams is how many shams there are, and how many raise an alarm that their originals do not.
func (r *Report) Shams() (all, alarmed int) {
	for i := range r.Outcomes {
		if r.Outcomes[i].Sham {
			all++
			if r.Outcomes[i].Found {
				alarmed++
			}
		}
	}
	return all, alarmed
}

// Per1000 is how many of 1,000 normal calls raise an alarm.
func (r *Report) Per1000() float64 { return 1000 * ratio(r.AlarmedCalls, r.Calls) }
