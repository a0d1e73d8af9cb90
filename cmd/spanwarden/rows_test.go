package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wantColumns are in the order that files of rows have, which others read by place.
var wantColumns = []string{
	"window_start", "service", "client",
	"inter_api_access", "api_access_unique", "total_calls", "max_api_call", "max_api_endpoint", "data_out", "num_failed",
	"num_server_failed", "distinct_endpoints", "session_length", "db_statements", "db_returned_rows", "db_time",
	"distinct_resources", "period_calls", "period_failed", "period_windows", "period_endpoints", "period_resources",
	"calls_per_endpoint", "resources_per_endpoint", "failed_ratio",
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
