package dos

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// TestLoadBalancerSeries runs the detector over two weeks of a real load
// balancer's request counts (Numenta Anomaly Benchmark,
// elb_request_count_8c0756), in windows of five minutes: at most one event in two
// days. SPANWARDEN_DATA names the folder that holds changepoint/.
func TestLoadBalancerSeries(t *testing.T) {
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" {
		t.Skip("skipped the load balancer series: set SPANWARDEN_DATA to a folder that holds changepoint/nab_elb_request_count_8c0756.csv from github.com/numenta/NAB")
	}
	file, err := os.Open(filepath.Join(folder, "changepoint", "nab_elb_request_count_8c0756.csv"))
	require.NoError(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)

	for _, test := range []struct {
		name            string
		minCalls, surge int64
	}{
		{"default thresholds", 1000, 100},
		{"armed at any load", 1, 1},
	} {
		settings := DefaultSettings()
		settings.MinCalls, settings.SurgeMinCalls = test.minCalls, test.surge
		d, err := New(settings, 1)
		require.NoError(t, err)
		var b begins
		for i, row := range rows[1:] {
			calls, err := strconv.ParseFloat(row[1], 64)
			require.NoError(t, err)
			v := traffic.Vector{Service: "elb", Role: traffic.Total, TotalCalls: int64(calls), DataOut: math.NaN(), InterAPIAccess: 300 / calls}
			before := b.count
			b.add(judge(d, i, v))
			if b.count > before {
				t.Logf("%s: event at %s, %g requests", test.name, row[0], calls)
			}
		}
		days := float64(len(rows)-1) * 5 * time.Minute.Hours() / 24
		t.Logf("%s: %d events in %.1f days, %.2f a day", test.name, b.count, days, float64(b.count)/days)
		assert.LessOrEqual(t, float64(b.count)/days, 0.5, test.name)
	}
}
