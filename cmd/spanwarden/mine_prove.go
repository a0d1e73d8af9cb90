package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/proposer"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// judgement is what a traffic says of rules.
type judgement struct {
	kept       map[string]*baseline.Proof // by id
	failed     []*baseline.Proof          // rules that are violated too often
	references *reference.Store           // what the traffic showed of what the kept rules read
}

// judged goes through the traffic with the rules of a file, as check does it. Rules that are violated by more than a share
// of their calls are taken out of the file, and it begins anew without them until there is none: a violated rule keeps
// traces from what the others know of earlier calls.
func (t *teaching) judged(ctx context.Context, file *rulefile.File, tolerance float64) (*judgement, error) {
	out := &judgement{}
	for {
		prover, err := baseline.NewProver(file)
		if err != nil {
			return nil, err
		}
		if err := t.each(ctx, "traces judged", prover.Observe); err != nil {
			return nil, err
		}
		proofs := prover.Proofs()
		out.kept, out.references = make(map[string]*baseline.Proof), prover.References()
		before := len(out.failed)
		for i := range proofs {
			p := &proofs[i]
			if float64(p.Violated) > tolerance*float64(p.Held+p.Violated) {
				out.failed = append(out.failed, p)
			} else {
				out.kept[p.Rule.ID] = p
			}
		}
		if len(out.failed) == before {
			return out, nil
		}
		file.Rules = slices.DeleteFunc(file.Rules, func(rule rulefile.Rule) bool { return out.kept[rule.ID] == nil })
	}
}

// prove judges the traffic by the rules of the result. Those that are violated too often leave the file, and of all that
// are violated the exceptions are told.
func (m *mining) prove(ctx context.Context, t *teaching, r *baseline.Result) (*minereport.Proof, *reference.Store, error) {
	judged, err := t.judged(ctx, r.File, m.tolerance)
	if err != nil {
		return nil, nil, err
	}
	kept, failed := judged.kept, judged.failed
	v := newVerdicts(r)
	proof := &minereport.Proof{Failed: len(failed), Applied: make(map[string]int)}
	for _, p := range kept {
		proof.Applied[p.Rule.ID] = p.Held + p.Violated
	}
	for i := range r.Rules {
		if p := kept[r.Rules[i].Rule.ID]; p != nil {
			v.keep(&r.Rules[i], p)
		}
	}
	for _, p := range failed {
		v.fail(p)
	}
	for i := range r.File.Rules {
		if rule := v.learned[r.File.Rules[i].ID]; rule != nil {
			r.File.Rules[i].Support = rule.Rule.Support
		}
	}
	r.Near = slices.DeleteFunc(r.Near, func(n baseline.Near) bool { return v.gone[n.Rule.ID] })
	r.Rules = slices.DeleteFunc(r.Rules, func(rule baseline.Learned) bool { return kept[rule.Rule.ID] == nil })
	return proof, judged.references, nil
}

// proving proves what a language model proposes.
type proving struct {
	*teaching
	references *rulefile.File
	proofs     map[string]*baseline.Proof // of all rules so far, by id
}

// fewSupporters is how many sessions are too few to believe a rule that somebody guessed.
const fewSupporters = 8

// prove is a [proposer.Prove].
func (p *proving) prove(ctx context.Context, rules []rulefile.Rule) ([]proposer.Proof, error) {
	judged, err := p.judged(ctx, &rulefile.File{Rules: slices.Clone(rules), References: p.references.References}, 0)
	if err != nil {
		return nil, err
	}
	by := judged.kept
	for _, proof := range judged.failed {
		by[proof.Rule.ID] = proof
	}
	common, err := p.common(ctx, judged.failed)
	if err != nil {
		return nil, err
	}
	var proofs []proposer.Proof
	for i := range rules {
		proof := by[rules[i].ID]
		p.proofs[rules[i].ID] = proof
		told := proposer.Proof{
			Rule: proof.Rule, Held: proof.Held, Violated: proof.Violated, NotApplicable: proof.NotApplicable, Common: common[rules[i].ID],
		}
		if proof.Sessions < fewSupporters {
			told.Doubt = fmt.Sprintf("held in %d sessions only", proof.Sessions)
		}
		for _, x := range proof.Exceptions {
			told.Exceptions = append(told.Exceptions, x.API+": "+x.Found)
		}
		proofs = append(proofs, told)
	}
	return proofs, nil
}

// sentenceOf is what holds where nobody but the rule says it: its message tells what does not.
func sentenceOf(rule *rulefile.Rule) string {
	if rule.Message != "" {
		return "it never happens that " + strings.TrimRight(rule.Message, ".")
	}
	return rule.Check.Text
}

// taken are the rules that there are.
type taken struct{ ids, sayings map[string]bool }

func newTaken(r *baseline.Result) *taken {
	t := &taken{make(map[string]bool), make(map[string]bool)}
	for i := range r.File.Rules {
		t.add(&r.File.Rules[i])
	}
	for i := range r.Near {
		t.add(&r.Near[i].Rule)
	}
	return t
}

func (t *taken) add(rule *rulefile.Rule) {
	t.ids[rule.ID] = true
	t.sayings[saying(rule)] = true
}

// says is whether a rule is there under any id.
func (t *taken) says(rule *rulefile.Rule) bool { return t.sayings[saying(rule)] }

func saying(rule *rulefile.Rule) string {
	var b strings.Builder
	for _, service := range rule.Services {
		b.WriteString(service + "\n")
	}
	for _, api := range rule.APIs {
		b.WriteString("\n" + api.String())
	}
	for _, text := range []string{rule.When.Text, rule.Check.Text} {
		b.WriteString("\n\n" + strings.Join(strings.Fields(text), " "))
	}
	return b.String()
}

// freeID returns the id, with a number behind it if it is taken.
func (t *taken) freeID(id string) string {
	free := id
	for i := 2; t.ids[free]; i++ {
		suffix := fmt.Sprintf("-%d", i)
		free = id[:min(len(id), rulefile.MaxIDBytes-len(suffix))] + suffix
	}
	return free
}
