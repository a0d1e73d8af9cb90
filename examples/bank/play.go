package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/examples/bank/internal/performance"
)

func newPlayCommand() *cobra.Command {
	var (
		scenario   scenario
		url, truth string
		pace       float64
	)
	command := &cobra.Command{
		Use:   "play",
		Short: "Play customers and attackers against a bank that `bank serve` runs",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			p, err := scenario.plan()
			if err != nil {
				return err
			}
			began := time.Now()
			summary, calls, err := performance.Visit(command.Context(), p, url, pace)
			if calls != nil {
				err = errors.Join(err, performance.WriteTruth(truth, calls))
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(command.OutOrStdout(), "%d calls in %v, by status %v; %d of them are attacks: %s\n",
				summary.Made, time.Since(began).Round(time.Second), summary.Statuses, len(calls), truth)
			return nil
		},
	}
	scenario.addFlags(command)
	command.Flags().StringVar(&url, "url", "http://127.0.0.1:8080", "of the gateway")
	command.Flags().Float64Var(&pace, "pace", 1, "how many times as fast as life; the bank's clock is not made faster by it")
	command.Flags().StringVar(&truth, "truth", "var/truth.jsonl", "file for what the attackers did")
	return command
}
