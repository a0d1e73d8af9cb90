package plan

import (
	"slices"
	"time"
)

// The values of anomaly.kind.
const (
	byTraffic   = "traffic"
	byDoS       = "dos"
	byLowRate   = "low_rate"
	byInvariant = "invariant"
)

// The bank's holes, and what else becomes of an attack.
const (
	readWithoutOwner   = "read-without-owner"
	skippedStep        = "skipped-step"
	priceFromClient    = "price-from-client"
	paysFromAnyAccount = "pays-from-any-account"
	refundWithoutState = "refund-without-state"
	massAssignment     = "mass-assignment"
	sqlConcatenation   = "sql-concatenation"
	uncheckedMandate   = "unchecked-mandate"
	unboundedText      = "unbounded-text"

	refused = "" // by the bank
	ignored = "" // what is wrong with the call has no effect
)

// kind is a kind of attack and how it is made.
type kind struct {
	Kind
	raid func(*raid)

	// An attack by traffic lasts so long unless it is scheduled with a length; 0: to the end of the plan, and at least
	// least. The others are over when they are done.
	lasts, least time.Duration
}

// Kinds returns all kinds of attacks, always in the same order.
func Kinds() []Kind {
	all := kinds()
	public := make([]Kind, len(all))
	for i := range all {
		public[i] = all[i].Kind
	}
	return public
}

// KindsByName returns all kinds of attacks by their names.
func KindsByName() map[string]Kind {
	named := make(map[string]Kind)
	for _, k := range kinds() {
		named[k.Name] = k.Kind
	}
	return named
}

func kinds() []kind {
	return slices.Concat(trafficKinds(), ownershipKinds(), valueKinds(), workflowKinds(), sessionKinds(), injectionKinds())
}

func kindNamed(name string) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.Name == name })
	if i < 0 {
		return kind{}, false
	}
	return all[i], true
}

// tampering is a kind of attack that consists of calls which look like others but for what is in them.
func tampering(name, title, hole string, raid func(*raid)) kind {
	return kind{
		Kind: Kind{
			Name: name, Title: title, Expect: []string{byInvariant}, Hole: hole, Unseen: unseen[name], UnseenPart: name == codes,
		},
		raid: raid,
	}
}

// codes is the kind whose first call is not seen, and the others are.
const codes = "guessed_code"

// unseen tells of kinds of tampering why no rule tells a call of theirs from what honest customers do.
var unseen = map[string]string{
	codes: "the first looks like one mistyped code",
}
