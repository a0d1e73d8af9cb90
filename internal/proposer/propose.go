package proposer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Propose asks the model for invariants of a schema, proves what it proposes, and asks again with what was wrong. The
// same schema and answers give the same questions and rules. The error says that the settings are wrong, which leaves the
// outcome nil, or what ended the asking before its time: the context, a failed proof, or an endpoint that is of no use.
// Then the outcome has what came before.
func Propose(ctx context.Context, schema Schema, prove Prove, s Settings) (*Outcome, error) {
	s, err := s.complete()
	if err != nil {
		return nil, err
	}
	e, err := newEndpoint(&s)
	if err != nil {
		return nil, err
	}
	defer e.close()
	w := newWriter(&s)
	plan := newPlan(&schema, &s, w)
	p := &proposal{
		settings: &s, endpoint: e, prove: prove, instructions: instructions(&schema),
		maker: maker{references: schema.References, options: s.Compile}, seen: make(map[string]bool),
		outcome: &Outcome{Withheld: len(w.withheld), Failures: plan.left},
	}
	err = p.run(ctx, plan.questions())
	p.outcome.Requests = int(e.requests.Load())
	return p.outcome, err
}

// proposal is one run of [Propose].
type proposal struct {
	settings     *Settings
	endpoint     *endpoint
	prove        Prove
	maker        maker
	instructions string
	outcome      *Outcome

	seen  map[string]bool // what was proposed so far, by keyOf
	asked int             // questions of all rounds
}

// run asks, proves and asks again, round by round, so that the traffic is gone through once a round.
func (p *proposal) run(ctx context.Context, open []*question) error {
	for round := 1; len(open) > 0 && round <= p.settings.Rounds; round++ {
		if open = p.within(open); len(open) == 0 {
			break
		}
		p.outcome.Rounds = round
		answers, stopped := p.ask(ctx, open, round)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if stopped != nil {
			p.stopped(answers)
		}
		var candidates []candidate
		var wrong []*complaint
		for i, q := range open {
			good, bad := p.read(q, &answers[i], round)
			candidates = append(candidates, good...)
			wrong = append(wrong, bad)
		}
		proofs, err := p.proofs(ctx, candidates, round)
		if err != nil {
			return err
		}
		for i := range candidates {
			p.judge(&candidates[i], proofs[candidates[i].rule.ID], wrong[slices.Index(open, candidates[i].question)], round)
		}
		if stopped != nil {
			return stopped
		}
		open = p.again(open, wrong, round)
	}
	return nil
}

// within returns the questions that may still be asked.
func (p *proposal) within(open []*question) []*question {
	left := p.settings.MaxQuestions - p.asked
	if over := len(open) - left; over > 0 {
		p.fail("%d questions were not asked: %d are the most", over, p.settings.MaxQuestions)
		open = open[:left]
	}
	p.asked += len(open)
	return open
}

func (p *proposal) fail(format string, args ...any) {
	p.outcome.Failures = append(p.outcome.Failures, fmt.Sprintf(format, args...))
}

// read returns the rules of an answer that can be proved, and notes what is wrong with the others.
func (p *proposal) read(q *question, a *answer, round int) (good []candidate, wrong *complaint) {
	wrong = newComplaint(p.settings.MaxPromptBytes / complaintShare)
	p.meter(a)
	about := q.subject()
	if a.err != nil || !a.asked {
		p.unanswered(wrong, about, a, round)
		return nil, wrong
	}
	rules, err := readAnswer(a.text)
	if err != nil {
		p.unanswered(wrong, about, &answer{err: &amiss{err.Error()}, asked: true}, round)
		return nil, wrong
	}
	for i, raw := range rules {
		if i == mostAnswered {
			p.fail("%d rules of the answer about %s were not read: %d are the most", len(rules)-i, about, mostAnswered)
			break
		}
		rule, err := p.maker.rule(raw, q)
		if err != nil {
			p.outcome.reject(clip(string(raw), maxToldRule), err.Error(), round)
			wrong.add(raw, err.Error())
			continue
		}
		key := keyOf(&rule)
		if p.seen[key] {
			continue // two questions may lead to one rule, and a model may insist
		}
		p.seen[key] = true
		rule.Support = map[string]any{"source": source, "rounds": round}
		good = append(good, candidate{rule, q})
	}
	return good, wrong
}

// unanswered notes a question without an answer that can be read. The model may mend it in the next round, if there is
// one and it did answer.
func (p *proposal) unanswered(wrong *complaint, about string, a *answer, round int) {
	mendable, ok := errors.AsType[*amiss](a.err)
	switch {
	case !a.asked: // they are counted together
	case ok && round < p.settings.Rounds:
		wrong.answer = mendable.problem
	default:
		p.fail("the question about %s was not answered: %v", about, a.err)
	}
}

// proofs asks what the traffic says of the rules of a round.
func (p *proposal) proofs(ctx context.Context, candidates []candidate, round int) (map[string]*Proof, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	p.settings.Progress(Progress{Round: round, Rounds: p.settings.Rounds, Proving: true, Rules: len(p.outcome.Rules)})
	rules := make([]rulefile.Rule, len(candidates))
	for i := range candidates {
		rules[i] = candidates[i].rule
	}
	proofs, err := p.prove(ctx, rules)
	if err != nil {
		return nil, fmt.Errorf("prove the rules of the language model: %w", err)
	}
	by := make(map[string]*Proof, len(proofs))
	for i := range proofs {
		by[proofs[i].Rule.ID] = &proofs[i]
	}
	return by, nil
}

// judge takes a rule that held, and notes what is wrong with one that did not.
func (p *proposal) judge(c *candidate, proof *Proof, wrong *complaint, round int) {
	o := p.outcome
	var why string
	switch {
	case proof == nil:
		o.reject(lineOf(&c.rule), "it was not proved", round)
		return
	case proof.Violated <= 0 && proof.Doubt != "":
		o.reject(lineOf(&c.rule), proof.Doubt, round)
		return
	case proof.Violated <= 0 && proof.Held > 0:
		o.Rules = append(o.Rules, c.rule)
		return
	case proof.Violated > 0 && float64(proof.Violated) <= p.settings.Near*float64(proof.Held+proof.Violated):
		near := *proof
		near.Rule = c.rule
		o.Near = append(o.Near, near)
		return
	case proof.Violated > 0:
		why = p.refuted(&c.rule, proof)
		o.reject(lineOf(&c.rule), fmt.Sprintf("violated by %d of %d calls", proof.Violated, proof.Held+proof.Violated), round)
	default:
		why = fmt.Sprintf("no call could be judged by it (%d were tried): a field that it reads is missing, the comparison is of a number with "+
			"a text, or the condition in when is never met", max(0, proof.NotApplicable))
		o.reject(lineOf(&c.rule), "no call could be judged by it", round)
	}
	wrong.add(plain(textOf(&c.rule)), why)
}

// again returns the questions that something was wrong with the answers to, for the next round.
func (p *proposal) again(open []*question, wrong []*complaint, round int) []*question {
	var next []*question
	for i, q := range open {
		if wrong[i].any() && round < p.settings.Rounds {
			q.said, q.wrong = wrong[i].text()
			next = append(next, q)
		}
	}
	return next
}
