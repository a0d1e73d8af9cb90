package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/wholefile"
)

// write writes all files, the rules last: whoever finds new rules finds all that belongs to them.
func (m *mining) write(l *lesson) error {
	if l.result.Counts.Calls == 0 && len(l.result.Rules) == 0 && there(m.out) {
		return fmt.Errorf("--out: %s is left as it is, since nothing was learned: name a new file to have one without rules", m.out)
	}
	var rules, report, exceptions bytes.Buffer
	if err := errors.Join(
		writeRules(&rules, l),
		minereport.Write(&report, m.reportOf(l)),
		writeExceptions(&exceptions, l.result.Near),
	); err != nil {
		return err
	}
	for _, file := range []struct {
		flag, path string
		write      func(io.Writer) error
	}{
		{"--report", m.report, copying(&report)},
		{"--exceptions", m.exceptions, copying(&exceptions)},
		{"--references", m.references, l.references.Save},
		{"--out", m.out, copying(&rules)},
	} {
		if file.path == "" || file.path == "-" {
			continue
		}
		if err := wholefile.Write(file.path, file.write); err != nil {
			return fmt.Errorf("%s: %w", file.flag, err)
		}
	}
	if m.out == "-" {
		return copying(&rules)(m.stdout)
	}
	return nil
}

// there is true for a file that says something.
func there(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

func copying(text *bytes.Buffer) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	}
}

// writeRules writes the rule file with what it was learned from above it.
func writeRules(w io.Writer, l *lesson) error {
	var head strings.Builder
	comment := func(format string, args ...any) {
		head.WriteString(strings.TrimRight("# "+fmt.Sprintf(format, args...), " ") + "\n")
	}
	c, t := &l.result.Counts, &l.traffic
	comment("Learned by spanwarden mine from %s in %s of about %s,", counted(c.Calls, "call"), counted(c.Traces, "trace"), counted(c.Sessions, "session"))
	if c.Calls > 0 {
		comment("%s to %s,", t.From.Format(time.RFC3339), t.To.Format(time.RFC3339))
	}
	const most = 1000
	comment("recorded in %s.", anomaly.Clean(joined(t.Files), most))
	comment("")
	comment("Judge a recording:             spanwarden check --invariants THIS-FILE SPANS...")
	comment("Judge calls as they flow by:   processors: {api_invariant: {rules: [THIS-FILE]}}")
	comment("")
	comment("The rules are yours to edit: change what is too narrow, delete what is wrong, and set disabled: true")
	comment("to keep a rule without using it. Learning again writes a new file.")
	comment("")
	if _, err := io.WriteString(w, head.String()); err != nil {
		return err
	}
	return rulefile.Write(w, l.result.File)
}

// reportOf is what people are told.
func (m *mining) reportOf(l *lesson) *minereport.Report {
	return &minereport.Report{
		Traffic: l.traffic, Settings: m.sentences(), Given: m.given, Result: l.result, Proof: l.proof, Model: l.model,
		Hints: hints(&l.traffic, l.result.Counts.Calls),
	}
}

// sentences are the settings of the learning.
func (m *mining) sentences() []string {
	sentences := []string{fmt.Sprintf("held out: the last %.4g %% of the traffic, in which no rule had to be widened", 100*m.holdOut)}
	if m.tolerance > 0 {
		sentences = append(sentences, fmt.Sprintf("tolerance: rules may be violated by %.4g %% of their calls", 100*m.tolerance))
	}
	if m.noNovelty {
		sentences = append(sentences, "no rules about what was never seen (--no-novelty)")
	}
	return sentences
}
