package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// shownViolations are printed where no file of violations is asked for.
const shownViolations = 20

// judge judges all calls; it returns the first violations where they go to no file.
func (c *checking) judge(ctx context.Context, checker *check.Checker) (found []*check.Violation, err error) {
	switch c.out {
	case "":
		err = checker.Judge(ctx, func(v *check.Violation) error {
			if len(found) < shownViolations {
				found = append(found, v)
			}
			return nil
		})
	case "-":
		err = writeViolations(ctx, c.stdout, checker)
	default:
		err = saveViolations(ctx, c.out, checker)
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("stopped before all calls were judged: %w", ctx.Err())
	}
	return found, err
}

// saveViolations replaces what the file has.
func saveViolations(ctx context.Context, path string, checker *check.Checker) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return errors.Join(writeViolations(ctx, file, checker), file.Close())
}

// writeViolations writes one object a line.
func writeViolations(ctx context.Context, out io.Writer, checker *check.Checker) error {
	buffered := bufio.NewWriterSize(out, 1<<16)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false) // expressions are full of & and >
	err := checker.Judge(ctx, func(v *check.Violation) error { return encoder.Encode(v) })
	return errors.Join(err, buffered.Flush())
}

// report tells people what was found: on standard output, unless the violations
// are written there.
func (c *checking) report(checker *check.Checker, found []*check.Violation, took time.Duration) error {
	counts := checker.Counts()
	var b strings.Builder
	for _, v := range found {
		b.WriteString(shownViolation(v))
	}
	if more := counts.Violations - len(found); len(found) > 0 && more > 0 {
		fmt.Fprintf(&b, "and %d more: --out FILE writes all of them\n", more)
	}
	if len(found) > 0 {
		b.WriteByte('\n')
	}
	if !c.spans.quiet {
		b.WriteString(ruleTable(checker.Tallies()) + "\n")
	}
	b.WriteString(summary(&counts, checker.ReadsStatements(), took))
	read := replay.Counts{Calls: counts.Calls, Nameless: counts.Nameless, Evicted: counts.Unjudged, Refused: counts.Refused}
	for _, note := range c.spans.notes(&read, "judged", "judge the recording in parts, with whole traces in each") {
		fmt.Fprintln(c.stderr, note)
	}
	out := c.stdout
	if c.out == "-" {
		out = c.stderr
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// shownViolation is a violation for people. What callers had a hand in may be
// anything, so that it is cleaned.
func shownViolation(v *check.Violation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s of %s", v.Invariant, v.Kind, shownText(v.API), shownText(v.Service))
	if v.Client != "" {
		fmt.Fprintf(&b, " by %s", shownText(v.Client))
	}
	fmt.Fprintf(&b, " at %s\n    %s\n    trace %s, span %s\n", v.Time.Format(time.RFC3339Nano), shownText(v.Explanation), v.TraceID, v.SpanID)
	return b.String()
}

// shownText is a text fit for a terminal.
func shownText(text string) string {
	const most = 4096
	return anomaly.Clean(text, most)
}

// ruleTable tells how often each rule had which outcome.
func ruleTable(tallies []check.Tally) string {
	table := [][]string{{"rule", "kind", "applied", "held", "violated", "not applicable", ""}}
	for i := range tallies {
		t := &tallies[i]
		table = append(table, []string{
			t.Rule.ID, t.Rule.Kind, fmt.Sprint(t.Applied()), fmt.Sprint(t.Held), fmt.Sprint(t.Violated), notApplicable(t), mark(t),
		})
	}
	return aligned(table)
}

func notApplicable(t *check.Tally) string {
	calls, reason := t.NotApplicable()
	if reason == invariant.None {
		return fmt.Sprint(calls)
	}
	return fmt.Sprintf("%d (%s)", calls, reason)
}

// mark points out rules that say nothing about these calls.
func mark(t *check.Tally) string {
	calls, _ := t.NotApplicable()
	switch {
	case t.Applied() > 0:
		return ""
	case calls > 0:
		return "never applied"
	}
	return "no call of its API"
}

func summary(n *check.Counts, statements bool, took time.Duration) string {
	var with string
	if statements {
		with = fmt.Sprintf(" with %d statements", n.Statements)
	}
	return fmt.Sprintf("%d calls in %d traces%s: %d violations (%.0f calls/s)\n", n.Calls, n.Traces, with, n.Violations, rate(n.Calls, took))
}

// rate is how many a second, in whole ones.
func rate(n int, took time.Duration) float64 {
	return math.Round(float64(n) / max(took.Seconds(), 1e-3))
}

// joined are names of files in a sentence.
func joined(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
