package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// wantColumns are in the order that files of rows have, which others read by place.
var wantColumns = []string{
	"window_start", "service", "client",
	"inter_api_access", "api_access_unique", "total_calls", "max_api_call", "max_api_endpoint", "data_out", "num_failed",
	"num_server_failed", "distinct_endpoints", "session_length", "db_statements", "db_returned_rows", "db_time",
	"distinct_resources", "period_calls", "period_failed", "period_windows", "period_endpoints", "period_resources",
	"calls_per_endpoint", "resources_per_endpoint", "failed_ratio",
}

// A row has every feature, by its name, as models see it.
func TestEveryFeatureHasAColumn(t *testing.T) {
	columns := columnsOf(false)
	v := &traffic.Vector{
		InterAPIAccess: 0.5, APIAccessUnique: 0.25, TotalCalls: 4, MaxAPICall: 3, DataOut: 800, NumFailed: 1, NumServerFailed: 2,
		DistinctEndpoints: 7, SessionLength: 9,
	}
	v.Resources.Add("/a")
	p := &trail.Past{Windows: 5, Calls: 12, Failed: 6, Endpoints: v.Resources, Resources: v.Resources}
	for _, f := range feature.All() {
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == f.Name })
		require.GreaterOrEqual(t, i, 0, "%s has no column", f.Name)
		assert.Equal(t, number(f.Of(v, p)), columns[i].of(v, p), f.Name)
	}
}

func TestColumnsKeepTheirOrder(t *testing.T) {
	path := file(t, "access.log", accessLog)
	truth := file(t, "truth.jsonl", called("192.0.2.1", eleven))
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{nil, wantColumns},
		{[]string{"--truth", truth}, slices.Concat(wantColumns, []string{"label", "attack"})},
		{[]string{"--by", "service"}, wantColumns[:16]},
	} {
		stdout, _, err := command(append([]string{"features", "--access-log", path, "--out", "-"}, tt.args...)...)
		require.NoError(t, err)
		head, _, _ := strings.Cut(stdout, "\n")
		assert.Equal(t, strings.Join(tt.want, ","), head)
	}
}
