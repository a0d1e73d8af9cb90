package anomaly

import (
	"cmp"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Kind says what sort of thing was found; it becomes the attribute anomaly.kind.
type Kind string

const (
	// Traffic is a client whose features in a window do not look like normal traffic.
	Traffic Kind = "traffic"
	// DoS is a change point in a service's load or health.
	DoS Kind = "dos"
	// LowRate is a client that stays under every threshold but does not go away.
	LowRate Kind = "low_rate"
	// Invariant is a call that broke a rule.
	Invariant Kind = "invariant"
)

// State is where an alarm is in its life; it becomes the attribute anomaly.state. A broken invariant is a single fact
// and has none.
type State string

const (
	// Begun is the first report of an alarm, and the only one that counts as a new anomaly.
	Begun State = "begun"
	// Ongoing repeats an alarm that has not ended.
	Ongoing State = "ongoing"
	// Ended closes an alarm.
	Ended State = "ended"
)

// Event is one finding. Build it as a plain struct; strings may be as they came off the wire, the encoding bounds and
// cleans them. A text, time or list that is empty does not apply and is left out of the encoding; a number that is not
// known is NaN.
type Event struct {
	Kind     Kind
	Detector string // who found it, such as "dos_factor", "total_calls", "low_rate"
	Rule     string // security_rule.name: the rule's id, or the detector's name where there are no rules
	Category string // security_rule.category; empty: derived from Kind
	State    State

	Score       float64 // on the detector's own scale; NaN and infinities are left out
	Message     string  // one line for people: log body and span status message
	Explanation string  // longer: values, usual ranges, what dropped out of a formula

	// The offender. Client is an address unless the operator groups clients by something else.
	Service, Method, Route, Client string

	WindowStart, WindowEnd time.Time // the window judged, in event time; for an invariant the condemned span's times
	Begun                  time.Time // start of the alarm: what makes begun, ongoing and ended one alarm

	// Parent is the span that an invariant condemns. If it is set, the anomaly is a child of that span in its trace;
	// if it is zero, the anomaly is the root of a trace of its own.
	Parent Link

	// Expression is the part of a rule that was false, as its author wrote it.
	Expression string
	// Values are what the rule read, as far as the settings let it be shown.
	Values []Value
	// Suppressed is how many findings like this one were held back since the last that was reported.
	Suppressed int64

	Features  []Feature
	Clients   []Share // largest first
	Endpoints []Share // largest first
	Links     []Link  // exemplary traces of the offender

	// Group tells alarms about many clients apart, which have no Client. It is not
	// encoded but part of the id.
	Group string
	// Hold is for how many windows without the finding the alarm goes on, if that is
	// more than alarms usually do. It is not encoded.
	Hold int
}

// Value is a field that a rule read, such as req.body.accountId, with what it held. Two of one path are one: the later.
type Value struct {
	Path string
	Text string
}

// Feature is one number that the verdict was formed from. UsualLow and UsualHigh are NaN where the usual range is
// unknown, Contribution is NaN where the detector gives none.
type Feature struct {
	Name                string
	Unit                string // UCUM
	Value               float64
	UsualLow, UsualHigh float64
	Contribution        float64 // share of the score, in the score's unit
}

// Share is a client or an endpoint with the calls that it had in the window.
type Share struct {
	Name  string
	Calls int64
}

// Link points to a span. The zero value points nowhere.
type Link struct {
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
}

func (l Link) isZero() bool { return l.TraceID.IsEmpty() }

// Top sorts shares by calls, largest first and then by name, and returns at most n of them, which do not hold on to the
// others.
func Top(shares []Share, n int) []Share {
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name))
	})
	return slices.Clone(shares[:min(n, len(shares))])
}
