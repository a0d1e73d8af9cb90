package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// called is a line of a truth file: a call of a theft.
func called(client string, at time.Time) string {
	return fmt.Sprintf(`{"trace_id":"daa92e714beed79678a6a919c3f47fb4","attack":"theft-1","kind":"theft","expect":["traffic"],`+
		`"at":%q,"client":%q,"method":"GET","path":"/orders/17","status":200}`+"\n", at.Format(time.RFC3339Nano), client)
}

var eleven = time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)

// Whatever its length, the window of a labelled call is that of its row.
func TestLabelsHaveTheWindowsOfTheRows(t *testing.T) {
	truth := file(t, "truth.jsonl", called("192.0.2.1", eleven.Add(10*time.Second))+called("192.0.2.1", eleven.Add(20*time.Second)))
	for _, window := range []string{"1s", "7s", "11s", "1m", "7m", "1h"} {
		stdout, stderr, err := command("features", "--access-log", file(t, "access.log", accessLog), "--truth", truth, "--window", window,
			"--period", window, "--out", "-")
		require.NoError(t, err)
		rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
		require.NoError(t, err)
		attacked := 0
		for _, row := range rows[1:] {
			if row[len(row)-2] == attackLabel {
				attacked++
				assert.Equal(t, "192.0.2.1", row[2])
			}
		}
		assert.Positive(t, attacked, window)
		assert.NotContains(t, stderr, "have no row", window)
	}
}

func TestAWindowBeginsBeforeItsCalls(t *testing.T) {
	for at, want := range map[int64]int64{0: 0, 10: 0, 11: 11, 21: 11, -1: -11, -11: -11, -12: -22} {
		assert.Equal(t, want*int64(time.Second), windowStart(time.Unix(at, 0), 11*time.Second), at)
	}
}

// Labels that no row takes are told of: the rows of the attack are taken for normal ones.
func TestLabelsWithoutRowsAreCounted(t *testing.T) {
	spans := file(t, "spans.jsonl", `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[`+
		`{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","kind":2,"startTimeUnixNano":"1772362810000000000","endTimeUnixNano":"1772362810100000000","attributes":[`+
		`{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":"/orders/17"}},`+
		`{"key":"client.address","value":{"stringValue":"192.0.2.1"}},{"key":"user.id","value":{"stringValue":"jo"}}]}]}]}]}`+"\n")
	truth := file(t, "truth.jsonl", called("192.0.2.1", eleven.Add(10*time.Second))+called("192.0.2.1", eleven.Add(11*time.Second))+
		called("192.0.2.9", eleven.Add(10*time.Second)))
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "1 of the 2 windows of clients that the truth labels have no row (1 of 3 calls)"},
		{[]string{"--client-key", "user.id"}, "2 of the 2 windows of clients that the truth labels have no row (3 of 3 calls)"},
		{[]string{"--only-services", "gateway"}, "2 of the 2 windows"},
	} {
		_, stderr, err := command(append([]string{"features", "--spans", spans, "--truth", truth, "--out", "-"}, tt.args...)...)
		require.NoError(t, err)
		assert.Contains(t, stderr, tt.want, tt.args)
	}
}

// A call that was sent at the end of a window is in the next one's row if its
// server began with it then.
func TestALateCallIsLabelledWhereItIsCounted(t *testing.T) {
	spans := file(t, "spans.jsonl", `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[`+
		`{"traceId":"daa92e714beed79678a6a919c3f47fb4","spanId":"0102030405060708","kind":2,"startTimeUnixNano":"1772362860100000000","endTimeUnixNano":"1772362860200000000","attributes":[`+
		`{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":"/orders/17"}},`+
		`{"key":"client.address","value":{"stringValue":"192.0.2.1"}}]}]}]}]}`+"\n")
	truth := file(t, "truth.jsonl", called("192.0.2.1", eleven.Add(59*time.Second)))
	stdout, stderr, err := command("features", "--spans", spans, "--truth", truth, "--out", "-")
	require.NoError(t, err)
	assert.Contains(t, stdout, "2026-03-01T11:01:00Z,shop,192.0.2.1")
	assert.Contains(t, stdout, ",attack,theft\n")
	assert.NotContains(t, stderr, "have no row")
}

// What cannot be read is found out before the rows of the last time are gone.
func TestABrokenTruthLeavesTheRowsThatAreThere(t *testing.T) {
	out := file(t, "windows.csv", "kept")
	missing := filepath.Join(t.TempDir(), "missing")
	log := file(t, "access.log", accessLog)
	for _, args := range [][]string{
		{"--access-log", log, "--truth", missing},
		{"--access-log", log, "--truth", log},
		{"--access-log", log, "--spans", missing},
		{"--access-log", log, "--trusted-proxies", "proxy"},
	} {
		_, _, err := command(append([]string{"features", "--out", out}, args...)...)
		require.Error(t, err, args)
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		assert.Equal(t, "kept", string(text), args)
	}
}
