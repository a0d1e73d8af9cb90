// Command accesslog is the demonstration behind `make demo`: it writes three
// hours of a small shop's access log with three attacks in it, lets the built
// Collector read it, and prints each anomaly as it arrives.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

const (
	collector = "bin/spanwarden-collector"
	folder    = "var/demo"
	// quiet is after how long without a further anomaly the demonstration ends.
	quiet = 6 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context) error {
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return err
	}
	begin := time.Now().UTC().Truncate(time.Minute).Add(-length)
	log := filepath.Join(folder, "access.log")
	lines, err := writeLog(log, begin)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d lines, %s to %s UTC\n", log, lines, begin.Format("15:04"), begin.Add(length).Format("15:04"))
	for _, a := range attacks {
		fmt.Printf("  %s  %s\n", begin.Add(a.after).Format("15:04"), a.what)
	}
	fmt.Println("\nThe Collector reads it:")

	anomalies := filepath.Join(folder, "anomalies.jsonl")
	found, err := watch(ctx, log, anomalies)
	if err != nil {
		return err
	}
	summarise(begin, found)
	fmt.Printf("\nLook further: %s holds the anomalies with all their attributes, %s what the Collector said.\n", anomalies, filepath.Join(folder, "collector.log"))
	return nil
}

// watch runs the Collector over the log and prints its anomalies until no more
// arrive. The Collector is stopped in any case.
func watch(ctx context.Context, log, anomalies string) ([]plog.LogRecord, error) {
	said, err := os.Create(filepath.Join(folder, "collector.log"))
	if err != nil {
		return nil, err
	}
	defer said.Close()
	cmd := exec.CommandContext(ctx, collector, "--config", "examples/accesslog/collector.yaml")
	cmd.Env = append(os.Environ(), "DEMO_LOG="+log, "DEMO_ANOMALIES="+anomalies)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the Collector: %w (run `make build` first)", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	var found []plog.LogRecord
	for last := time.Now(); time.Since(last) < quiet; {
		select {
		case err := <-exited:
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("the Collector stopped by itself: %w; see %s", err, said.Name())
		case <-time.After(200 * time.Millisecond):
		}
		records, err := read(anomalies)
		if err != nil {
			return nil, err
		}
		for _, r := range records[min(len(found), len(records)):] {
			show(r)
			found, last = append(found, r), time.Now()
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil, err
	}
	if err := <-exited; err != nil {
		return nil, fmt.Errorf("the Collector did not stop cleanly: %w; see %s", err, said.Name())
	}
	return found, nil
}

// read returns the anomalies written so far; a line that is still being written
// is left for later.
func read(path string) (records []plog.LogRecord, err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var unmarshaler plog.JSONUnmarshaler
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		ld, err := unmarshaler.UnmarshalLogs(lines.Bytes())
		if err != nil {
			break
		}
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, r := range sl.LogRecords().All() {
					records = append(records, r)
				}
			}
		}
	}
	return records, lines.Err()
}

func show(r plog.LogRecord) {
	fmt.Printf("  %s %-5s %s\n", windowStart(r).Format("15:04"), r.SeverityText(), r.Body().AsString())
}

func windowStart(r plog.LogRecord) time.Time {
	start, err := time.Parse(time.RFC3339, text(r.Attributes(), "anomaly.window.start"))
	if err != nil {
		return time.Time{}
	}
	return start
}

func text(m pcommon.Map, key string) string {
	if v, ok := m.Get(key); ok {
		return v.AsString()
	}
	return ""
}

// summarise prints which attack was found after how long, and what else was.
func summarise(begin time.Time, found []plog.LogRecord) {
	fmt.Printf("\n%-58s %s\n", "attack", "found")
	explained := 0
	for _, a := range attacks {
		after := "missed"
		for _, r := range found {
			told := r.Body().AsString() + text(r.Attributes(), "anomaly.explanation")
			if text(r.Attributes(), "anomaly.state") == "begun" && strings.Contains(told, a.address) {
				after = fmt.Sprintf("after %v, by %s", windowStart(r).Add(time.Minute).Sub(begin.Add(a.after)), text(r.Attributes(), "anomaly.detector"))
				explained++
				break
			}
		}
		fmt.Printf("%-58s %s\n", a.what, after)
	}
	begun := 0
	for _, r := range found {
		if text(r.Attributes(), "anomaly.state") == "begun" {
			begun++
		}
	}
	fmt.Printf("%-58s %d\n", "false alarms", begun-explained)
}
