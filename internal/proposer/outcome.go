package proposer

import (
	"context"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Prove judges rules on recorded traffic. It is called once a round with all rules of the round, whose ids are unique, and
// answers with a [Proof] of each, in any order. A rule without one is rejected.
type Prove func(ctx context.Context, rules []rulefile.Rule) ([]Proof, error)

// Proof is what traffic says of a rule.
type Proof struct {
	Rule           rulefile.Rule
	Held, Violated int // calls
	NotApplicable  int // calls that could not be judged by it
	// Doubt is why the rule is not taken although it held, such as "held in 2 sessions only"; "": it is. The model is not
	// told.
	Doubt string
	// Common is what the calls that violate it have in common, in words without any of their values, such as "all of them
	// answered with a status from 400 to 499". The model sees it.
	Common []string
	// Exceptions are some of the violations, with values. The model sees them with [Settings].ShowValues only.
	Exceptions []string
}

// Outcome is what came of asking.
type Outcome struct {
	// Rules held on all calls that they could be judged on. They are in the order of what was asked, and each has a Support
	// of {source: model, rounds: n}, where n is in which round it came.
	Rules []rulefile.Rule
	// Near are rules that held but for a share of at most [Settings].Near of the calls. Those few may be attacks, so the
	// model was not asked to make room for them: somebody should look.
	Near []Proof
	// Rejected are the others, each time one was proposed, at most [MaxRejected]; RejectedMore counts what is beyond.
	Rejected     []Rejected
	RejectedMore int

	Requests int // sent, those that were tried again included
	Rounds   int // begun
	// PromptTokens and CompletionTokens are as the endpoint counts them. Unmetered is how many answers came without.
	PromptTokens, CompletionTokens int
	Unmetered                      int
	// Cost is in the currency of the endpoint, or of [Settings].Prices where it does not tell; 0 if neither does.
	Cost float64
	// Withheld is how many names stayed here, since they could be a value, prose, or cannot stand in a rule.
	Withheld int
	// Failures tells in sentences what else is missing: questions that were not asked or not answered.
	Failures []string
}

// MaxRejected is the largest number of rejected rules that an outcome tells.
const MaxRejected = 2000

// Rejected is a rule that was not taken.
type Rejected struct {
	Rule  string // on one line, of at most 300 bytes
	Why   string
	Round int // from 1
}

// Progress tells how far the asking has come.
type Progress struct {
	Round, Rounds       int // from 1
	Answered, Questions int // of this round
	Proving             bool
	Rules               int // that held so far
}

// reject notes a rule that was not taken.
func (o *Outcome) reject(rule, why string, round int) {
	if len(o.Rejected) == MaxRejected {
		o.RejectedMore++
		return
	}
	o.Rejected = append(o.Rejected, Rejected{Rule: clip(rule, maxToldRule), Why: clip(why, maxToldRule), Round: round})
}
