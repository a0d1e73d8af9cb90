package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFeaturesOfRealSpans compares the features of a real shop's spans (opbeans,
// from Elastic's apm-server) with a calculation of its own that shares no code
// with the command: plain JSON, maps and sorted slices.
func TestFeaturesOfRealSpans(t *testing.T) {
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" {
		t.Skip("skipped the real spans: set SPANWARDEN_DATA to a folder that holds opbeans/spans.jsonl.gz")
	}
	path := filepath.Join(folder, "opbeans", "spans.jsonl.gz")
	stdout, _, err := command("features", "--spans", path, "--out", "-")
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	require.NoError(t, err)
	got := make(map[string][]string)
	for _, row := range rows[1:] {
		got[row[0]+" "+row[1]+" "+row[2]] = row[3:13]
	}

	want := make(map[string]*byHand)
	for _, span := range serverSpans(t, path) {
		minute := span.start / 60e9 * 60
		key := fmt.Sprintf("%s %s %s", rfc3339(minute), span.service, span.client)
		if want[key] == nil {
			want[key] = &byHand{endpoints: make(map[string]int)}
		}
		want[key].add(span)
	}
	require.Len(t, got, len(want))
	for key, hand := range want {
		row := got[key]
		require.NotNil(t, row, key)
		hand.compare(t, key, row)
	}
	t.Logf("%d windows of clients agree", len(want))
}

type handSpan struct {
	service, client, endpoint string
	start                     int64
	status                    int
	size                      float64 // negative if absent
}

func serverSpans(t *testing.T, path string) (spans []handSpan) {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var request map[string]any
		require.NoError(t, json.Unmarshal(lines.Bytes(), &request))
		for _, rs := range list(request, "resourceSpans") {
			resource := attributes(rs["resource"].(map[string]any))
			for _, ss := range list(rs, "scopeSpans") {
				for _, span := range list(ss, "spans") {
					a := attributes(span)
					if span["kind"] != 2.0 || a["http.request.method"] == "" {
						continue
					}
					spans = append(spans, newHandSpan(t, resource["service.name"], span, a))
				}
			}
		}
	}
	require.NoError(t, lines.Err())
	return spans
}

func newHandSpan(t *testing.T, service string, span map[string]any, a map[string]string) handSpan {
	start, err := strconv.ParseInt(span["startTimeUnixNano"].(string), 10, 64)
	require.NoError(t, err)
	route := a["http.route"]
	if route == "" {
		route = a["url.path"] // in this recording none of these has an id in it
	}
	s := handSpan{service: service, client: a["client.address"], endpoint: a["http.request.method"] + " " + route, start: start, size: -1}
	s.status, err = strconv.Atoi(a["http.response.status_code"])
	require.NoError(t, err)
	if a["http.response.body.size"] != "" {
		s.size, err = strconv.ParseFloat(a["http.response.body.size"], 64)
		require.NoError(t, err)
	}
	return s
}

func list(m map[string]any, key string) (maps []map[string]any) {
	items, _ := m[key].([]any)
	for _, item := range items {
		maps = append(maps, item.(map[string]any))
	}
	return maps
}

func attributes(m map[string]any) map[string]string {
	out := make(map[string]string)
	for _, a := range list(m, "attributes") {
		for _, v := range a["value"].(map[string]any) {
			out[a["key"].(string)] = fmt.Sprint(v)
		}
	}
	return out
}

func rfc3339(seconds int64) string {
	day := seconds / 86400
	// Civil from days, Howard Hinnant's algorithm: no time package on this side.
	z := day + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	month := mp + 3
	year := yoe + era*400
	if month > 12 {
		month, year = month-12, year+1
	}
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, doy-(153*mp+2)/5+1, seconds/3600%24, seconds/60%60, seconds%60)
}

type byHand struct {
	starts         []int64
	endpoints      map[string]int
	size           float64
	sized          bool
	failed, broken int
}

func (h *byHand) add(s handSpan) {
	h.starts = append(h.starts, s.start)
	h.endpoints[s.endpoint]++
	if s.size >= 0 {
		h.size, h.sized = h.size+s.size, true
	}
	if s.status >= 400 && s.status <= 499 {
		h.failed++
	}
	if s.status >= 500 {
		h.broken++
	}
}

// compare checks inter_api_access to session_length of a row.
func (h *byHand) compare(t *testing.T, key string, row []string) {
	n := len(h.starts)
	slices.Sort(h.starts)
	var gaps []float64
	for i := 1; i < n; i++ {
		gaps = append(gaps, float64(h.starts[i]-h.starts[i-1])/1e9)
	}
	sort.Float64s(gaps)
	same := func(column int, want float64, present bool) {
		if !present {
			assert.Empty(t, row[column], "%s column %d", key, column)
			return
		}
		got, err := strconv.ParseFloat(row[column], 64)
		require.NoError(t, err)
		assert.InDelta(t, want, got, 1e-9, "%s column %d", key, column)
	}
	var middle float64
	if len(gaps) > 0 {
		middle = (gaps[(len(gaps)-1)/2] + gaps[len(gaps)/2]) / 2
	}
	most := 0
	for _, calls := range h.endpoints {
		most = max(most, calls)
	}
	same(0, middle, len(gaps) > 0)
	same(1, float64(len(h.endpoints))/float64(n), true)
	same(2, float64(n), true)
	same(3, float64(most), true)
	assert.Equal(t, most, h.endpoints[row[4]], "%s: max_api_endpoint is one with the most calls", key)
	same(5, h.size, h.sized)
	same(6, float64(h.failed), true)
	same(7, float64(h.broken), true)
	same(8, float64(len(h.endpoints)), true)
	same(9, float64(h.starts[n-1]-h.starts[0])/1e9, true)
}
