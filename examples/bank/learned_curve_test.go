package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Whoever learns from little knows little, and accuses nobody for that: another day of the bank is judged by the rules that
// the first calls of one have taught.
func TestLittleTeachingAccusesNobody(t *testing.T) {
	folder := os.Getenv("SPANWARDEN_HOURS")
	if folder == "" {
		t.Skip("skipped how little teaches what: `make hours` records it, then set SPANWARDEN_HOURS to its folder, var/hours")
	}
	for teacher, judged := range map[string]string{"honest401": "honest402", "honest402": "honest401", "plain403": "plain404"} {
		t.Run(teacher, func(t *testing.T) {
			lesson := recordedHours(t, filepath.Join(folder, teacher+".jsonl.gz"))
			batches := recordedHours(t, filepath.Join(folder, judged+".jsonl.gz"))
			calls := serverSpans(batches)
			for _, n := range []int{200, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000} {
				file := learnedFrom(t, lesson, n)
				book, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
				require.NoError(t, err)
				alarmed, windows := alarmedWindows(calls, condemned(t, book, batches))
				t.Logf("%6d calls teach %4d rules: %3d of %d windows of 20 calls have an alarm", n, len(file.Rules), alarmed, windows)
				assert.LessOrEqual(t, alarmed*200, windows)
			}
		})
	}
}

// learnedFrom is what the first n calls teach.
func learnedFrom(t *testing.T, batches []ptrace.Traces, n int) *rulefile.File {
	t.Helper()
	recorded, err := replay.New(nil, replay.DefaultSettings())
	require.NoError(t, err)
	for _, td := range batches {
		recorded.Read(td)
	}
	learner, err := baseline.New(baseline.DefaultSettings())
	require.NoError(t, err)
	require.NoError(t, recorded.Traces(func(trace *replay.Trace) error {
		if n > 0 {
			learner.Learn(trace)
		}
		n -= len(trace.Calls)
		return nil
	}))
	return learner.Result().File
}

// serverSpans are the traces of all calls in the order of their time.
func serverSpans(batches []ptrace.Traces) []string {
	type call struct {
		start uint64
		trace string
	}
	var calls []call
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					if span.Kind() == ptrace.SpanKindServer {
						calls = append(calls, call{uint64(span.StartTimestamp()), span.TraceID().String()})
					}
				}
			}
		}
	}
	slices.SortFunc(calls, func(a, b call) int { return int(int64(a.start) - int64(b.start)) })
	traces := make([]string, len(calls))
	for i := range calls {
		traces[i] = calls[i].trace
	}
	return traces
}

// alarmedWindows counts windows of 20 calls with one whose trace is accused.
func alarmedWindows(calls []string, accused map[string][]string) (alarmed, windows int) {
	for window := range slices.Chunk(calls, 20) {
		windows++
		if slices.ContainsFunc(window, func(trace string) bool { return accused[trace] != nil }) {
			alarmed++
		}
	}
	return alarmed, windows
}
