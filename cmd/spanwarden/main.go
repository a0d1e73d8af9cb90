// Command spanwarden works offline on recorded telemetry with the code that the
// Collector components run online.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	status := exitStatus(err)
	if status == statusFailed {
		fmt.Fprintln(os.Stderr, "spanwarden:", err)
	}
	stop()
	os.Exit(status)
}

// Statuses that the command ends with.
const (
	statusGood     = 0
	statusViolated = 1 // spanwarden check found violations
	statusFailed   = 2
)

func exitStatus(err error) int {
	switch {
	case err == nil:
		return statusGood
	case errors.Is(err, errViolated):
		return statusViolated
	}
	return statusFailed
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
	root.AddCommand(newCheckCommand())
	root.AddCommand(newMineCommand())
	root.AddCommand(newMineCommand())
	return root
}
