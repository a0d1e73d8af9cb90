package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// command runs the command line and returns what it writes.
func command(args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err = cmd.Execute()
	return out.String(), errs.String(), err
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if strings.HasSuffix(name, ".gz") {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		text = zipped.String()
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const accessLog = `192.0.2.1 - - [01/Mar/2026:12:00:10 +0100] "GET /orders/17 HTTP/1.1" 200 100 "-" "curl"
192.0.2.2 - - [01/Mar/2026:12:00:11 +0100] "POST /orders HTTP/1.1" 201 - "-" "curl"
192.0.2.1 - - [01/Mar/2026:12:00:40 +0100] "GET /missing HTTP/1.1" 404 5 "-" "curl"
not a line of a log
192.0.2.1 - - [01/Mar/2026:12:00:20 +0100] "GET /orders/18 HTTP/1.1" 200 100 "-" "curl"
192.0.2.1 - - [01/Mar/2026:12:01:00 +0100] "GET /orders/18 HTTP/1.1" 200 100 "-" "curl"
`

const wantRows = `window_start,service,client,inter_api_access,api_access_unique,total_calls,max_api_call,max_api_endpoint,data_out,num_failed,num_server_failed,distinct_endpoints,session_length,db_statements,db_returned_rows,db_time
2026-03-01T11:00:00Z,shop,192.0.2.1,15,0.6666666666666666,3,2,GET /orders/{id},205,1,0,2,30,,,
2026-03-01T11:00:00Z,shop,192.0.2.2,,1,1,1,POST /orders,0,0,0,1,0,,,
2026-03-01T11:01:00Z,shop,192.0.2.1,,1,1,1,GET /orders/{id},100,0,0,1,0,,,
`

// The other columns are estimates, by hashes of which the seed is another one in
// each process.
const wantPast = `period_calls,period_failed,period_windows
3,1,1
1,0,1
4,1,2
`

// columns splits a table behind column n, and leaves out what is estimated.
func columns(t *testing.T, table string, n int) (left, right string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	require.NoError(t, err)
	var window, past strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&window, strings.Join(row[:n], ","))
		fmt.Fprintln(&past, strings.Join(row[n+1:n+4], ","))
	}
	return window.String(), past.String()
}

func TestRowsAreLabelledByTheTruth(t *testing.T) {
	truth := file(t, "shop.truth.jsonl", `{"trace_id":"daa92e714beed79678a6a919c3f47fb4","attack":"theft-1","kind":"theft","expect":["traffic"],"at":"2026-03-01T11:00:12Z","client":"192.0.2.1","method":"GET","path":"/orders/17","status":200}
{"trace_id":"daa92e714beed79678a6a919c3f47fb5","attack":"price-1","kind":"price","expect":["invariant"],"at":"2026-03-01T11:00:12Z","client":"192.0.2.2","method":"POST","path":"/orders","status":201}
`)
	stdout, _, err := command("features", "--access-log", file(t, "access.log", accessLog), "--truth", truth, "--out", "-")
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	require.NoError(t, err)
	var labels []string
	for _, row := range rows {
		labels = append(labels, strings.Join(row[len(row)-2:], " "))
	}
	assert.Equal(t, []string{"label attack", "attack theft", "tampering price", "normal "}, labels)
	_, _, err = command("features", "--access-log", file(t, "access.log", accessLog), "--truth", truth, "--by", "service", "--out", "-")
	assert.ErrorContains(t, err, "--truth labels clients: leave out --by service")
}

func TestOnlySomeServices(t *testing.T) {
	path := file(t, "access.log", accessLog)
	stdout, _, err := command("features", "--access-log", path, "--service", "shop", "--only-services", "gateway,shop", "--out", "-")
	require.NoError(t, err)
	assert.Equal(t, 4, strings.Count(stdout, "\n"))
	stdout, _, err = command("features", "--access-log", path, "--service", "shop", "--only-services", "gateway", "--out", "-")
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(stdout, "\n"), "the head alone")
	_, _, err = command("features", "--access-log", path, "--period", "10s", "--out", "-")
	assert.ErrorContains(t, err, "--period is 10s: use a value from 1m0s to 4h0m0s")
}

func TestFeaturesOfAnAccessLog(t *testing.T) {
	for _, name := range []string{"access.log", "access.log.gz"} {
		stdout, stderr, err := command("features", "--access-log", file(t, name, accessLog), "--service", "shop", "--out", "-")
		require.NoError(t, err)
		window, past := columns(t, stdout, 16)
		assert.Equal(t, wantRows, window, "lines out of order are put in order")
		assert.Equal(t, wantPast, past)
		assert.Contains(t, stderr, "5 calls and 0 database statements in 3 rows")
		assert.Contains(t, stderr, "1 lines are no access-log lines")
	}
}

const spans = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","kind":2,"startTimeUnixNano":"1772362810000000000","endTimeUnixNano":"1772362810100000000","attributes":[{"key":"http.method","value":{"stringValue":"GET"}},{"key":"http.target","value":{"stringValue":"/orders/17?x=1"}},{"key":"http.status_code","value":{"intValue":"500"}}]},
{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060709","kind":3,"startTimeUnixNano":"1772362810010000000","endTimeUnixNano":"1772362810510000000","attributes":[{"key":"db.system.name","value":{"stringValue":"postgresql"}},{"key":"db.response.returned_rows","value":{"intValue":"4"}}]}]}]}]}`

func TestFeaturesOfSpansByService(t *testing.T) {
	path := file(t, "spans.jsonl", strings.ReplaceAll(spans, "\n", "")+"\n")
	stdout, _, err := command("features", "--spans", path, "--by", "service", "--out", "-")
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	assert.Equal(t, []string{"2026-03-01T11:00:00Z", "shop", "", "", "1", "1", "1", "GET /orders/{id}", "", "0", "1", "1", "0", "1", "4", "0.5"}, rows[1])
}

// forwarded are lines of a proxy, whose own clients may claim to be anybody.
const forwarded = `10.0.0.2 - - [01/Mar/2026:11:00:10 +0000] "GET /a HTTP/1.1" 200 7 "-" "curl" "198.51.100.1, 192.0.2.1"
10.9.0.9 - - [01/Mar/2026:11:00:11 +0000] "GET /a HTTP/1.1" 200 7 "-" "curl" "192.0.2.2"
`

func TestClientsBehindTrustedProxies(t *testing.T) {
	path := file(t, "access.log", forwarded)
	for _, tt := range []struct {
		proxies string
		want    []string
	}{
		{"", []string{"10.0.0.2", "10.9.0.9"}},
		{"10.0.0.0/16", []string{"10.9.0.9", "192.0.2.1"}},
		{"10.0.0.2", []string{"10.9.0.9", "192.0.2.1"}},
		{"10.0.0.2,10.9.0.9", []string{"192.0.2.1", "192.0.2.2"}},
	} {
		stdout, _, err := command("features", "--access-log", path, "--trusted-proxies", tt.proxies, "--out", "-")
		require.NoError(t, err)
		rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		require.NoError(t, err)
		var clients []string
		for _, row := range rows[1:] {
			clients = append(clients, row[2])
		}
		assert.Equal(t, tt.want, clients, tt.proxies)
	}
}

// Rows that models learn from are those that they will judge.
func TestHelpSaysWhatToTakeFromTheProcessor(t *testing.T) {
	stdout, _, err := command("features", "--help")
	require.NoError(t, err)
	for _, setting := range []string{
		"window as --window", "low_rate.period as --period", "client_key", "trusted_proxies", "entry_services", "internal_clients", "ignore",
	} {
		assert.Contains(t, stdout, setting)
	}
}

func TestFeaturesRefusesByName(t *testing.T) {
	log := file(t, "access.log", accessLog)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--out", "-"}, "nothing to read: give --access-log FILE or --spans FILE"},
		{[]string{"--access-log", log}, "--out is missing"},
		{[]string{"--access-log", log, "--out", "-", "--window", "2h"}, "window is 2h0m0s: use a value from 1s to 1h0m0s"},
		{[]string{"--access-log", log, "--out", "-", "--by", "day"}, `--by is "day": use client or service`},
		{[]string{"--access-log", filepath.Join(t.TempDir(), "missing.log"), "--out", "-"}, "missing.log"},
		{
			[]string{"--access-log", log, "--out", "-", "--trusted-proxies", "10.0.0.0/8,10.0.0"},
			`--trusted-proxies: "10.0.0" is no address range: write it as 10.0.0.0/8 or 192.0.2.7`,
		},
		{[]string{"--spans", log, "--out", "-"}, "access.log:1: no OTLP JSON line of spans"},
	} {
		_, _, err := command(append([]string{"features"}, test.args...)...)
		assert.ErrorContains(t, err, test.want)
	}
}
