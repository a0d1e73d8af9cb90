package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// checked runs the command on the shop's rules and returns what it writes and its status.
func checked(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	stdout, stderr, err := command(append([]string{"check", "--invariants", file(t, "rules.yaml", shopRules)}, args...)...)
	return stdout, stderr, exitStatus(err)
}

var update = flag.Bool("update", false, "rewrite the golden files")

// goldenText is what a golden file has.
func goldenText(t *testing.T, name, got string) string {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(want)
}

var callRate = regexp.MustCompile(`\(\d+ calls/s\)`)

func TestCheckTellsOfEveryViolationAndRule(t *testing.T) {
	stdout, stderr, status := checked(t, file(t, "spans.jsonl", jsonl(t, shop(t)...)))
	assert.Equal(t, statusViolated, status)
	assert.Empty(t, stderr)
	stdout = callRate.ReplaceAllString(stdout, "(N calls/s)")
	assert.Equal(t, goldenText(t, "check.txt", stdout), stdout)
}

func TestCheckWritesAnObjectALine(t *testing.T) {
	spans := file(t, "spans.jsonl", jsonl(t, shop(t)...))
	out := filepath.Join(t.TempDir(), "violations.jsonl")
	stdout, stderr, status := checked(t, "--out", out, spans)
	assert.Equal(t, statusViolated, status)
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	want := goldenText(t, "check.jsonl", string(got))
	assert.Equal(t, want, string(got))
	assert.NotContains(t, stdout, "trace 00", "violations are in the file")
	assert.Contains(t, stdout, "\n8 calls in 6 traces with 2 statements: 6 violations (")
	assert.Empty(t, stderr)

	stdout, stderr, status = checked(t, "--out", "-", spans)
	assert.Equal(t, statusViolated, status)
	assert.Equal(t, want, stdout)
	assert.Contains(t, stderr, "order-read-by-its-owner")
	assert.Contains(t, stderr, "\n8 calls in 6 traces with 2 statements: 6 violations (")

	stdout, stderr, status = checked(t, "--quiet", "--out", "-", spans)
	assert.Equal(t, statusViolated, status)
	assert.Equal(t, want, stdout)
	assert.Equal(t, "8 calls in 6 traces with 2 statements: 6 violations (N calls/s)\n", callRate.ReplaceAllString(stderr, "(N calls/s)"))
}

func TestCheckOfHonestCallsEndsWell(t *testing.T) {
	honest := slices.Concat(ordered(t, 1, 10, `{"userId": "7", "quantity": 1, "email": "ann@example.com"}`), read(t, 2, 20, ownOrder))
	out := file(t, "violations.jsonl", "those of last time\n")
	stdout, _, status := checked(t, "--out", out, file(t, "spans.jsonl", jsonl(t, honest...)))
	assert.Equal(t, statusGood, status)
	assert.Contains(t, stdout, "3 calls in 2 traces with 1 statements: 0 violations")
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Empty(t, got)
}

// However the spans are spread over files and lines, and however often they come, the verdicts are the same, in the
// same order.
func TestCheckDoesNotDependOnOrderAndRepetition(t *testing.T) {
	batches := shop(t)
	want, _, _ := checked(t, "--out", "-", file(t, "spans.jsonl", jsonl(t, batches...)))
	require.Equal(t, 6, strings.Count(want, "\n"))
	rules := file(t, "rules.yaml", shopRules)
	folder := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		repeated := slices.Concat(batches, rapid.SliceOfN(rapid.SampledFrom(batches), 0, 10).Draw(r, "repeated"))
		shuffled := rapid.Permutation(repeated).Draw(r, "shuffled")
		var texts [2]string // of two files
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, min(4, len(shuffled))).Draw(r, "spans in a line")
			line := ptrace.NewTraces()
			for _, td := range shuffled[:n] {
				td.ResourceSpans().At(0).CopyTo(line.ResourceSpans().AppendEmpty())
			}
			shuffled = shuffled[n:]
			texts[rapid.IntRange(0, 1).Draw(r, "file")] += jsonl(t, line)
		}
		args := []string{"check", "--invariants", rules, "--out", "-"}
		for i, text := range texts {
			path := filepath.Join(folder, string(rune('a'+i)))
			require.NoError(r, os.WriteFile(path, []byte(text), 0o600))
			args = append(args, path)
		}
		got, stderr, err := command(args...)
		require.ErrorIs(r, err, errViolated)
		require.Equal(r, want, got)
		require.Contains(r, stderr, "8 calls in 6 traces with 2 statements: 6 violations")
	})
}

func TestCheckReadsGzipAndStandardInput(t *testing.T) {
	batches := shop(t)
	whole := jsonl(t, batches...)
	want, _, _ := checked(t, "--out", "-", file(t, "spans.jsonl", whole))

	got, _, _ := checked(t, "--out", "-", file(t, "spans.jsonl.gz", whole))
	assert.Equal(t, want, got)

	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write([]byte(whole))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for name, in := range map[string]string{"plain": whole, "zipped": zipped.String()} {
		got, err := piped(t, in, "-")
		assert.ErrorIs(t, err, errViolated)
		assert.Equal(t, want, got, name)
	}
	// One trace may be in both.
	half := len(batches) / 2
	got, err = piped(t, jsonl(t, batches[half:]...), file(t, "first.jsonl", jsonl(t, batches[:half]...)), "-")
	assert.ErrorIs(t, err, errViolated)
	assert.Equal(t, want, got)
}

// piped runs the command with that standard input.
func piped(t *testing.T, in string, spans ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(append([]string{"check", "--invariants", file(t, "rules.yaml", shopRules), "--out", "-"}, spans...))
	cmd.SetIn(strings.NewReader(in))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err = cmd.Execute()
	return out.String(), err
}

func TestCheckTakesRulesOfSeveralFiles(t *testing.T) {
	one := file(t, "one.yaml", "version: 1\ninvariants:\n  - {id: one, api: POST /orders, check: req.body.quantity > 0}\n")
	two := file(t, "two.yaml", "version: 1\ninvariants:\n  - {id: two, api: POST /orders, check: req.body.quantity > 1}\n")
	spans := file(t, "spans.jsonl", jsonl(t, ordered(t, 1, 10, `{"quantity": 0}`)...))
	stdout, _, err := command("check", "--invariants", two, "--invariants", one, "--out", "-", spans)
	assert.ErrorIs(t, err, errViolated)
	var ids []string
	for line := range strings.Lines(stdout) {
		var v check.Violation
		require.NoError(t, json.Unmarshal([]byte(line), &v))
		ids = append(ids, v.Invariant)
	}
	assert.Equal(t, []string{"two", "one"}, ids, "in the order of the files")
	_, _, err = command("check", "--invariants", one, "--invariants", one, spans)
	assert.ErrorContains(t, err, "rule one: id: the id is taken by a rule in "+one)
}

func TestCheckKeepsEvidenceBack(t *testing.T) {
	spans := file(t, "spans.jsonl", jsonl(t, ordered(t, 1, 10, `{"userId": "secretive-bob", "quantity": 1}`)...))
	for _, test := range []struct {
		evidence string
		shown    bool
		values   int
	}{{"values", true, 3}, {"hash", false, 3}, {"none", false, 0}} {
		stdout, _, status := checked(t, "--evidence", test.evidence, "--out", "-", spans)
		assert.Equal(t, statusViolated, status)
		var v check.Violation
		require.NoError(t, json.Unmarshal([]byte(stdout), &v))
		assert.Equal(t, "buyer-is-the-caller", v.Invariant)
		assert.Equal(t, test.shown, strings.Contains(stdout, "secretive-bob"), test.evidence)
		assert.NotNil(t, v.Values)
		assert.Len(t, v.Values, test.values, test.evidence)
	}
}

func TestCheckReadsBodiesAndClientsByNamesOfTheirOwn(t *testing.T) {
	td := span(t, "gateway", ptrace.SpanKindServer, 1, 1, 0, 1, attrs{
		"http.request.method": "POST", "http.route": "/orders", "my.body": `{"quantity": 0}`, "tenant": "acme", "client.address": "203.0.113.9",
	})
	spans := file(t, "spans.jsonl", jsonl(t, td))
	_, _, status := checked(t, spans)
	assert.Equal(t, statusGood, status, "the body is not found")
	stdout, _, status := checked(t, "--request-body-attribute", "my.other.body", "--request-body-attribute", "my.body", "--client-key", "tenant", "--out", "-", spans)
	assert.Equal(t, statusViolated, status)
	assert.Contains(t, stdout, `"client":"acme"`)
	_, stderr, status := checked(t, "--request-body-attribute", "my.body", "--max-body-bytes", "5", "--out", "-", spans)
	assert.Equal(t, statusGood, status)
	assert.Regexp(t, `quantity-is-positive .* 1 \(unknown\) +never applied`, stderr)
}

func TestCheckShowsTheFirstViolationsAlone(t *testing.T) {
	var batches []ptrace.Traces
	for i := range uint64(23) {
		batches = append(batches, ordered(t, i+1, int64(i), `{"quantity": 0}`)...)
	}
	stdout, _, status := checked(t, "--quiet", file(t, "spans.jsonl", jsonl(t, batches...)))
	assert.Equal(t, statusViolated, status)
	assert.Equal(t, 20, strings.Count(stdout, "quantity-is-positive (common-sense): POST /orders of gateway"))
	assert.Contains(t, stdout, "\nand 3 more: --out FILE writes all of them\n\n23 calls in 23 traces with 0 statements: 23 violations")
}

func TestCheckPassesOverWhatWeWroteOurselves(t *testing.T) {
	batches := ordered(t, 1, 10, `{"quantity": 0}`)
	batches[0].ResourceSpans().At(0).ScopeSpans().At(0).Scope().SetName("github.com/spanwarden/spanwarden/processor/apiinvariantprocessor")
	_, stderr, status := checked(t, file(t, "spans.jsonl", jsonl(t, batches...)))
	assert.Equal(t, statusGood, status)
	assert.Contains(t, stderr, "note: there is no API call among the spans: is ")
}

func TestCheckTellsWhatWasLeftOut(t *testing.T) {
	var out, errs bytes.Buffer
	var batches []ptrace.Traces
	for i := range uint64(3000) {
		batches = append(batches, ordered(t, i+1, int64(i), `{"quantity": 1}`)...)
	}
	batches = append(batches, span(t, "gateway", ptrace.SpanKindServer, 0, 0, 0, 1, attrs{"http.request.method": "GET"}))
	c := &checking{
		rules: []string{file(t, "rules.yaml", shopRules)}, evidence: "values", stdout: &out, stderr: &errs,
		spans: spanFiles{
			names: []string{file(t, "spans.jsonl", jsonl(t, batches...))}, maxBody: 1000,
			room: replay.Settings{MaxBytes: 1 << 20, MaxSpansPerTrace: 10}, stderr: &errs,
		},
	}
	require.NoError(t, c.run(t.Context()))
	assert.Regexp(t, `note: \d+ calls were not judged, for more than 1.0 MiB of spans do not fit: judge the recording in parts`, errs.String())
	assert.Contains(t, errs.String(), "note: 1 spans without a trace id or a span id were passed over\n")
}

func TestCheckStopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &checking{
		rules: []string{file(t, "rules.yaml", shopRules)}, evidence: "values", stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{},
		spans: spanFiles{maxBody: 1000, room: replay.DefaultSettings(), stdin: strings.NewReader(jsonl(t, shop(t)...)), stderr: &bytes.Buffer{}},
	}
	for _, name := range []string{"-", file(t, "spans.jsonl", jsonl(t, shop(t)...))} {
		c.spans.names = []string{name}
		err := c.run(ctx)
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "stopped before all spans were read")
	}
}
