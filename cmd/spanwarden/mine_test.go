package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// ownBuyer is the rule that the attackers break.
const ownBuyer = "check: same(req.body.userId, env.user.id)"

func TestMineWritesRulesAndTellsOfThem(t *testing.T) {
	m := mine(t, jsonl(t, visits(t, 120)...))
	assert.Equal(t, goldenText(t, "mine.yaml", m.rules), m.rules)
	assert.Equal(t, goldenText(t, "mine.md", m.report), m.report)
	stdout := callRate.ReplaceAllString(m.stdout, "(N calls/s)")
	assert.Equal(t, goldenText(t, "mine.txt", stdout), stdout)
	assert.Equal(t, "note: 1 near-invariant held on nearly all calls, and is not in the file: "+
		"FOLDER/report.md tells which calls differ, FOLDER/exceptions.txt has their traces for --skip\nnote: sessions seen: about 124; with fewer than 500 a rule needs more support, so that what callers seldom do is no false alarm\n", m.stderr)
}

// However the spans are spread, the same traffic gives the same files.
func TestMineIsDeterministic(t *testing.T) {
	batches := visits(t, 120)
	want := mine(t, jsonl(t, batches...))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		rng.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
		got := mine(t, jsonl(t, append(batches, batches[:10]...)...))
		assert.Equal(t, want.rules, got.rules)
		assert.Equal(t, want.report, got.report)
		assert.Equal(t, want.exceptions, got.exceptions)
		assert.Equal(t, want.references, got.references)
	}
}

// The rules that mine writes hold of what it learned from.
func TestCheckFindsNothingInTheLesson(t *testing.T) {
	spans := jsonl(t, visits(t, 120)...)
	m := mine(t, spans)
	stdout, _, err := command("check", "--invariants", m.paths["--out"], file(t, "spans.jsonl", spans))
	assert.NoError(t, err, stdout)
}

// A user who takes the attacks out of the lesson gets the rule that finds them.
func TestExceptionsTakeAttacksOutOfTheLesson(t *testing.T) {
	const n = 120
	spans := jsonl(t, visits(t, n)...)
	before := mine(t, spans)
	assert.NotContains(t, before.rules, ownBuyer)
	assert.Contains(t, before.report, "These 2 calls differ")
	for _, trace := range attackers(n) {
		assert.Contains(t, before.exceptions, "\n"+trace+" # ")
		assert.Contains(t, before.report, trace)
	}

	after := mine(t, spans, "--skip", before.paths["--exceptions"])
	assert.Contains(t, after.rules, ownBuyer)
	assert.Contains(t, after.report, "\n* left out, as you said: 2 traces\n")
	for _, trace := range attackers(n) {
		assert.NotContains(t, after.exceptions, trace)
	}
	violated := violations(t, "--invariants", after.paths["--out"], file(t, "spans.jsonl", spans))
	for _, trace := range attackers(n) {
		assert.Contains(t, violated[trace], "gateway.post-orders.req.body.userId-is-env.user.id")
	}
	assert.Len(t, violated, 2)
}

// violations are the rules that each trace violates.
func violations(t *testing.T, args ...string) map[string][]string {
	t.Helper()
	stdout, stderr, err := command(append([]string{"check", "--quiet", "--out", "-"}, args...)...)
	if err != nil {
		require.ErrorIs(t, err, errViolated, stderr)
	}
	found := make(map[string][]string)
	for line := range strings.Lines(stdout) {
		var v check.Violation
		require.NoError(t, json.Unmarshal([]byte(line), &v))
		found[v.TraceID] = append(found[v.TraceID], v.Invariant)
	}
	return found
}

// What calls showed in the lesson is known to check, if it is told.
func TestReferencesTellCheckOfTheLesson(t *testing.T) {
	m := mine(t, jsonl(t, visits(t, 120)...))
	assert.Contains(t, m.rules, "\nreferences:\n")
	later := file(t, "later.jsonl", jsonl(t, visit(t, 12, "")[1:]...)) // somebody looks at an order again
	alone, _, _ := command("check", "--invariants", m.paths["--out"], later)
	assert.Zero(t, appliedRelated(alone), alone)
	with, _, err := command("check", "--invariants", m.paths["--out"], "--references", m.paths["--references"], later)
	require.NoError(t, err, with)
	assert.Positive(t, appliedRelated(with), with)
}

var relatedRow = regexp.MustCompile(`(?m)^\S+ +related-API +(\d+) `)

// appliedRelated is how often rules about earlier calls said something, as check tells.
func appliedRelated(table string) (n int) {
	for _, row := range relatedRow.FindAllStringSubmatch(table, -1) {
		applied, err := strconv.Atoi(row[1])
		if err == nil {
			n += applied
		}
	}
	return n
}

func TestMineReadsStandardInputAndWritesStandardOutput(t *testing.T) {
	spans := jsonl(t, visits(t, 120)...)
	want := mine(t, spans)
	cmd := newCommand()
	var out, errs strings.Builder
	cmd.SetArgs([]string{"mine", "--out", "-", "-"})
	cmd.SetIn(strings.NewReader(spans))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	require.NoError(t, cmd.Execute())
	assert.Equal(t, strings.Replace(want.rules, "spans.jsonl", "standard input", 1), out.String())
	assert.Contains(t, errs.String(), "environment ")
	assert.Contains(t, errs.String(), "240 calls of 2 APIs in 240 traces of about ")

	stdout, stderr, err := command("mine", "--quiet", "--out", "-", file(t, "spans.jsonl", spans))
	require.NoError(t, err)
	assert.Equal(t, want.rules, stdout)
	assert.NotContains(t, stderr, "kind")
}

func TestMineSaysWhyThereIsNoRule(t *testing.T) {
	for _, test := range []struct {
		name, spans string
		flags       []string
		want        []string
	}{
		{"nothing", "", nil, []string{"note: there is no API call among the spans: is "}},
		{"few", jsonl(t, ordered(t, 1, 10, `{"quantity": 1}`)...), nil, []string{
			"note: no rule was learned: ", "; record more of the usual traffic",
			"note: no call has the body of its response: there are no rules about what was shown to whom",
		}},
		{"bare", jsonl(t, span(t, "gateway", 2, 1, 1, 0, 1, attrs{"http.request.method": "GET", "http.route": "/x"})), nil, []string{
			"note: no call has a body: ", "note: no call tells its user (user.id): ", "note: no call tells its session (session.id): ",
			"note: no call has database statements (db.query.text): ",
		}},
		{
			"skipped", jsonl(t, visits(t, 1)...),
			[]string{"--skip", file(t, "skip.txt", "00000000000000000000000000000001\n00000000000000000000000000000002\n00000000000000000000000000000009\n")},
			[]string{"note: nothing is left to learn from: --skip names all 2 traces", "note: 1 trace that --skip names is in no recording"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := mine(t, test.spans, append(test.flags, "--no-novelty")...)
			for _, want := range test.want {
				assert.Contains(t, m.stderr, want)
			}
			assert.Contains(t, m.stdout, ": 0 rules of ")
			assert.Contains(t, m.rules, "invariants: []\n")
			rules, err := rulefile.Parse("invariants.yaml", []byte(m.rules))
			require.NoError(t, err)
			assert.Empty(t, rules.Rules)
		})
	}
}

func TestMineLearnsNothingNewWhereThatIsLeftOut(t *testing.T) {
	spans := jsonl(t, visits(t, 120)...)
	assert.Contains(t, mine(t, spans).rules, "kind: novelty")
	without := mine(t, spans, "--no-novelty")
	assert.NotContains(t, without.rules, "kind: novelty")
	assert.Contains(t, without.report, "(--no-novelty)")
}

// A rule that few calls violate is written, and somebody is asked to look at those.
func TestMineToleratesFewViolations(t *testing.T) {
	const n = 120
	spans := jsonl(t, visits(t, n)...)
	m := mine(t, spans, "--tolerance", "0.05")
	assert.Contains(t, m.rules, ownBuyer)
	assert.Contains(t, m.report, ": 1 is violated, within the tolerance.\n")
	assert.Contains(t, m.report, "Held on 118 of 120 calls of ")
	assert.Contains(t, m.report, " It is in the file. These 2 calls differ:\n")
	assert.Equal(t, "note: 1 rule in the file is violated by a few calls, within the tolerance: "+
		"FOLDER/report.md tells which calls differ, FOLDER/exceptions.txt has their traces for --skip\nnote: sessions seen: about 124; with fewer than 500 a rule needs more support, so that what callers seldom do is no false alarm\n", m.stderr)
	for _, trace := range attackers(n) {
		assert.Contains(t, m.exceptions, "\n"+trace+" # ")
	}
	assert.Len(t, violations(t, "--invariants", m.paths["--out"], file(t, "spans.jsonl", spans)), 2)

	strict := mine(t, spans, "--tolerance", "0", "--skip", m.paths["--exceptions"])
	assert.Contains(t, strict.rules, ownBuyer)
	assert.Contains(t, strict.report, ": none of them is violated.\n")
}

func TestMineReplacesItsFiles(t *testing.T) {
	spans := file(t, "spans.jsonl", jsonl(t, visits(t, 120)...))
	out := file(t, "invariants.yaml", "those of last time\n")
	link := filepath.Join(t.TempDir(), "link.yaml")
	require.NoError(t, os.Symlink(out, link))
	_, _, err := command("mine", "--out", link, spans)
	require.NoError(t, err)
	rules, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Contains(t, string(rules), "# Learned by spanwarden mine from 240 calls")
	left, err := os.ReadDir(filepath.Dir(out))
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

// A recording that turns out to be empty costs nobody the rules of last week.
func TestNothingReplacesNoRules(t *testing.T) {
	out := file(t, "invariants.yaml", "version: 1\n")
	empty := file(t, "empty.jsonl", "")
	_, _, err := command("mine", "--out", out, empty)
	require.ErrorContains(t, err, "invariants.yaml is left as it is, since nothing was learned")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, "version: 1\n", string(text))
}

func TestMineStopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := filepath.Join(t.TempDir(), "invariants.yaml")
	m := &mining{out: out, stdout: &strings.Builder{}, stderr: &strings.Builder{}, spans: spanFiles{
		maxBody: 1000, quiet: true, room: replay.DefaultSettings(), stderr: &strings.Builder{}, stdin: strings.NewReader(""),
		names: []string{file(t, "spans.jsonl", jsonl(t, visits(t, 10)...))},
	}}
	m.model.rounds = 1
	cancel()
	err := m.run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "stopped before all spans were read")

	recorded, err := replay.New(nil, replay.DefaultSettings())
	require.NoError(t, err)
	for _, td := range visits(t, 10) {
		recorded.Read(td)
	}
	_, err = m.learn(ctx, recorded)
	require.ErrorIs(t, err, context.Canceled)
	assert.NoFileExists(t, out)
}
