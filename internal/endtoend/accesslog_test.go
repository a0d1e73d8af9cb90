package endtoend

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

// The access-log configuration turns lines of the common and the combined format into the attributes of the HTTP
// conventions, and lets every other line pass as it is.
func TestAccessLogLinesBecomeHTTPRecords(t *testing.T) {
	t.Parallel()
	lines := []struct {
		text       string
		time       string // RFC 3339, empty for none
		attributes map[string]any
	}{
		{
			text: `203.0.113.7 - alice [21/Nov/2026:20:10:11 +0100] "GET /orders/7?page=2&q=%22x HTTP/1.1" 200 512 "https://shop/" "Mozilla/5.0 (X11)"`,
			time: "2026-11-21T19:10:11Z",
			attributes: map[string]any{
				"client.address": "203.0.113.7", "user.id": "alice", "http.request.method": "GET",
				"url.path": "/orders/7", "url.query": "page=2&q=%22x", "network.protocol.version": "1.1",
				"http.response.status_code": int64(200), "http.response.body.size": int64(512),
				"user_agent.original": "Mozilla/5.0 (X11)",
			},
		},
		{
			text: `2001:db8::1 - - [21/Nov/2026:20:10:12 +0000] "POST /login HTTP/2.0" 401 -`,
			time: "2026-11-21T20:10:12Z",
			attributes: map[string]any{
				"client.address": "2001:db8::1", "http.request.method": "POST", "url.path": "/login",
				"network.protocol.version": "2.0", "http.response.status_code": int64(401),
			},
		},
		{
			text: `203.0.113.9 - - [21/Nov/2026:20:10:13 +0000] "GET / HTTP/1.1" 304 0 "-" "-"`,
			time: "2026-11-21T20:10:13Z",
			attributes: map[string]any{
				"client.address": "203.0.113.9", "http.request.method": "GET", "url.path": "/",
				"network.protocol.version": "1.1", "http.response.status_code": int64(304), "http.response.body.size": int64(0),
			},
		},
		{text: `203.0.113.9 - - [21/Nov/2026:20:10:14 +0000] "-" 400 0 "-" "-"`},
		{text: `\x16\x03\x01\x00 no request at all`},
	}
	logFile := t.TempDir() + "/access.log"
	c := startCollector(t, "testdata/collector/accesslog.yaml", overlay(fmt.Sprintf(`
receivers:
  file_log: {include: [%q]}
exporters:
  file/records: {path: "${env:SPANWARDEN_DATA}/records.jsonl", flush_interval: 100ms}
service:
  pipelines:
    logs/access: {exporters: [api_anomaly, file/records]}
`, logFile)))
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(line.text + "\n")
	}
	require.NoError(t, os.WriteFile(logFile, []byte(text.String()), 0o600))

	var records []plog.LogRecord
	eventually(t, 20*time.Second, func() error {
		records = nil
		for _, batch := range readLogs(t, c.file("records.jsonl")) {
			records = append(records, foreignRecords(batch)...)
		}
		if len(records) < len(lines) {
			return fmt.Errorf("%d of %d lines have arrived", len(records), len(lines))
		}
		return nil
	})
	c.stop(t)

	require.Len(t, records, len(lines))
	for i, line := range lines {
		got := records[i].Attributes().AsRaw()
		delete(got, "log.file.name")
		assert.Equal(t, line.text, records[i].Body().Str())
		if line.time == "" {
			assert.Empty(t, got, line.text)
			assert.Zero(t, records[i].Timestamp(), line.text)
			continue
		}
		assert.Equal(t, line.attributes, got, line.text)
		assert.Equal(t, line.time, records[i].Timestamp().AsTime().Format(time.RFC3339), line.text)
	}
}

// foreignRecords are the log records of a batch that are not Spanwarden's own.
func foreignRecords(ld plog.Logs) []plog.LogRecord {
	var records []plog.LogRecord
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			if isOwn(sl.Scope()) {
				continue
			}
			for _, record := range sl.LogRecords().All() {
				records = append(records, record)
			}
		}
	}
	return records
}
