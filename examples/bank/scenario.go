package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
)

// scenarios are the plans that can be asked for by name.
var scenarios = map[string]func(seed uint64) plan.Options{
	"demo":      plan.Demo,
	"flood":     plan.Flood,
	"theft":     plan.Theft,
	"tampering": plan.Tampering,
}

// quiet is the name of the scenario without attacks, which can be of any length.
const quiet = "quiet"

// scenario is the choice of a plan by flags.
type scenario struct {
	name   string
	seed   uint64
	length time.Duration
}

func (s *scenario) addFlags(command *cobra.Command) {
	command.Flags().StringVar(&s.name, "scenario", quiet, "what happens: "+strings.Join(s.names(), ", "))
	command.Flags().Uint64Var(&s.seed, "seed", 1, "another seed is other calls")
	command.Flags().DurationVar(&s.length, "length", time.Hour, "of the quiet scenario; the others have theirs")
}

func (*scenario) names() []string {
	return append([]string{quiet}, slices.Sorted(maps.Keys(scenarios))...)
}

func (s *scenario) plan() (*plan.Plan, error) {
	if s.name == quiet {
		return plan.New(plan.Quiet(s.seed, s.length))
	}
	options, ok := scenarios[s.name]
	if !ok {
		return nil, fmt.Errorf("there is no scenario %q: choose one of %s", s.name, strings.Join(s.names(), ", "))
	}
	return plan.New(options(s.seed))
}
