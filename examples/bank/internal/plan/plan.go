// Package plan makes up what the bank's customers, robots and attackers do: a list of HTTP calls with their times, which
// follows from a seed and nothing else. It neither knows the network nor waits for an answer: identifiers that the bank
// gives are derived from the caller's idempotency key, so that they can be written down beforehand.
package plan

import (
	"slices"
	"time"
)

// Plan is the list of all calls, by time.
type Plan struct {
	Options Options
	Calls   []Call   // by At; calls of one Line in the order in which they are to be made
	Attacks []Attack // by Begin
	Lines   int      // Call.Line is in [0, Lines)
}

// Call is one HTTP request.
type Call struct {
	At      time.Duration // from the beginning of the plan, in bank time
	Line    int           // one caller with one connection: a call waits for the answer to the one before it
	TraceID string        // 32 hexadecimal digits; sent as X-Request-Id and taken for the trace by the gateway

	Client    string // address, sent as X-Forwarded-For as a load balancer does
	UserAgent string

	Method string
	Path   string            // with the query, escaped
	Body   string            // JSON, or empty
	Header map[string]string // further headers, such as Idempotency-Key

	// Login is the name under which the token that a login returns is kept, and found by the later calls of that session.
	// Names are unique in the plan. Empty: no token.
	Login string
	// Forge, if set, replaces roles in the token's payload before it is sent; its signature is left as it was.
	Forge string

	// Attack is the index in Plan.Attacks of the attack that this very call is, or -1: a call that an attacker makes on the
	// way, such as the login, is none.
	Attack int
}

// Attack is one attack, of one kind, from its first call to its last.
type Attack struct {
	ID      string // unique, such as "theft_loud-1"
	Kind    string // Kind.Name
	Begin   time.Duration
	End     time.Duration
	Clients []string // addresses that it comes from
}

// Kind describes a kind of attack.
type Kind struct {
	Name   string   // snake case
	Title  string   // a line for people, such as "walks through all accounts, 600 a minute"
	Expect []string // values of anomaly.kind that would be a right finding: traffic, dos, low_rate, invariant
	Hole   string   // the bank's hole that lets it succeed; empty where the bank refuses it

	// Unseen says of tampering why no rule sees it; empty where the bank's rules see all of its calls.
	Unseen string
	// UnseenPart is true where that holds of a part of its calls, and the rules see the others.
	UnseenPart bool
}

// Tampering tells whether the kind consists of calls that look like others but for what is in them, so that only a rule
// about what is in them could find it.
func (k Kind) Tampering() bool { return slices.Equal(k.Expect, []string{byInvariant}) }

// Options of a plan. The zero value is not usable; see Quiet and Demo.
type Options struct {
	Seed    uint64
	Length  time.Duration // in bank time
	Hour    float64       // hour of the bank's day at which the plan begins, [0, 24)
	Users   int           // customers of the bank, ids 1 to Users; at least 80
	Rate    float64       // sessions begun in a minute, on the average of the day
	Attacks []Scheduled
}

// Scheduled is an attack to be made.
type Scheduled struct {
	Kind     string
	At       time.Duration // when its attackers appear; their first attacking call comes a little later
	Strength float64       // 1 is the kind's usual rate or number of calls; must be positive, up to 100
	Length   time.Duration // how long an attack by traffic lasts; 0: the kind's usual. The others end when they are done.
}
