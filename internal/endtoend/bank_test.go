package endtoend

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// publish writes the measured figures where the tests look for the published ones: go test -run Bank ./internal/endtoend -args -publish.
var publish = flag.Bool("publish", false, "publish the figures that are measured on the bank's recordings")

// bankRecordings are those of testdata/bank.
var bankRecordings = []string{"quiet", "flood", "theft", "tampering"}

// A recording of the bank goes through the built Collector with its default settings and the bank's rules; what it finds is
// compared with what was true. No figure that has been published may fall.
func TestBankFigures(t *testing.T) {
	for _, recording := range bankRecordings {
		t.Run(recording, func(t *testing.T) {
			t.Parallel()
			skipIfShort(t)
			verdict := judgeRecording(t, recording)
			var table bytes.Buffer
			require.NoError(t, verdict.Table(&table))
			t.Logf("\n%s", &table)

			measured := verdict.Figures()
			path := bankFile(t, recording+".figures.json")
			if *publish {
				require.NoError(t, groundtruth.WriteFigures(path, measured))
			}
			published, err := groundtruth.ReadFigures(path)
			require.NoError(t, err)
			assert.Empty(t, groundtruth.Compare(published, measured), "figures that have fallen")
		})
	}
}

// What the README promises, whatever has been published: nobody is accused before anything happens, the flood and the
// loud theft are found, and so is every call of the tampering that a rule about one call can see.
func TestBankPromises(t *testing.T) {
	for recording, promised := range map[string][]string{
		"quiet": nil, "flood": {"flood"}, "theft": {"theft_loud", "theft_slow", "probing", "password_guessing"},
	} {
		figures := readFigures(t, recording)
		assert.Zero(t, figures.FalseQuiet, recording)
		for _, kind := range promised {
			assert.InDelta(t, 1, figures.Attacks[kind].Recall, 0, kind)
		}
	}
	tampering, whole := readFigures(t, "tampering"), 0
	assert.Zero(t, tampering.FalseAlarms)
	for _, kind := range tampering.Attacks {
		if kind.Calls.Found == kind.Calls.Calls {
			whole++
		}
	}
	assert.Equal(t, 29, whole)
	assert.Len(t, tampering.Attacks, 30)
}

func readFigures(t *testing.T, recording string) groundtruth.Figures {
	t.Helper()
	figures, err := groundtruth.ReadFigures(bankFile(t, recording+".figures.json"))
	require.NoError(t, err)
	return figures
}

// bankFile is the path of a file of the bank's recordings.
func bankFile(t *testing.T, name string) string {
	t.Helper()
	root, err := repositoryRoot()
	require.NoError(t, err)
	return filepath.Join(root, "testdata", "bank", name)
}

// bankRules have the calls judged by the bank's rules. An hour is sent in seconds, so all calls wait for the end, when the
// last straggler of their traces is in, and the minute in which a client breaks a rule ten times at most has no meaning.
const bankRules = `
processors:
  api_invariant:
    rules: [%q]
    settle: 10m
    limits: {max_wait: 10m, max_per_rule_and_caller: 100000}
service: {pipelines: {traces: {processors: [memory_limiter, api_traffic, api_invariant]}}}`

// bankExample is the path of a file of the bank.
func bankExample(t *testing.T, name string) string {
	t.Helper()
	root, err := repositoryRoot()
	require.NoError(t, err)
	return filepath.Join(root, "examples", "bank", name)
}

// judgeRecording sends a recording through the Collector and compares what it finds with the truth.
func judgeRecording(t *testing.T, recording string) groundtruth.Verdict {
	t.Helper()
	c := startCollector(t, defaultConfig, overlay(fmt.Sprintf(bankRules, bankExample(t, "invariants.yaml"))))
	var unmarshaler ptrace.JSONUnmarshaler
	for _, line := range gzLines(t, bankFile(t, recording+".jsonl.gz")) {
		td, err := unmarshaler.UnmarshalTraces([]byte(line))
		require.NoError(t, err)
		require.NoError(t, c.sendTraces(td))
	}
	c.stop(t)
	truth, err := groundtruth.Read(bankFile(t, recording+".truth.jsonl.gz"))
	require.NoError(t, err)
	var findings []groundtruth.Finding
	for _, record := range anomalyRecords(t, c) {
		finding, err := groundtruth.FromRecord(record)
		require.NoError(t, err)
		findings = append(findings, finding)
	}
	return groundtruth.Judge(truth, findings, groundtruth.Options{})
}

// figuresMark begins and ends the part of the README that the figures make.
const figuresMark = "<!-- figures of the bank -->\n"

// The README's table is that of the published figures.
func TestBankFiguresInTheREADME(t *testing.T) {
	root, err := repositoryRoot()
	require.NoError(t, err)
	path := filepath.Join(root, "README.md")
	readme, err := os.ReadFile(path)
	require.NoError(t, err)
	parts := strings.Split(string(readme), figuresMark)
	require.Len(t, parts, 3, "the README has no place for the figures")
	var b strings.Builder
	b.WriteString("| Attack | Recording | Found | Recall | By | Precision of that |\n| --- | --- | ---: | ---: | --- | ---: |\n")
	for _, recording := range bankRecordings {
		figures := readFigures(t, recording)
		var whole, none tampering
		for _, name := range slices.Sorted(maps.Keys(figures.Attacks)) {
			switch kind := figures.Attacks[name]; {
			case kind.Calls != nil && kind.Calls.Found == kind.Calls.Calls:
				whole.add(name, kind)
			case kind.Calls != nil && kind.Found == 0:
				none.add(name, kind)
			default:
				writeFigures(&b, "`"+name+"`", recording, kind, figures)
			}
		}
		if len(whole.names) > 0 {
			writeFigures(&b, fmt.Sprintf("%d kinds of tampering", len(whole.names)), recording, whole.figures, figures)
		}
		if len(none.names) > 0 {
			writeFigures(&b, "`"+strings.Join(none.names, "`, `")+"`", recording, none.figures, figures)
		}
		fmt.Fprintf(&b, "| false alarms | %s | %d | | | |\n", recording, figures.FalseAlarms)
	}
	if *publish {
		parts[1] = b.String()
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(parts, figuresMark)), 0o600))
	}
	assert.Equal(t, b.String(), parts[1], "the README's table is not that of testdata/bank; -args -publish writes it")
}

// tampering adds up kinds that share a row of the README's table.
type tampering struct {
	names   []string
	figures groundtruth.AttackFigures
}

func (t *tampering) add(name string, kind groundtruth.AttackFigures) {
	t.names = append(t.names, name)
	t.figures.Instances += kind.Instances
	t.figures.Found += kind.Found
	t.figures.Recall = float64(t.figures.Found) / float64(t.figures.Instances)
	t.figures.FoundBy = kind.FoundBy
}

// writeFigures writes a row of the README's table.
func writeFigures(b *strings.Builder, name, recording string, f groundtruth.AttackFigures, all groundtruth.Figures) {
	var by, precision []string
	for _, kind := range slices.Sorted(maps.Keys(f.FoundBy)) {
		right, findings := 0, 0
		for source, of := range all.Findings {
			if strings.HasPrefix(source, kind+"/") {
				right, findings = right+of.Right, findings+of.Findings
			}
		}
		by = append(by, "`"+kind+"`")
		precision = append(precision, fmt.Sprintf("%d of %d", right, findings))
	}
	found := fmt.Sprintf("%d of %d", f.Found, f.Instances)
	if f.Calls != nil && f.Calls.Found < f.Calls.Calls {
		found += fmt.Sprintf(", %d of %d calls", f.Calls.Found, f.Calls.Calls)
	}
	fmt.Fprintf(b, "| %s | %s | %s | %.2f | %s | %s |\n", name, recording, found, f.Recall,
		strings.Join(by, ", "), strings.Join(precision, ", "))
}
