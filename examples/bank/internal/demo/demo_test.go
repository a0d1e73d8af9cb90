package demo_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/demo"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are those of a short demonstration, in which somebody tries paths as scanners do.
func options(t *testing.T, out *output) demo.Options {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the built Collector, which -short leaves out")
	}
	root, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	// What a slow machine can do in time, also under the race detector: a small bank, and an attack that takes no speed.
	o := plan.Quiet(5, 23*time.Minute)
	o.Users, o.Rate = 80, 3
	o.Attacks = []plan.Scheduled{
		{Kind: "probing", At: 2 * time.Minute, Strength: 2},
		{Kind: "altered_price", At: 4 * time.Minute, Strength: 1},
	}
	return demo.Options{
		Out: out, Folder: filepath.Join(t.TempDir(), "demo"), Plan: o, Factor: 60, OptIns: telemetry.All,
		Collector:  filepath.Join(root, "bin", "spanwarden-collector"),
		Configs:    []string{filepath.Join(root, "examples", "bank", "collector.yaml")},
		Model:      filepath.Join(root, "examples", "bank", "model.json.gz"),
		Invariants: filepath.Join(root, "examples", "bank", "invariants.yaml"),
	}
}

// output is what a demonstration has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	var out output
	o := options(t, &out)
	require.NoError(t, demo.Run(t.Context(), o))
	printed := out.String()
	t.Log(printed)
	assert.Contains(t, printed, "attack: probing")
	assert.Contains(t, printed, "keeps probing gateway")
	assert.Regexp(t, `(?m)^probing .* (tokens-are-genuine|low_rate|application_forest),? +\d`, printed)
	assert.Regexp(t, `(?m)^right findings .*low_rate 1 of 1`, printed)
	assert.Regexp(t, `gateway POST /payments from [0-9.]+: the price of a payment is not the product's \(payment-price\)`, printed)
	assert.Regexp(t, `(?m)^altered_price .* 1  payment-price `, printed)
	assert.Regexp(t, `(?m)^false alarms +0$`, printed)

	truth, err := groundtruth.Read(filepath.Join(o.Folder, "truth.jsonl"))
	require.NoError(t, err)
	assert.Greater(t, len(truth), 100)
	anomalies, err := os.ReadFile(filepath.Join(o.Folder, "anomalies.jsonl"))
	require.NoError(t, err)
	assert.NotEmpty(t, anomalies)
	for _, name := range []string{"truth.jsonl", "anomalies.jsonl", "collector.log", "bank.db"} {
		assert.Contains(t, printed, filepath.Join(o.Folder, name))
		assert.FileExists(t, filepath.Join(o.Folder, name))
	}
}

// Ctrl-C ends everything, and what was true until then is kept.
func TestTheDemonstrationIsStopped(t *testing.T) {
	t.Parallel()
	var out output
	o := options(t, &out)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan time.Time, 1)
	go func() {
		for !strings.Contains(out.String(), "quiet:") && ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Second)
		stopped <- time.Now()
		cancel()
	}()
	require.ErrorIs(t, demo.Run(ctx, o), context.Canceled)
	assert.Less(t, time.Since(<-stopped), 20*time.Second)
	assert.FileExists(t, filepath.Join(o.Folder, "truth.jsonl"))
	assert.NotContains(t, out.String(), "false alarms")
}

// What cannot start says why, and where to look.
func TestTheDemonstrationSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	var out output
	o := options(t, &out)
	missing := o
	missing.Collector = filepath.Join(t.TempDir(), "missing")
	require.ErrorContains(t, demo.Run(t.Context(), missing), "make build")

	o.Configs = []string{"yaml:receivers: {no_such_receiver: {}}"}
	o.Folder = filepath.Join(t.TempDir(), "other")
	require.ErrorContains(t, demo.Run(t.Context(), o), filepath.Join(o.Folder, "collector.log"))
}

// A Collector that ends in the midst of it is noticed, and the demonstration breaks off.
func TestTheCollectorEnds(t *testing.T) {
	t.Parallel()
	var out output
	o := options(t, &out)
	pid := filepath.Join(t.TempDir(), "pid")
	script := fmt.Sprintf("#!/bin/sh\necho $$ > %s\nexec %s \"$@\"\n", pid, o.Collector)
	o.Collector = filepath.Join(t.TempDir(), "collector")
	require.NoError(t, os.WriteFile(o.Collector, []byte(script), 0o700))
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(t.Context(), o) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "quiet:") }, time.Minute, 20*time.Millisecond)
	text, err := os.ReadFile(pid)
	require.NoError(t, err)
	number, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	process, err := os.FindProcess(number)
	require.NoError(t, err)
	require.NoError(t, process.Kill())
	err = <-ended
	require.ErrorContains(t, err, "the Collector ended by itself (signal: killed)")
	require.NotErrorIs(t, err, context.Canceled)
}

// Nothing is begun for a backend that is not there, and what else is in the folder stays.
func TestTheDemonstrationLooksBeforeItBegins(t *testing.T) {
	t.Parallel()
	var out output
	o := options(t, &out)
	o.TracesTo = "127.0.0.1:1"
	require.ErrorContains(t, demo.Run(t.Context(), o), "--traces-to")
	assert.NoDirExists(t, o.Folder)

	o.TracesTo, o.Collector = "", filepath.Join(t.TempDir(), "missing")
	require.NoError(t, os.Mkdir(o.Folder, 0o700))
	mine, old := filepath.Join(o.Folder, "mine"), filepath.Join(o.Folder, "truth.jsonl")
	for _, file := range []string{mine, old} {
		require.NoError(t, os.WriteFile(file, nil, 0o600))
	}
	require.Error(t, demo.Run(t.Context(), o))
	assert.FileExists(t, mine)

	o.Factor = math.NaN()
	o.Collector = options(t, &out).Collector
	require.ErrorContains(t, demo.Run(t.Context(), o), "use a value from 1 to 1000")
}
