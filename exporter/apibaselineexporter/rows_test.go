package apibaselineexporter

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadatatest"
	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/feature"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func rowsOnly(c *Config) {
	c.Features, c.Invariants = strings.Replace(c.Invariants, "invariants.yaml", "windows.csv", 1), ""
	c.Windows.Window, c.Windows.AllowedLateness = 10*time.Second, 0
}

// seconds sends a call in each of so many seconds.
func (b *bench) seconds(from, n int) {
	for s := from; s < from+n; s++ {
		b.clock.Store(int64(s) * int64(time.Second))
		b.send(checkout(s+1, s*1000+1))
	}
}

func TestRowsAreThoseThatTrainingReads(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, options{telemetry: telemetry, change: func(c *Config) {
		rowsOnly(c)
		c.Windows.EntryServices = []string{"shop"}
	}})
	b.seconds(0, 65) // the first three windows of a service may lack calls
	b.await(func() bool { return windowsWritten(t, telemetry) == 6 })
	b.stop()
	file := filepath.Join("testdata", "windows.csv")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.content("windows.csv")), 0o600))
	}
	assert.Equal(t, readFile(t, file), b.content("windows.csv"))
	table, err := dataset.ReadCSV(strings.NewReader(b.content("windows.csv")), dataset.Options{Features: feature.Names(feature.All())})
	require.NoError(t, err)
	require.Equal(t, 3, table.Rows(), "so may the last one")
	calls := table.Features
	for i, name := range calls {
		switch name {
		case "total_calls":
			assert.Equal(t, []float32{10, 10, 10}, table.Columns[i])
		case "period_calls":
			assert.Equal(t, []float32{40, 50, 60}, table.Columns[i], "of the past, that window counts")
		}
	}
	assert.Equal(t, 4, strings.Count(b.content("windows.csv"), "\n"))
	assert.Contains(t, b.content("windows.csv"), "2026-03-01T12:00:40Z,shop,203.0.113.9,")
	assert.Nil(t, b.watch.tree, "no traces are kept for rows alone")
}

// windowsWritten is how many windows have rows.
func windowsWritten(t *testing.T, telemetry *componenttest.Telemetry) int64 {
	t.Helper()
	m, err := telemetry.GetMetric("otelcol_exporter_api_baseline_windows")
	if err != nil {
		return 0
	}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if v, _ := p.Attributes.Value("outcome"); v.AsString() == writtenWindow {
			return p.Value
		}
	}
	return 0
}

func TestRowsGoOnAfterARestartWithTheirPast(t *testing.T) {
	m, folder, telemetry := newMemory(), t.TempDir(), newTelemetry(t)
	change := func(c *Config) { rowsOnly(c); stored(c) }
	before := startBench(t, options{host: m.host(), folder: folder, change: change})
	before.seconds(0, 25)
	before.stop()
	after := startBench(t, options{host: m.host(), folder: folder, change: change, telemetry: telemetry})
	after.seconds(30, 45)
	after.await(func() bool { return windowsWritten(t, telemetry) == 2 })
	metadatatest.AssertEqualExporterAPIBaselineWindows(t, telemetry, []metricdata.DataPoint[int64]{
		point(6, "outcome", "partial"), point(2, "outcome", "written"),
	}, valuesOnly...)
	after.stop()
	text := after.content("windows.csv")
	assert.Equal(t, 1, strings.Count(text, "window_start"))
	row := strings.Split(strings.TrimSpace(text), "\n")
	last := row[len(row)-1]
	table, err := dataset.ReadCSV(strings.NewReader(row[0]+"\n"+last), dataset.Options{Features: []string{"period_calls"}})
	require.NoError(t, err)
	assert.Equal(t, []float32{65}, table.Columns[0], last)
}

func TestRowsEndWithThePeriod(t *testing.T) {
	b := startBench(t, options{change: func(c *Config) { rowsOnly(c); c.Learn.Period = 50 * time.Second }})
	b.seconds(0, 80)
	b.await(func() bool { return len(b.said(zap.InfoLevel)) > 0 })
	b.seconds(80, 30)
	b.stop()
	assert.NotContains(t, b.content("windows.csv"), "12:00:50Z")
	assert.Contains(t, b.content("windows.csv"), "12:00:40Z")
}

// rotated are the files of rows in a folder with the rows in them.
func rotated(t *testing.T, folder string) map[string][]string {
	t.Helper()
	files := make(map[string][]string)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		lines := strings.Split(strings.TrimSuffix(readFile(t, filepath.Join(folder, e.Name())), "\n"), "\n")
		require.Equal(t, "a,b", lines[0])
		files[e.Name()] = lines[1:]
	}
	return files
}

func newTestFile(folder string, maxBytes int64, backups int) *rowFile {
	return newRowFile(rowFileSettings{path: filepath.Join(folder, "rows.csv"), maxBytes: maxBytes, backups: backups}, []string{"a", "b"})
}

func writeRows(t *testing.T, f *rowFile, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		require.NoError(t, f.write([]string{fmt.Sprint(i), "x"}))
		require.NoError(t, f.flush())
	}
}

func TestAFullFileIsSetAside(t *testing.T) {
	folder := t.TempDir()
	f := newTestFile(folder, 12, 2) // two rows behind the header
	writeRows(t, f, 1, 7)
	require.NoError(t, f.close())
	assert.Equal(t, map[string][]string{"rows.csv": {"7,x"}, "rows.csv.1": {"5,x", "6,x"}, "rows.csv.2": {"3,x", "4,x"}}, rotated(t, folder))
}

func TestWithoutBackupsAFullFileIsGone(t *testing.T) {
	folder := t.TempDir()
	f := newTestFile(folder, 12, 0)
	writeRows(t, f, 1, 3)
	require.NoError(t, f.close())
	assert.Equal(t, map[string][]string{"rows.csv": {"3,x"}}, rotated(t, folder))
}

func TestRowsAreAppendedToThoseOfARunBefore(t *testing.T) {
	folder := t.TempDir()
	for i := range 3 {
		f := newTestFile(folder, 1000, 3)
		writeRows(t, f, i, 1)
		require.NoError(t, f.close())
		require.NoError(t, f.close(), "twice is once")
	}
	assert.Equal(t, map[string][]string{"rows.csv": {"0,x", "1,x", "2,x"}}, rotated(t, folder))
}

func TestWithoutRowsThereIsNoFile(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, newTestFile(folder, 1000, 3).close())
	assert.Empty(t, rotated(t, folder))
}

func TestAFileThatCannotBeGoneOnFromIsSetAside(t *testing.T) {
	for name, content := range map[string]string{
		"torn": "a,b\n1,x\n2", "other columns": "a,b,c\n1,2,3\n", "something else": "x",
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "rows.csv")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		f := newTestFile(folder, 1000, 3)
		writeRows(t, f, 1, 1)
		require.NoError(t, f.close())
		assert.Equal(t, "a,b\n1,x\n", readFile(t, path), name)
		assert.Equal(t, content, readFile(t, path+".1"), name)
	}
}

func TestAnEmptyFileGetsAHeader(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "rows.csv"), nil, 0o600))
	f := newTestFile(folder, 1000, 3)
	writeRows(t, f, 1, 1)
	require.NoError(t, f.close())
	assert.Equal(t, map[string][]string{"rows.csv": {"1,x"}}, rotated(t, folder))
}

func TestManyRowsAreWrittenBeforeTheyTakeMuchMemory(t *testing.T) {
	f := newTestFile(t.TempDir(), 1<<30, 3)
	long := strings.Repeat("y", 1000)
	for range 1000 {
		require.NoError(t, f.write([]string{"1", long}))
		require.LessOrEqual(t, f.pending.Len(), flushAt)
	}
	require.NoError(t, f.close())
	assert.Greater(t, f.size, int64(1_000_000))
}

func TestRowsThatCannotBeWrittenAreReportedOnce(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, options{change: rowsOnly, telemetry: telemetry})
	path := b.watch.config.Features
	require.NoError(t, os.Mkdir(path, 0o700))
	b.seconds(0, 55)
	b.await(func() bool { return windowsWritten(t, telemetry) >= 4 })
	b.watch.rows.flush()
	b.seconds(55, 10)
	b.await(func() bool { return windowsWritten(t, telemetry) >= 6 })
	b.watch.rows.flush()
	metadatatest.AssertEqualExporterAPIBaselineWriteErrors(t, telemetry, []metricdata.DataPoint[int64]{point(2, "file.path", path)}, valuesOnly...)
	assert.Equal(t, []string{"Feature rows could not be written and are lost"}, b.said(zap.WarnLevel))
	b.stop()
}
