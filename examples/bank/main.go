// Command bank is a small bank of three services with its customers and its attackers: traffic with known truth, to try
// Spanwarden on and to test it with.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel"

	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

// interrupted is the exit status after Ctrl-C, as shells give it.
const interrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	otel.SetErrorHandler(&complaints{out: os.Stderr, every: 10 * time.Second})
	if err := newCommand().ExecuteContext(ctx); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			if err.Error() != context.Canceled.Error() {
				fmt.Fprintln(os.Stderr, "bank:", err)
			}
			fmt.Fprintln(os.Stderr, "bank: stopped; nothing is left running")
			os.Exit(interrupted) //nolint:gocritic // nothing is left to stop
		}
		fmt.Fprintln(os.Stderr, "bank:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "bank",
		Short:         "A small bank with its customers and its attackers",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newDemoCommand(), newRecordCommand(), newServeCommand(), newPlayCommand())
	return root
}

// optInsFlag adds the flag for what the services record beyond what every SDK sends.
func optInsFlag(command *cobra.Command, to *string) {
	command.Flags().StringVar(to, "opt-in", telemetry.All.String(),
		"what the services record beyond the default: all, none, or a list of user, bodies, sizes, query, headers, parameters, rows, text")
}
