package endtoend

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every configuration that the repository ships comes up, has nothing to complain about, and goes down cleanly.
func TestShippedConfigsStartAndStop(t *testing.T) {
	t.Parallel()
	root, err := repositoryRoot()
	require.NoError(t, err)
	configs, err := filepath.Glob(filepath.Join(root, "testdata", "collector", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, configs)
	for _, config := range configs {
		t.Run(strings.TrimSuffix(filepath.Base(config), ".yaml"), func(t *testing.T) {
			t.Parallel()
			c := startCollector(t, filepath.Join("testdata", "collector", filepath.Base(config)))
			metrics, err := c.scrape(c.telemetry)
			require.NoError(t, err)
			assert.Positive(t, sum(metrics["otelcol_process_uptime"])+sum(metrics["otelcol_process_uptime_seconds"]))
			c.stop(t)
			for line := range strings.Lines(c.log()) {
				for _, complaint := range []string{"\terror\t", "\twarn\t", "deprecated", "panic:"} {
					assert.NotContains(t, line, complaint)
				}
			}
		})
	}
}

// A processor in two pipelines of one signal would be two: it is refused, with a hint what to do.
func TestOneProcessorInTwoPipelinesIsRefused(t *testing.T) {
	t.Parallel()
	skipIfShort(t)
	_, err := launch(t.TempDir(), []string{defaultConfig, overlay(`
connectors: {forward: }
service:
  pipelines:
    traces: {exporters: [api_anomaly, forward]}
    traces/b: {receivers: [forward], processors: [api_traffic], exporters: [nop]}`)})
	require.ErrorContains(t, err, "api_traffic is used in two traces pipelines: each needs an instance of its own, name the second one, such as api_traffic/b")
}
