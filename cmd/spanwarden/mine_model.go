package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/proposer"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// modelFlags are the options of asking a language model.
type modelFlags struct {
	url      string
	name     string
	keyEnv   string
	keyNamed bool // by the user
	values   bool
	rounds   int
	timeout  time.Duration
}

// mostRounds of questions, as the proposer allows.
const mostRounds = 10

func (m *modelFlags) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&m.url, "llm-url", "", "`URL` of an OpenAI-compatible endpoint, such as http://localhost:11434/v1, whose model proposes rules (default none is asked)")
	flags.StringVar(&m.name, "llm-model", "", "`NAME` of the model, as the endpoint has it")
	flags.StringVar(&m.keyEnv, "llm-key-env", "OPENAI_API_KEY", "environment `VARIABLE` that has the key for the endpoint, if it takes one")
	flags.BoolVar(&m.values, "llm-values", false, "let the model see values of calls, not only names and types")
	flags.DurationVar(&m.timeout, "llm-timeout", 2*time.Minute, "how long an answer may take, 1ms to 1h")
	flags.IntVar(&m.rounds, "llm-rounds", 3, "how often the model is asked at most, with what was wrong the last time, 1 to 10")
}

func (m *modelFlags) check() error {
	var errs []error
	switch {
	case m.url == "" && (m.name != "" || m.values || m.keyNamed):
		errs = append(errs, errors.New("--llm-url is missing: name the endpoint of the language model, or leave out the other --llm flags"))
	case m.url != "" && m.name == "":
		errs = append(errs, errors.New("--llm-model is missing: name the model that --llm-url is asked for"))
	}
	if t := m.timeout; t != 0 && t < time.Millisecond || t > time.Hour { // 0 is the default
		errs = append(errs, fmt.Errorf("--llm-timeout is %v: use a value from 1ms to 1h", m.timeout))
	}
	if m.rounds < 1 || m.rounds > mostRounds {
		errs = append(errs, fmt.Errorf("--llm-rounds is %d: use a value from 1 to %d", m.rounds, mostRounds))
	}
	if len(errs) == 0 && m.url != "" { // of no APIs nobody is asked
		if _, err := proposer.Propose(context.Background(), proposer.Schema{}, nil, m.settings()); err != nil {
			errs = append(errs, fmt.Errorf("--llm-url, --llm-model, --llm-key-env: %w", err))
		}
	}
	return errors.Join(errs...)
}

// settings of the proposer. A key that nobody asked for may be missing: endpoints on the same machine take none.
func (m *modelFlags) settings() proposer.Settings {
	s := proposer.Settings{URL: m.url, Model: m.name, KeyVariable: m.keyEnv, Rounds: m.rounds, Timeout: m.timeout, ShowValues: m.values}
	if !m.keyNamed && os.Getenv(m.keyEnv) == "" {
		s.KeyVariable = ""
	}
	return s
}

// ask has a language model propose rules, and adds those that hold to the result. If it is of no use, that is told, and
// the rules of the learner are as good as before.
func (m *mining) ask(ctx context.Context, t *teaching, r *baseline.Result) (*minereport.Model, error) {
	seen := newSchema()
	if err := t.each(ctx, "traces described", seen.trace); err != nil {
		return nil, err
	}
	references := &rulefile.File{References: r.File.References}
	settings := m.model.settings()
	progress, ended := asking(t.progress)
	settings.Progress = progress
	p := &proving{teaching: t, references: references, proofs: make(map[string]*baseline.Proof)}
	outcome, err := proposer.Propose(ctx, seen.told(references), p.prove, settings)
	ended()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	told := &minereport.Model{Name: m.model.name}
	if err != nil {
		told.Stopped = err.Error()
	}
	if outcome != nil {
		p.take(outcome, r, told)
	}
	return told, nil
}

// asking draws how far the asking is, on a terminal.
func asking(out io.Writer) (progress func(proposer.Progress), ended func()) {
	if out == nil || !isTerminal(out) {
		return nil, func() {}
	}
	drawn := false
	return func(p proposer.Progress) {
			drawn = true
			fmt.Fprintf(out, "\rround %d of %d: %d of %d questions answered, %d rules hold", p.Round, p.Rounds, p.Answered, p.Questions, p.Rules)
		}, func() {
			if drawn {
				fmt.Fprintln(out)
			}
		}
}

// take adds what a model found to the result.
func (p *proving) take(o *proposer.Outcome, r *baseline.Result, told *minereport.Model) {
	told.Requests, told.Rounds, told.Cost, told.Unmetered = o.Requests, o.Rounds, o.Cost, o.Unmetered
	told.PromptTokens, told.AnswerTokens = o.PromptTokens, o.CompletionTokens
	told.Proposed = len(o.Rules) + len(o.Near) + len(o.Rejected) + o.RejectedMore
	told.Notes = append(told.Notes, o.Failures...)
	if o.Withheld > 0 {
		told.Notes = append(told.Notes, fmt.Sprintf("%d names were not shown to the model, since they could be values", o.Withheld))
	}
	r.Counts.Candidates += told.Proposed
	taken := newTaken(r)
	for i := range o.Rules {
		rule := o.Rules[i]
		if taken.says(&rule) {
			reject(r, rule.Check.Text, "proposed by the language model, and learned without it")
			continue
		}
		evidence := evidenceOf(p.proofs[rule.ID])
		rule.ID, rule.Support = taken.freeID(rule.ID), supported(rule.Support, &evidence)
		taken.add(&rule)
		r.File.Rules = append(r.File.Rules, rule)
		r.Rules = append(r.Rules, baseline.Learned{Rule: rule, Sentence: sentenceOf(&rule), Evidence: evidence})
	}
	for i := range o.Near {
		rule := o.Near[i].Rule
		proof := p.proofs[rule.ID]
		if taken.says(&rule) || proof == nil {
			continue
		}
		rule.ID = taken.freeID(rule.ID)
		taken.add(&rule)
		r.Near = append(r.Near, baseline.Near{Rule: rule, Sentence: sentenceOf(&rule), Evidence: evidenceOf(proof), Exceptions: proof.Exceptions})
		r.Counts.RejectedBy[proposedBroken]++
	}
	for i := range o.Rejected {
		reject(r, o.Rejected[i].Rule+" ("+o.Rejected[i].Why+")", proposedBroken)
	}
	r.Counts.RejectedBy[proposedBroken] += o.RejectedMore
	if r.Counts.RejectedBy[proposedBroken] == 0 {
		delete(r.Counts.RejectedBy, proposedBroken)
	}
}

const proposedBroken = "proposed by the language model, and not so"

func reject(r *baseline.Result, sentence, why string) {
	r.Rejected = append(r.Rejected, baseline.Rejected{Sentence: sentence, Why: why})
	r.Counts.RejectedBy[why]++
}
