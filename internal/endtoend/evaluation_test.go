package endtoend

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// realData is the folder of the recordings that are not in this repository.
func realData(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" {
		t.Skip("skipped real traffic: set SPANWARDEN_DATA to a folder that holds access-logs/almhuette.log.gz, access-logs/http2-flood.log.gz and opbeans/spans.jsonl.gz")
	}
	return folder
}

func gzLines(t *testing.T, path string) (lines []string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	scanner := bufio.NewScanner(unzipped)
	scanner.Buffer(nil, 1<<26)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	require.NoError(t, scanner.Err())
	return lines
}

var logTime = regexp.MustCompile(`\[([^\]]+)\]`)

// A minute of a real HTTP/2 flood in six days of a real site's access log: the flood is found in its minute and its
// three busiest addresses are named; every other alarm is about an address that did attack the site.
func TestFloodInARealAccessLog(t *testing.T) {
	folder := realData(t)
	const format = "02/Jan/2006:15:04:05 -0700"
	onset := time.Date(2019, 10, 17, 10, 34, 0, 0, time.UTC)
	type entry struct {
		at   time.Time
		line string
	}
	var entries []entry
	for _, line := range gzLines(t, filepath.Join(folder, "access-logs", "almhuette.log.gz")) {
		at, err := time.Parse(format, logTime.FindStringSubmatch(line)[1])
		require.NoError(t, err)
		entries = append(entries, entry{at, line})
	}
	for _, line := range gzLines(t, filepath.Join(folder, "access-logs", "http2-flood.log.gz")) {
		at, err := time.Parse(format, logTime.FindStringSubmatch(line)[1])
		require.NoError(t, err)
		at = onset.Add(time.Duration(at.Second()) * time.Second)
		entries = append(entries, entry{at, logTime.ReplaceAllString(line, "["+at.Format(format)+"]")})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	var text strings.Builder
	for _, e := range entries {
		text.WriteString(e.line + "\n")
	}
	path := filepath.Join(t.TempDir(), "access.log")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))

	c := startCollector(t, "testdata/collector/accesslog.yaml", overlay(fmt.Sprintf("receivers: {file_log: {include: [%q]}}", path)))
	eventually(t, 60*time.Second, func() error {
		families, err := c.scrape(c.telemetry)
		if counted := sum(families["otelcol_processor_api_traffic_items_total"]) + sum(families["otelcol_processor_api_traffic_items"]); err == nil && int(counted) != len(entries) {
			err = fmt.Errorf("%g of %d lines are read", counted, len(entries))
		}
		return err
	})
	c.stop(t)

	var floods []plog.LogRecord
	attackers := []string{"193.106.31.130", "198.38.84.230", "54.93.238.175", "89.19.30.65"}
	for _, record := range anomalyRecords(t, c) {
		for key, value := range record.Attributes().All() {
			assert.NotContains(t, value.AsString(), "NaN", key)
		}
		if strings.HasPrefix(attribute(record, "anomaly.begun"), onset.Format("2006-01-02T15:04")) {
			floods = append(floods, record)
			continue
		}
		told := record.Body().AsString()
		if attribute(record, "anomaly.state") == "begun" {
			t.Log(attribute(record, "anomaly.window.start"), told)
		}
		assert.True(t, slices.ContainsFunc(attackers, func(a string) bool { return strings.Contains(told, a) }), told)
	}
	require.Len(t, floods, 2, "begun and ended")
	assert.Equal(t, onset.Format(time.RFC3339), attribute(floods[0], "anomaly.window.start"))
	clients := attribute(floods[0], "anomaly.clients")
	for _, address := range []string{"192.236.195.162 (655)", "192.236.195.112 (102)", "192.236.194.162 (99)"} {
		assert.Contains(t, clients, address)
	}
}

// A real shop's spans through OTLP: they leave with the features they came with, and the calls between its services,
// more than half of all, raise no alarm about a client, not even under the strictest rule.
func TestRealSpansThroughOTLP(t *testing.T) {
	recording := filepath.Join(realData(t), "opbeans", "spans.jsonl.gz")
	root, err := repositoryRoot()
	require.NoError(t, err)
	features := func(path string) string {
		out, err := exec.Command(filepath.Join(root, "bin", "spanwarden"), "features", "--spans", path, "--out", "-").Output()
		require.NoError(t, err)
		return string(out)
	}
	for _, rule := range []string{"persistent", "paper"} {
		c := startCollector(t, defaultConfig, witness, overlay("processors: {api_traffic: {low_rate: {rule: "+rule+"}}}"))
		var unmarshaler ptrace.JSONUnmarshaler
		for _, line := range gzLines(t, recording) {
			td, err := unmarshaler.UnmarshalTraces([]byte(line))
			require.NoError(t, err)
			require.NoError(t, c.sendTraces(td))
		}
		c.stop(t)
		assert.Equal(t, features(recording), features(c.file("spans.jsonl")))
		var judged []string
		for _, record := range anomalyRecords(t, c) {
			judged = append(judged, attribute(record, "client.address"))
		}
		if rule == "persistent" {
			assert.Empty(t, judged)
			continue
		}
		assert.Equal(t, []string{"172.23.0.10"}, judged, "the load generator, the one client whose calls have no parent")
	}
}
