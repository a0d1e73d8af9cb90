package baseline

import (
	"errors"
	"fmt"

	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Settings are what makes a rule of what was seen.
type Settings struct {
	// Tolerance is the share of calls, 0 to 0.2, that may violate a rule that is learned all the same, with its exceptions reported. Default 0.01.
	Tolerance float64
	// HoldOut is the share of what was seen, 0 to 0.9, at the end of which sets of values, ranges and forms must not have had
	// to be widened any more.
	HoldOut float64
	// Grown is how many sessions show most of what callers do, 0 or more. While there are fewer, rules need that many times as
	// much support: who has seen few callers has seen few kinds of them.
	Grown int
	// Novelty has rules of kind novelty learned: what was never seen.
	Novelty bool
	// Given are rules that others propose. They are taken as they are: a [Prover] tells whether they hold.
	Given []rulefile.Rule
	// Unguarded leaves out what keeps rules from being learned by chance; to compare.
	Unguarded bool
	// Stateless leaves out rules that look at earlier calls; to compare.
	Stateless bool
	// References bound the store of earlier calls.
	References reference.Settings
}

// DefaultSettings are those of the command.
func DefaultSettings() Settings {
	return Settings{Tolerance: 0.01, HoldOut: 0.3, Grown: 500, Novelty: true, References: reference.DefaultSettings()}
}

func (s *Settings) fill() error {
	var errs []error
	if s.Tolerance < 0 || s.Tolerance > 0.2 {
		errs = append(errs, fmt.Errorf("the tolerance is %v: use a value from 0 to 0.2", s.Tolerance))
	}
	if s.HoldOut < 0 || s.HoldOut > 0.9 {
		errs = append(errs, fmt.Errorf("the held-out share is %v: use a value from 0 to 0.9", s.HoldOut))
	}
	if s.Grown < 0 {
		errs = append(errs, fmt.Errorf("grown is %d sessions: use 0 or more", s.Grown))
	}
	return errors.Join(errs...)
}
