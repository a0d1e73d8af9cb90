package baseline

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Prover judges traffic by the rules of a file, with the evaluator and the store of earlier calls that are used for judging
// later. It belongs to one goroutine.
type Prover struct {
	walk    *check.Walk
	store   *reference.Store
	proofs  []Proof
	support []Support           // of calls on which a rule held, by rule
	of      map[[16]byte]uint64 // session of the traces that go on
	learner *Learner            // tells sessions apart
}

// Proof is what became of a rule.
type Proof struct {
	Rule                          rulefile.Rule
	Held, Violated, NotApplicable int // calls
	Sessions                      int // in which it held
	Exceptions                    []Exception
}

// NewProver compiles the rules of a file; the error tells what is wrong with them.
func NewProver(file *rulefile.File) (*Prover, error) {
	book, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	if err != nil {
		return nil, fmt.Errorf("the rules that were learned: %w", err)
	}
	store, err := reference.New(reference.DefaultSettings())
	if err != nil {
		return nil, err
	}
	learner, err := New(Settings{Stateless: true})
	if err != nil {
		return nil, err
	}
	p := &Prover{store: store, learner: learner, of: make(map[[16]byte]uint64)}
	byID := make(map[string]*rulefile.Rule, len(file.Rules))
	for i := range file.Rules {
		byID[file.Rules[i].ID] = &file.Rules[i]
	}
	for _, rule := range book.Rules() {
		p.proofs = append(p.proofs, Proof{Rule: *byID[rule.ID]})
	}
	p.support = make([]Support, len(p.proofs))
	p.walk = check.NewWalk(book, store, nil, p.verdict)
	return p, nil
}

// Observe judges a trace whose calls were read whole. Traces come by their start; their calls must not be used by others
// until [Prover.Proofs] was called.
func (p *Prover) Observe(t *replay.Trace) {
	if len(p.of) >= mostOpen { // most of them are over
		clear(p.of)
	}
	if len(t.Calls) > 0 {
		p.of[t.Calls[0].Call.TraceID] = p.learner.session(t)
		_ = p.walk.Adopt(t) // nobody is asked before a call, so that there is no error
	}
}

// mostOpen bounds the traces whose sessions are remembered.
const mostOpen = 1 << 13

func (p *Prover) verdict(o *replay.Observation, v *invariant.Verdict) {
	proof := &p.proofs[v.Rule.Place]
	switch v.Outcome {
	case invariant.Holds:
		proof.Held++
		p.support[v.Rule.Place].add(&moment{session: p.of[o.Call.TraceID]})
	case invariant.Violated:
		proof.Violated++
		if len(proof.Exceptions) < keptRefs {
			c := o.Call
			proof.Exceptions = append(proof.Exceptions, Exception{
				TraceID: hex.EncodeToString(c.TraceID[:]), SpanID: hex.EncodeToString(c.SpanID[:]), Service: c.Service, API: c.Endpoint(),
				Time: time.Unix(0, c.Start).UTC(), Found: shorten(v.Explain(invariant.ShowValues).Text),
			})
		}
	default:
		proof.NotApplicable++
	}
}

// Proofs judges what is left, and returns what became of all rules, in the order of the file.
func (p *Prover) Proofs() []Proof {
	_ = p.walk.Rest()
	for i := range p.proofs {
		p.proofs[i].Sessions = p.support[i].Sessions
	}
	return p.proofs
}

// References are what the traces showed of what the rules read, complete after [Prover.Proofs].
func (p *Prover) References() *reference.Store { return p.store }
