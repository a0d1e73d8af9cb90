package main

import (
	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/examples/bank/internal/demo"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

func newDemoCommand() *cobra.Command {
	var options demo.Options
	var (
		optIns string
		seed   uint64
	)
	command := &cobra.Command{
		Use:   "demo",
		Short: "Let the Collector watch five quarters of an hour of the bank, quiet at first, then attacked, and see what it finds",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) (err error) {
			if options.OptIns, err = telemetry.ParseOptIns(optIns); err != nil {
				return err
			}
			options.Plan = plan.Demo(seed)
			options.Out = command.OutOrStdout()
			options.Configs = []string{"examples/bank/collector.yaml"}
			if options.TracesTo != "" {
				options.Configs = append(options.Configs, "examples/bank/collector-traces.yaml")
			}
			return demo.Run(command.Context(), options)
		},
	}
	flags := command.Flags()
	flags.Uint64Var(&seed, "seed", 1, "another seed is another hour")
	flags.Float64Var(&options.Factor, "factor", 30, "how many times as fast as life")
	flags.StringVar(&options.Folder, "folder", "var/demo",
		"for the anomalies, the truth and the logs, in place of those of an earlier demonstration")
	flags.StringVar(&options.Collector, "collector", "bin/spanwarden-collector", "the Collector to start")
	flags.StringVar(&options.Model, "model", "examples/bank/model.json.gz", "the model that was trained on other days of the bank")
	flags.StringVar(&options.Invariants, "invariants", "examples/bank/invariants.yaml", "the rules that the bank's calls are judged by")
	flags.StringVar(&options.TracesTo, "traces-to", "", "host:port of a tracing backend that takes OTLP/gRPC without TLS, such as Jaeger")
	optInsFlag(command, &optIns)
	return command
}
