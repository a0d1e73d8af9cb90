package endtoend

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// A configuration that the Collector refuses is reported at once and in the Collector's own words.
func TestLaunchReportsWhyTheCollectorEnded(t *testing.T) {
	t.Parallel()
	skipIfShort(t)
	began := time.Now()
	_, err := launch(t.TempDir(), []string{defaultConfig, overlay("processors: {no_such_processor: {}}")})
	require.ErrorContains(t, err, "no_such_processor")
	assert.Less(t, time.Since(began), startDeadline/2)
}

// After a stop the process is gone and its ports are free; after a kill likewise.
func TestStopAndKillLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*collector){
		"stop": func(c *collector) { c.stop(t) },
		"kill": func(c *collector) { c.kill() },
	} {
		c := startCollector(t, defaultConfig)
		end(c)
		for _, port := range []int{c.otlpGRPC, c.otlpHTTP, c.health, c.metrics, c.telemetry} {
			listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			require.NoError(t, err, name)
			require.NoError(t, listener.Close())
		}
	}
}

// A reload reads the configuration again: what it newly says is in force afterwards.
func TestReloadReadsTheConfigurationAgain(t *testing.T) {
	t.Parallel()
	skipIfShort(t)
	changing := filepath.Join(t.TempDir(), "changing.yaml")
	writeSpansTo := func(name string) {
		text := fmt.Sprintf("exporters: {file/spans: {path: %q}}\n", filepath.Join(filepath.Dir(changing), name))
		require.NoError(t, os.WriteFile(changing, []byte(text), 0o600))
	}
	writeSpansTo("first.jsonl")
	c := startCollector(t, defaultConfig, witness, changing)
	generate := newGenerator(1, 0)
	require.NoError(t, c.sendTraces(generate.traces(1)))
	writeSpansTo("second.jsonl")
	c.reload(t)
	require.NoError(t, c.sendTraces(generate.traces(1)))
	c.stop(t)
	assert.Len(t, readTraces(t, filepath.Join(filepath.Dir(changing), "first.jsonl")), 1)
	assert.Len(t, readTraces(t, filepath.Join(filepath.Dir(changing), "second.jsonl")), 1)
}

// A line counts once its end is there; a file that is not there yet has none.
func TestReadLinesTakesCompleteLinesOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	assert.Empty(t, readMetrics(t, path))
	md := pmetric.NewMetrics()
	md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetName("anomalies")
	line, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(string(line)+"\n"+string(line[:len(line)/2])), 0o600))
	batches := readMetrics(t, path)
	require.Len(t, batches, 1)
	assert.Equal(t, 1, batches[0].MetricCount())
}
