package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// tell tells people what was learned: on standard output, unless the rules are written there.
func (m *mining) tell(l *lesson, took time.Duration) error {
	var b strings.Builder
	if !m.spans.quiet {
		b.WriteString(kindTable(l) + "\n")
	}
	c := &l.result.Counts
	fmt.Fprintf(&b, "%s of %s in %s of about %s: %s of %s, %s, %d rejected (%.0f calls/s)\n",
		counted(c.Calls, "call"), counted(c.APIs, "API"), counted(c.Traces, "trace"), counted(c.Sessions, "session"),
		counted(len(l.result.Rules), "rule"), counted(c.Candidates, "candidate"), counted(len(l.result.Near), "near-invariant"), rejections(c), rate(c.Calls, took))
	for _, note := range m.notes(l) {
		fmt.Fprintln(m.stderr, note)
	}
	out := m.stdout
	if m.out == "-" {
		out = m.stderr
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// kindTable counts rules and near-invariants by kind.
func kindTable(l *lesson) string {
	rules, near := make(map[string]int), make(map[string]int)
	for i := range l.result.Rules {
		rules[l.result.Rules[i].Rule.Kind]++
	}
	for i := range l.result.Near {
		near[l.result.Near[i].Rule.Kind]++
	}
	table := [][]string{{"kind", "rules", "near-invariants"}}
	for _, kind := range rulefile.Kinds() {
		table = append(table, []string{kind, fmt.Sprint(rules[kind]), fmt.Sprint(near[kind])})
	}
	return aligned(table)
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func they(n int) string {
	if n == 1 {
		return "it is"
	}
	return "they are"
}

func rejections(c *baseline.Counts) (n int) {
	for _, count := range c.RejectedBy {
		n += count
	}
	return n
}

// notes say what was left out, why nothing was learned, and what to look at.
func (m *mining) notes(l *lesson) []string {
	notes := m.spans.notes(&l.read, "learned from", "teach with fewer recordings")
	note := func(format string, args ...any) { notes = append(notes, "note: "+fmt.Sprintf(format, args...)) }
	if l.unskipped > 0 {
		note("%s that --skip names %s in no recording", counted(l.unskipped, "trace"), are(l.unskipped))
	}
	if l.read.Calls > 0 && l.result.Counts.Calls == 0 {
		note("nothing is left to learn from: --skip names all %d traces", l.traffic.Skipped)
	}
	if model := l.model; model != nil {
		note("the language model answered %s in %s, for %d tokens, and proposed %s, of which %d %s in the file and found by nobody else",
			counted(model.Requests, "request"), counted(model.Rounds, "round"), model.PromptTokens+model.AnswerTokens,
			counted(model.Proposed, "rule"), model.Taken, are(model.Taken))
		for _, failure := range model.Notes[:min(len(model.Notes), fewNotes)] {
			note("the language model: %s", shownText(failure))
		}
		if model.Stopped != "" {
			note("the language model was not asked all there was to ask: %s", shownText(model.Stopped))
		}
	}
	if n := l.proof.Failed; n > 0 {
		note("%s violated too often when all traces were judged by the file: %s not in it any more", counted(n, "rule"), they(n))
	}
	written, left := l.result.CountNear()
	if left > 0 {
		note("%s held on nearly all calls, and %s not in the file: %s", counted(left, "near-invariant"), are(left), m.lookAt())
	}
	if written > 0 {
		note("%s in the file %s violated by a few calls, within the tolerance: %s", counted(written, "rule"), are(written), m.lookAt())
	}
	if n, grown := l.result.Counts.Sessions, baseline.DefaultSettings().Grown; n > 0 && n < grown {
		note("sessions seen: about %d; with fewer than %d a rule needs more support, so that what callers seldom do is no false alarm", n, grown)
	}
	if l.result.Counts.Calls > 0 && len(l.result.Rules) == 0 {
		note("no rule was learned: %s", whyNone(&l.result.Counts))
		for _, hint := range hints(&l.traffic, l.result.Counts.Calls) {
			note("%s", hint)
		}
	}
	return notes
}

// fewNotes is how much is told of what went wrong with a language model; a report has all.
const fewNotes = 3

// lookAt says where near-invariants can be seen.
func (m *mining) lookAt() string {
	switch {
	case m.report != "" && m.exceptions != "":
		return fmt.Sprintf("%s tells which calls differ, %s has their traces for --skip", m.report, m.exceptions)
	case m.report != "":
		return m.report + " tells which calls differ, --exceptions writes their traces for --skip"
	case m.exceptions != "":
		return m.exceptions + " has the traces that differ, for --skip"
	}
	return "--report tells which calls differ, --exceptions writes their traces for --skip"
}

// fewSessions is how many sessions are too few for most rules.
const fewSessions = 100

// whyNone says why candidates were rejected, or that there were none, and what to do.
func whyNone(c *baseline.Counts) string {
	const most = 3
	why := slices.SortedFunc(maps.Keys(c.RejectedBy), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.RejectedBy[b], c.RejectedBy[a]), cmp.Compare(a, b))
	})
	var reasons []string
	for _, reason := range why[:min(most, len(why))] {
		reasons = append(reasons, fmt.Sprintf("%d %s", c.RejectedBy[reason], shownText(reason)))
	}
	text := "there was nothing to make rules of"
	if len(reasons) > 0 {
		text = fmt.Sprintf("of %d candidates were rejected: %s", c.Candidates, strings.Join(reasons, ", "))
	}
	if c.Sessions < fewSessions {
		text += "; record more of the usual traffic"
	}
	return text
}
