package apispec

import (
	"errors"
	"strings"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// compiling returns the rules that compile, and tells of the others, which are few: those that would cost too much for
// lists inside lists, and whatever else a description can think of.
func compiling(rules []rulefile.Rule, tell func(rule *rulefile.Rule, err error)) []rulefile.Rule {
	if len(rules) == 0 {
		return nil
	}
	_, err := invariant.Compile([]*rulefile.File{{Rules: rules}}, invariant.Options{})
	if err == nil {
		return rules
	}
	const fewer = 50 // errors than that, and all of them were told
	bad, complete := blamed(err)
	if (len(bad) >= fewer || !complete) && len(rules) > 1 {
		half := len(rules) / 2
		return append(compiling(rules[:half:half], tell), compiling(rules[half:], tell)...)
	}
	good := make([]rulefile.Rule, 0, len(rules))
	for i := range rules {
		switch problem := bad[rules[i].ID]; {
		case problem != nil:
			tell(&rules[i], problem)
		case complete:
			good = append(good, rules[i])
		default: // the only one
			tell(&rules[i], err)
		}
	}
	return good
}

// blamed are the errors by rule. They are not complete if some error is about no rule.
func blamed(err error) (bad map[string]error, complete bool) {
	bad, complete = make(map[string]error), true
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, one := range all {
		if problem, ok := errors.AsType[*rulefile.Error](one); ok && problem.Rule != "" {
			bad[problem.Rule] = one
		} else {
			complete = false
		}
	}
	return bad, complete
}

// why is the reason in the error of a rule that does not compile.
func why(err error) string {
	if strings.Contains(err.Error(), "may cost") {
		return "a check of lists inside lists would cost too much"
	}
	return "a check cannot be written in the language of rules"
}
