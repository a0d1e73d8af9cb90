package invariant

import (
	"errors"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Outcome is what became of a rule on one call.
type Outcome uint8

const (
	// NotApplicable says nothing about the call: it is counted and never an alarm.
	NotApplicable Outcome = iota
	// Holds is a call as it should be, as far as was seen.
	Holds
	// Violated is a call that broke the rule.
	Violated
)

// String returns the outcome as it stands in metrics and tables.
func (o Outcome) String() string {
	switch o {
	case Holds:
		return "held"
	case Violated:
		return "violated"
	}
	return "not_applicable"
}

// Reason tells why a rule was not applicable.
type Reason uint8

const (
	// None is the reason of what holds or is violated.
	None Reason = iota
	// When is a precondition that is false.
	When
	// Missing is a field that the call does not have.
	Missing
	// Unknown is a value that was recorded but cannot be read: sanitised, truncated, too long, malformed.
	Unknown
	// Unobserved is a list of statements or child calls that may be longer than what was seen.
	Unobserved
	// Mismatch is a comparison or function on types that it is not meant for, such as a number with a text.
	Mismatch
	// Cost is an evaluation that was broken off at its limit.
	Cost
	// Other is any other error of the evaluation, such as a division by zero.
	Other

	reasons
)

var reasonNames = [reasons]string{"", "when", "missing", "unknown", "unobserved", "mismatch", "cost", "other"}

// Reasons returns all reasons but [None].
func Reasons() []Reason { return []Reason{When, Missing, Unknown, Unobserved, Mismatch, Cost, Other} }

// String returns the reason as it stands in metrics and tables; "" for [None].
func (r Reason) String() string { return reasonNames[r] }

// The errors of an evaluation that have a reason of their own.
var (
	errMissing    = sentinel("the call does not have this field")
	errUnknown    = sentinel("the value is not known")
	errUnobserved = sentinel("there may be more than what was seen")
	errMismatch   = sentinel("a number is compared with a text")
)

// sentinel makes an error that evaluations share. Its node id is set, since the interpreter would write that of the
// expression into an error without one.
func sentinel(text string) *types.Err {
	return types.NewErrWithNodeID(-1, "%w", errors.New(text)).(*types.Err)
}

// reasonOf maps the error of an evaluation to a reason.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, errMissing):
		return Missing
	case errors.Is(err, errUnknown):
		return Unknown
	case errors.Is(err, errUnobserved):
		return Unobserved
	case errors.Is(err, errMismatch):
		return Mismatch
	}
	return foreignReason(err)
}

// isError is true for what an operation must not touch but hand on.
func isError(v ref.Val) bool { return types.IsUnknownOrError(v) }
