package main

import (
	"fmt"
	"maps"

	"github.com/spanwarden/spanwarden/internal/baseline"
)

// verdicts are written into a result.
type verdicts struct {
	*baseline.Result
	learned map[string]*baseline.Learned
	near    map[string]int  // place in Near
	gone    map[string]bool // rules that are no near-invariants: they are violated too often, or never
}

func newVerdicts(r *baseline.Result) *verdicts {
	v := &verdicts{Result: r, learned: make(map[string]*baseline.Learned), near: make(map[string]int), gone: make(map[string]bool)}
	for i := range r.Rules {
		v.learned[r.Rules[i].Rule.ID] = &r.Rules[i]
	}
	for i := range r.Near {
		v.near[r.Near[i].Rule.ID] = i
	}
	return v
}

// keep tells of a rule that stays.
func (v *verdicts) keep(rule *baseline.Learned, p *baseline.Proof) {
	if rule.Evidence.Calls == 0 && p.Held+p.Violated > 0 { // a rule that was given
		rule.Evidence = evidenceOf(p)
		rule.Rule.Support = supported(rule.Rule.Support, &rule.Evidence)
	}
	rule.Evidence.Violations = p.Violated
	if p.Violated > 0 {
		rule.Evidence.Calls, rule.Evidence.Sessions = p.Held+p.Violated, p.Sessions
		v.tell(rule, p, true)
	} else if _, told := v.near[p.Rule.ID]; told { // for nothing
		v.gone[p.Rule.ID] = true
	}
}

// fail tells of a rule that goes.
func (v *verdicts) fail(p *baseline.Proof) {
	rule := v.learned[p.Rule.ID]
	switch {
	case rule == nil:
	case nearlyHeld(p):
		v.tell(rule, p, false)
	default:
		v.gone[p.Rule.ID] = true
		reject(v.Result, fmt.Sprintf("%s (%s)", rule.Sentence, rule.Rule.ID), "violated when all traces were judged by it")
	}
}

// tell puts a rule among the near-invariants, or replaces what the learner says of it there.
func (v *verdicts) tell(rule *baseline.Learned, p *baseline.Proof, taken bool) {
	evidence := rule.Evidence
	evidence.Calls, evidence.Sessions, evidence.Violations = p.Held+p.Violated, p.Sessions, p.Violated
	near := baseline.Near{Rule: rule.Rule, Sentence: rule.Sentence, Evidence: evidence, Exceptions: p.Exceptions, Taken: taken}
	if i, told := v.near[rule.Rule.ID]; told {
		v.Near[i] = near
		return
	}
	v.near[rule.Rule.ID] = len(v.Near)
	v.Near = append(v.Near, near)
}

// nearlyHeld is whether so few calls violate a rule that somebody should look at them.
func nearlyHeld(p *baseline.Proof) bool {
	const least = 10 // calls that held for one that did not
	return p.Held >= least*p.Violated
}

// evidenceOf is what a proof says for a rule.
func evidenceOf(p *baseline.Proof) baseline.Evidence {
	if p == nil || p.Held+p.Violated == 0 {
		return baseline.Evidence{}
	}
	return baseline.Evidence{
		Calls: p.Held + p.Violated, Sessions: p.Sessions, Violations: p.Violated,
		Risk: 1 / float64(p.Sessions+2), // Laplace's rule of succession
	}
}

// supported is the support of a rule with its evidence.
func supported(support map[string]any, e *baseline.Evidence) map[string]any {
	with := map[string]any{"calls": e.Calls, "sessions": e.Sessions}
	maps.Copy(with, support)
	return with
}
