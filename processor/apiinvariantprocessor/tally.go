package apiinvariantprocessor

import (
	"sync/atomic"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// tally counts what became of a rule. It is read when metrics are, and costs one
// addition for each evaluation.
type tally struct {
	held, violated      atomic.Int64
	notApplicable       [reasons]atomic.Int64
	emitted, suppressed atomic.Int64
}

// reasons is one more than the greatest [invariant.Reason].
const reasons = int(invariant.Other) + 1

func (t *tally) add(v *invariant.Verdict) {
	switch v.Outcome {
	case invariant.Holds:
		t.held.Add(1)
	case invariant.Violated:
		t.violated.Add(1)
	case invariant.NotApplicable:
		t.notApplicable[v.Reason].Add(1)
	}
}

// outcome is how often the rule had that outcome.
func (t *tally) outcome(o invariant.Outcome) int64 {
	switch o {
	case invariant.Holds:
		return t.held.Load()
	case invariant.Violated:
		return t.violated.Load()
	case invariant.NotApplicable:
	}
	sum := int64(0)
	for i := range t.notApplicable {
		sum += t.notApplicable[i].Load()
	}
	return sum
}
