package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spanwarden/spanwarden/examples/bank/internal/performance"
	"github.com/spanwarden/spanwarden/examples/bank/internal/recorder"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

// recordingFlags are the flags of `bank record`.
type recordingFlags struct {
	scenario scenario
	optIns   string
	factor   float64
	dsn      string
	out      string
}

func newRecordCommand() *cobra.Command {
	var flags recordingFlags
	command := &cobra.Command{
		Use:   "record --out FILE.jsonl.gz",
		Short: "Play a scenario and write its spans to a file, and what was true of it beside that",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return record(command, flags)
		},
	}
	flags.scenario.addFlags(command)
	optInsFlag(command, &flags.optIns)
	command.Flags().Float64Var(&flags.factor, "factor", 30, "how many times as fast as life it is played; the recorded times are as in life")
	command.Flags().StringVar(&flags.dsn, "dsn", "",
		"database, emptied first: postgres://... or the path of an SQLite file; empty: a temporary file")
	command.Flags().StringVar(&flags.out, "out", "", "file for the spans, OTLP JSON lines, gzipped")
	_ = command.MarkFlagRequired("out")
	return command
}

func record(command *cobra.Command, flags recordingFlags) (err error) {
	p, err := flags.scenario.plan()
	if err != nil {
		return err
	}
	optIns, err := telemetry.ParseOptIns(flags.optIns)
	if err != nil {
		return err
	}
	if flags.dsn == "" {
		var folder string
		if folder, err = os.MkdirTemp("", "bank"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		flags.dsn = filepath.Join(folder, "bank.db")
	}
	if err := os.MkdirAll(filepath.Dir(flags.out), 0o755); err != nil {
		return err
	}
	// Under another name until it is whole: what is there stays until then.
	part := flags.out + ".part"
	file, err := recorder.NewFile(part)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	received, err := recorder.Start(file.Write)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	began := time.Now()
	outcome, err := performance.Perform(command.Context(), performance.Options{
		Plan: p, Factor: flags.factor, DSN: flags.dsn, Telemetry: telemetry.Options{Endpoint: received.Endpoint(), OptIns: optIns},
	})
	if err := errors.Join(err, received.Stop(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, flags.out); err != nil {
		return err
	}
	truth := strings.TrimSuffix(strings.TrimSuffix(flags.out, ".gz"), ".jsonl") + ".truth.jsonl.gz"
	if err := performance.WriteTruth(truth, outcome.Truth); err != nil {
		return err
	}
	fmt.Fprintf(command.OutOrStdout(), "%s: %v of the bank in %v, %d calls, %d of them attacks (%s)\n", flags.out,
		p.Options.Length, time.Since(began).Round(time.Second), outcome.Summary.Made, len(outcome.Truth), truth)
	return nil
}
