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
	"training":  plan.Training,
	"trial":     plan.Trial,
}

// quiet is the name of the scenario without attacks, which can be of any length.
const quiet = "quiet"

// scenario is the choice of a plan by flags.
type scenario struct {
	name    string
	seed    uint64
	length  time.Duration
	attacks []string
}

func (s *scenario) addFlags(command *cobra.Command) {
	command.Flags().StringVar(&s.name, "scenario", quiet, "what happens: "+strings.Join(s.names(), ", "))
	command.Flags().Uint64Var(&s.seed, "seed", 1, "another seed is other calls")
	command.Flags().DurationVar(&s.length, "length", time.Hour, "of the quiet scenario; the others have theirs")
	command.Flags().StringArrayVar(&s.attacks, "attack", nil,
		"one more attack, KIND@AT[+LENGTH][*STRENGTH], such as theft_slow@20m+30m*0.5; may be given more than once")
}

func (*scenario) names() []string {
	return append([]string{quiet}, slices.Sorted(maps.Keys(scenarios))...)
}

func (s *scenario) plan() (*plan.Plan, error) {
	var options plan.Options
	if s.name == quiet {
		options = plan.Quiet(s.seed, s.length)
	} else if preset, ok := scenarios[s.name]; ok {
		options = preset(s.seed)
	} else {
		return nil, fmt.Errorf("there is no scenario %q: choose one of %s", s.name, strings.Join(s.names(), ", "))
	}
	for _, text := range s.attacks {
		attack, err := plan.ParseScheduled(text)
		if err != nil {
			return nil, fmt.Errorf("--attack: %w", err)
		}
		options.Attacks = append(options.Attacks, attack)
	}
	return plan.New(options)
}
