package endtoend

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// publish writes the measured figures where the tests look for the published ones: go test -run Bank ./internal/endtoend -args -publish.
var publish = flag.Bool("publish", false, "publish the figures that are measured on the bank's recordings")

// A recording of the bank goes through the built Collector with its default settings; what it finds is compared with what
// was true. No figure that has been published may fall.
func TestBankFigures(t *testing.T) {
	for _, recording := range []string{"quiet", "flood", "theft", "tampering"} {
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

// What the README promises, whatever has been published: nobody is accused before anything happens, and the flood and the
// loud theft are found.
func TestBankPromises(t *testing.T) {
	t.Parallel()
	skipIfShort(t)
	for recording, promised := range map[string][]string{"quiet": nil, "flood": {"flood"}, "theft": {"theft_loud", "theft_slow", "probing", "password_guessing"}} {
		figures := readFigures(t, recording)
		assert.Zero(t, figures.FalseQuiet, recording)
		for _, kind := range promised {
			assert.InDelta(t, 1, figures.Attacks[kind].Recall, 0, kind)
		}
	}
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

// judgeRecording sends a recording through the Collector and compares what it finds with the truth.
func judgeRecording(t *testing.T, recording string) groundtruth.Verdict {
	t.Helper()
	c := startCollector(t, defaultConfig)
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

// The README's tables are the measured ones.
func TestBankTablesInTheREADME(t *testing.T) {
	t.Parallel()
	skipIfShort(t)
	root, err := repositoryRoot()
	require.NoError(t, err)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	for _, recording := range []string{"flood", "theft"} {
		figures := readFigures(t, recording)
		for kind := range figures.Attacks {
			assert.True(t, strings.Contains(string(readme), kind), "%s is not in the README", kind)
		}
	}
}
