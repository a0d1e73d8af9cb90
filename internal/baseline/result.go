package baseline

import (
	"time"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Result is what was learned so far.
type Result struct {
	// File has the rules and the references that they read.
	File *rulefile.File
	// Rules are those of the file, in its order, with their evidence.
	Rules []Learned
	// Near are rules that held but for a few calls. Those that are in the file all the same are marked.
	Near []Near
	// NearReferences are what the rules of Near read as well.
	NearReferences []rulefile.Reference
	// Rejected is a bounded sample of what was not taken; Counts.RejectedBy has all of it.
	Rejected []Rejected
	// NeverSeen tells in sentences what could not be learned, since the traffic never showed it.
	NeverSeen []string
	Counts    Counts
}

// CountNear tells how many rules of Near are in the file all the same, and how many are not.
func (r *Result) CountNear() (taken, left int) {
	for i := range r.Near {
		if r.Near[i].Taken {
			taken++
		} else {
			left++
		}
	}
	return taken, left
}

// Learned is a rule with what speaks for it.
type Learned struct {
	Rule     rulefile.Rule
	Sentence string // for people, without a full stop
	Evidence Evidence
}

// Near is a rule that held but for a few calls.
type Near struct {
	Rule       rulefile.Rule
	Sentence   string
	Evidence   Evidence
	Exceptions []Exception // the first ones; Evidence.Violations counts all
	Taken      bool        // it is in the file all the same: the exceptions are within the tolerance
}

// Exception is a call that is not as all others.
type Exception struct {
	TraceID, SpanID string // hexadecimal
	Service         string
	API             string // "GET /orders/{id}"
	Time            time.Time
	Found           string // what the call had instead, in a few words
}

// Rejected is a candidate that was not taken.
type Rejected struct {
	Sentence string
	Why      string // one of the keys of Counts.RejectedBy
}

// Evidence is what a rule was seen to hold on.
type Evidence struct {
	Calls      int     // on which it could be judged
	Sessions   int     // in which these were
	Distinct   int     // values of what it compares
	Violations int     // of Calls
	Breakers   int     // sessions of these
	LastChange float64 // share of the sessions, 0 to 1, that had been seen when it last had to be widened
	Risk       float64 // estimated probability that a further session violates it, 0 to 1
}

// Counts tell how much was seen.
type Counts struct {
	Calls, Traces, Sessions, APIs int
	Candidates                    int            // that were considered
	RejectedBy                    map[string]int // by why
}
