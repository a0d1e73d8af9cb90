package recording

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const line = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"name":"b"}]}]}]}`

func write(t *testing.T, name, text string, zip bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	if !zip {
		_, err = file.WriteString(text)
		require.NoError(t, err)
		return path
	}
	w := gzip.NewWriter(file)
	_, err = w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return path
}

func spans(t *testing.T, path string) (int, error) {
	t.Helper()
	f, err := Open(path)
	require.NoError(t, err)
	defer f.Close()
	n := 0
	err = f.Traces(func(td ptrace.Traces) error {
		n += td.SpanCount()
		return nil
	})
	if err == nil {
		assert.Equal(t, f.Size, f.Done())
	}
	return n, err
}

func TestTracesPlainAndGzipped(t *testing.T) {
	for _, test := range []struct {
		name string
		zip  bool
	}{{"spans.jsonl", false}, {"spans.jsonl.gz", true}, {"gzip-without-its-ending", true}} {
		n, err := spans(t, write(t, test.name, line+"\n\n"+line+"\n", test.zip))
		require.NoError(t, err)
		assert.Equal(t, 4, n, test.name)
	}
}

func TestErrorsNameFileAndLine(t *testing.T) {
	_, err := spans(t, write(t, "spans.jsonl", line+"\nnot json\n", false))
	assert.ErrorContains(t, err, "spans.jsonl:2: no OTLP JSON line of spans")

	var lines strings.Builder
	for i := range 5000 {
		lines.WriteString(strings.Replace(line, `"a"`, strconv.Quote(strconv.Itoa(i*i*7919)), 1) + "\n")
	}
	zipped := write(t, "cut.gz", lines.String(), true)
	whole, err := os.ReadFile(zipped)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(zipped, whole[:len(whole)/2], 0o600))
	_, err = spans(t, zipped)
	assert.ErrorContains(t, err, "cut.gz: the file ends in the middle of its gzip stream")

	_, err = Open(filepath.Join(t.TempDir(), "missing"))
	assert.ErrorContains(t, err, "missing")
}
