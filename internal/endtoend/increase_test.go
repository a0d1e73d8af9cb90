package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/childprocess"
)

// Scraped again and again, the counter of anomalies begins at 0, never falls, and keeps the series of the two
// connector pairs apart.
func TestTheCounterBeginsAtZeroAndNeverFalls(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, everything)
	ctx, stop := context.WithCancel(t.Context())
	scraped := make(chan map[string][]float64)
	go func() { scraped <- scrapeSources(ctx, c) }()

	s := newScenario(1, "shop")
	s.flood(t, c)
	s.calm(t, c, 4)
	records := newScenario(2, "shop") // the same service, seen by both pairs
	records.floodRecords(t, c)
	for range 2 {
		require.NoError(t, c.sendLogs(records.records(quietCalls, "192.0.2.1")))
		records.minute = records.minute.Add(2 * time.Minute)
	}
	eventually(t, 30*time.Second, func() error {
		families, err := c.scrape(c.metrics)
		if err == nil && sum(families["spanwarden_anomalies_total"]) != 2 {
			err = fmt.Errorf("%g anomalies are counted", sum(families["spanwarden_anomalies_total"]))
		}
		return err
	})
	stop()
	seen := <-scraped
	require.Len(t, seen, 2)
	for source, values := range seen {
		assert.Zero(t, values[0], "%s: the first scrape that sees the series sees a 0", source)
		for i := 1; i < len(values); i++ {
			assert.GreaterOrEqual(t, values[i], values[i-1], source)
		}
	}
	c.stop(t)
}

// scrapeSources scrapes until the context ends and returns what it saw of the series of each source.
func scrapeSources(ctx context.Context, c *collector) map[string][]float64 {
	seen := map[string][]float64{}
	for ctx.Err() == nil {
		families, err := c.scrape(c.metrics)
		if err != nil {
			continue
		}
		family := families["spanwarden_anomalies_total"]
		for _, source := range []string{"traces", "logs"} {
			if hasSeries(family, source) {
				seen[source] = append(seen[source], sum(family, "anomaly_source", source))
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return seen
}

func hasSeries(family *dto.MetricFamily, source string) bool {
	return slices.ContainsFunc(family.GetMetric(), func(m *dto.Metric) bool { return hasLabels(m, []string{"anomaly_source", source}) })
}

// A real Prometheus counts the first anomaly: increase() is 1, and there was no reset.
func TestPrometheusCountsTheFirstAnomaly(t *testing.T) {
	t.Parallel()
	skipIfShort(t)
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("skipped the query of a real Prometheus: install it, on Debian with `apt-get install prometheus`; the text format is tested all the same")
	}
	c := startCollector(t, defaultConfig, everything)
	query := startPrometheus(t, binary, c.metrics)
	eventually(t, 40*time.Second, func() error {
		up, err := query("sum(up)")
		if err == nil && up != 1 {
			err = fmt.Errorf("up is %g", up)
		}
		return err
	})
	s := newScenario(1, "shop")
	s.flood(t, c)
	s.calm(t, c, 4)
	eventually(t, 40*time.Second, func() error {
		total, err := query("sum(increase(spanwarden_anomalies_total[2m]))")
		if err == nil && total <= 0 {
			err = fmt.Errorf("increase is %g", total)
		}
		return err
	})
	resets, err := query("sum(resets(spanwarden_anomalies_total[2m]))")
	require.NoError(t, err)
	assert.Zero(t, resets)
}

// startPrometheus runs a Prometheus that scrapes the port every half second, and returns how to ask it for one value.
func startPrometheus(t *testing.T, binary string, port int) func(expression string) (float64, error) {
	t.Helper()
	folder := t.TempDir()
	config := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
scrape_configs:
  - {job_name: collector, scrape_interval: 500ms, scrape_timeout: 500ms, static_configs: [{targets: ["127.0.0.1:%d"]}]}
`, port), 0o600))
	own, err := freePort()
	require.NoError(t, err)
	cmd := exec.Command(binary, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		fmt.Sprintf("--web.listen-address=127.0.0.1:%d", own))
	ended, err := childprocess.Start(cmd, filepath.Join(folder, "log"))
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = killGroup(cmd.Process.Pid)
		<-ended
	})
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	return func(expression string) (float64, error) {
		response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/api/v1/query?query=%s", own, url.QueryEscape(expression)))
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		var answer struct {
			Data struct {
				Result []struct {
					Value [2]any `json:"value"`
				} `json:"result"`
			} `json:"data"`
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return 0, err
		}
		if len(answer.Data.Result) != 1 {
			return 0, fmt.Errorf("%s has %d results", expression, len(answer.Data.Result))
		}
		return strconv.ParseFloat(fmt.Sprint(answer.Data.Result[0].Value[1]), 64)
	}
}
