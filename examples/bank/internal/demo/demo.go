// Package demo is the demonstration: the bank, its customers and its attackers, the Collector that watches them, and a
// table of what it found and what it missed.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/performance"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

// Options of a demonstration.
type Options struct {
	Out        io.Writer
	Folder     string   // for what it leaves behind, in place of what an earlier one left
	Collector  string   // path of the built Collector
	Configs    []string // paths of its configurations
	Model      string   // path of the model that the Collector judges the bank's clients by
	Invariants string   // path of the rules that it judges the bank's calls by
	TracesTo   string   // host:port of a tracing backend that takes OTLP/gRPC; empty: none
	Plan       plan.Options
	Factor     float64 // so many times as fast as life
	OptIns     telemetry.OptIns
}

// Files in Options.Folder.
const (
	anomaliesFile = "anomalies.jsonl"
	truthFile     = "truth.jsonl"
	databaseFile  = "bank.db"
	logFile       = "collector.log"
)

// errAlone ends a demonstration whose Collector has ended; that it has, and why, is said besides.
var errAlone = errors.New("the play was broken off")

// show is a demonstration under way.
type show struct {
	Options
	plan      *plan.Plan
	screen    screen
	anomalies anomalies
	pulse     pulse
	announced sync.WaitGroup
}

// Run gives the demonstration. It leaves nothing running, also when the context ends in the midst of it.
func Run(ctx context.Context, options Options) error {
	p, err := plan.New(options.Plan)
	if err != nil {
		return err
	}
	if err := reachable(ctx, options.TracesTo); err != nil {
		return err
	}
	s := &show{Options: options, plan: p, screen: screen{out: options.Out}}
	if err := s.clear(); err != nil {
		return err
	}
	s.anomalies = anomalies{path: s.file(anomaliesFile), show: s.screen.anomaly}
	began := time.Now()
	outcome, err := s.perform(ctx)
	if err := errors.Join(err, performance.WriteTruth(s.file(truthFile), outcome.Truth)); err != nil {
		return err
	}
	return s.summarise(outcome, time.Since(began))
}

// clear makes the folder and removes what an earlier demonstration left in it.
func (s *show) clear() error {
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return err
	}
	for _, name := range []string{anomaliesFile, truthFile, logFile, databaseFile, databaseFile + "-wal", databaseFile + "-shm"} {
		if err := os.Remove(s.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reachable tells whether somebody listens at the address of a tracing backend, if there is to be one.
func reachable(ctx context.Context, backend string) error {
	if backend == "" {
		return nil
	}
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", backend)
	if err != nil {
		return fmt.Errorf("nobody takes the spans: %w (start the tracing backend first, or leave out --traces-to)", err)
	}
	return conn.Close()
}

func (s *show) file(name string) string { return filepath.Join(s.Folder, name) }

// perform plays the plan under the eyes of the Collector, which has ended when it returns.
func (s *show) perform(ctx context.Context) (outcome performance.Outcome, err error) {
	environment := []string{
		"BANK_ANOMALIES=" + s.file(anomaliesFile), "BANK_TRACES_TO=" + s.TracesTo,
		"BANK_MODEL=" + s.Model, "BANK_INVARIANTS=" + s.Invariants,
	}
	collector, err := startCollector(ctx, s.Folder, s.Collector, s.Configs, environment...)
	if err != nil {
		return outcome, err
	}
	watching, look := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { watched <- s.anomalies.follow(watching) }()
	defer func() {
		// Stopping makes it judge the last windows, so the last anomalies come after it.
		err = errors.Join(err, collector.stop())
		look()
		err = errors.Join(err, <-watched, s.anomalies.read())
		s.announced.Wait()
		s.screen.rest()
	}()
	playing, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-collector.exited: // what is played to nobody shows nothing
			end(errAlone)
		case <-playing.Done():
		}
	}()
	outcome, err = performance.Perform(playing, performance.Options{
		Plan: s.plan, Factor: s.Factor, DSN: s.file(databaseFile),
		Telemetry: telemetry.Options{Endpoint: collector.endpoint, OptIns: s.OptIns},
		Opened:    func(stage performance.Stage) { s.opened(watching, stage) },
		Done:      func(r player.Result) { s.pulse.note(r, s.plan.Calls[r.Index].Attack < 0) },
	})
	if errors.Is(context.Cause(playing), errAlone) {
		err = errAlone // whatever else failed failed for that
	}
	return outcome, err
}

// opened introduces the play and announces what happens in it.
func (s *show) opened(ctx context.Context, stage performance.Stage) {
	attacks := 0
	for i := range s.plan.Calls {
		if s.plan.Calls[i].Attack >= 0 {
			attacks++
		}
	}
	s.screen.begin = stage.Begin.UTC()
	length := s.plan.Options.Length
	s.screen.printf("A small bank, %v of its life in %v: %d calls, %d of them part of %d attacks (seed %d).\n", length,
		time.Duration(float64(length)/s.Factor).Round(time.Second), len(s.plan.Calls), attacks, len(s.plan.Attacks), s.Plan.Seed)
	s.screen.printf("Its gateway listens at %s, its spans go to the Collector. Times are the bank's, in UTC.\n\n", stage.URL)
	s.announced.Go(func() {
		for _, event := range agenda(s.plan, s.screen.begin) {
			timer := time.NewTimer(time.Until(stage.Clock.Wall(stage.Begin.Add(event.at))))
			select {
			case <-timer.C:
				s.screen.at(event.at, "%s", event.text)
			case <-ctx.Done():
				timer.Stop()
				return
			}
		}
	})
}
