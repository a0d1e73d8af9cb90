// Command spanwarden works offline on recorded telemetry with the code that the
// Collector components run online.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "spanwarden:", err)
		os.Exit(2) //nolint:gocritic // nothing is left to stop
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "spanwarden",
		Short:         "Find attacks and tampering in recorded API traffic",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newFeaturesCommand())
	root.AddCommand(newTrainCommand())
	root.AddCommand(newEvaluateCommand())
	return root
}
