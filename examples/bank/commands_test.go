package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/examples/bank/internal/recorder"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/recording"
)

// run runs a command line and returns what it prints.
func run(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	command := newCommand()
	command.SetArgs(args)
	command.SetOut(&out)
	command.SetErr(&out)
	err := command.ExecuteContext(ctx)
	return out.String(), err
}

func TestRecord(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "quiet.jsonl.gz")
	printed, err := run(t.Context(), "record", "--length", "2m", "--factor", "60", "--out", file)
	require.NoError(t, err)
	assert.Contains(t, printed, "2m0s of the bank")
	truth, err := groundtruth.Read(filepath.Join(filepath.Dir(file), "quiet.truth.jsonl.gz"))
	require.NoError(t, err)
	assert.Empty(t, truth)
	recorded, err := recording.Open(file)
	require.NoError(t, err)
	defer recorded.Close()
	batches := 0
	require.NoError(t, recorded.Lines(func([]byte) error { batches++; return nil }))
	assert.Positive(t, batches)
}

// A recording that fails leaves the one that is there.
func TestRecordKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kept.jsonl.gz")
	require.NoError(t, os.WriteFile(file, []byte("kept"), 0o600))
	_, err := run(t.Context(), "record", "--length", "1m", "--out", file, "--dsn", filepath.Join(file, "no", "bank.db"))
	require.Error(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "kept", string(text))
	assert.NoFileExists(t, file+".part")
}

// The services of `bank serve` answer the calls of `bank play`, and their spans arrive, until it is stopped.
func TestServeAndPlay(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var spans atomic.Int64
	received, err := recorder.Start(func(td ptrace.Traces) error {
		spans.Add(int64(td.SpanCount()))
		return nil
	})
	require.NoError(t, err)
	serving, stop := context.WithCancel(t.Context())
	defer stop()
	says, out := io.Pipe()
	served := make(chan error, 1)
	go func() {
		command := newCommand()
		command.SetArgs([]string{
			"serve", "--dsn", filepath.Join(folder, "bank.db"), "--listen", "gateway=127.0.0.1:0", "--endpoint", received.Endpoint(),
		})
		command.SetOut(out)
		err := command.ExecuteContext(serving)
		served <- err
		out.CloseWithError(err)
	}()
	gateway := ""
	for lines := bufio.NewScanner(says); gateway == "" && lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "gateway: "); ok {
			gateway = url
		}
	}
	require.NotEmpty(t, gateway, "where it listens is told")
	go func() { _, _ = io.Copy(io.Discard, says) }()
	printed, err := run(t.Context(), "play", "--length", "1m", "--pace", "60", "--url", gateway, "--truth",
		filepath.Join(folder, "truth.jsonl"))
	require.NoError(t, err)
	assert.Regexp(t, `\d+ calls in .*[[ ]200:\d+`, printed)
	assert.NotContains(t, printed, "map[0:")
	stop()
	require.NoError(t, <-served)
	require.NoError(t, received.Stop())
	assert.Positive(t, spans.Load())
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.db")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, tt := range []struct {
		says string
		args []string
	}{
		{`no scenario "flod": choose one of quiet, demo, flood, tampering, theft`, []string{"record", "--scenario", "flod", "--out", "x"}},
		{"everything", []string{"record", "--opt-in", "everything", "--out", "x"}},
		{"everything", []string{"demo", "--opt-in", "everything"}},
		{"everything", []string{"serve", "--opt-in", "everything"}},
		{"length is 10s", []string{"play", "--length", "10s"}},
		{`"out" not set`, []string{"record"}},
		{`no service "gatway": the services are account, transaction, gateway`, []string{"serve", "--run", "gatway"}},
		{`no service "gatway"`, []string{"serve", "--listen", "gatway=127.0.0.1:0"}},
		{"--fresh makes one", []string{"serve", "--dsn", empty}},
		{"answered none of", []string{
			"play", "--length", "1m", "--pace", "600", "--url", "http://127.0.0.1:1", "--truth",
			filepath.Join(t.TempDir(), "new", "truth.jsonl"),
		}},
		{"use a value from 1 to 1000", []string{"play", "--pace", "0"}},
		{"use a value from 1 to 1000", []string{"record", "--factor", "-3", "--out", filepath.Join(t.TempDir(), "x")}},
	} {
		_, err := run(t.Context(), tt.args...)
		require.ErrorContains(t, err, tt.says, "%v", tt.args)
	}
}
