package apibaselineexporter

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadata"
)

// taughtBy is what a learner is taught by batches that come half a second after each other.
func taughtBy(t require.TestingT, folder string, batches []ptrace.Traces) []string {
	cfg := createDefaultConfig().(*Config)
	cfg.Invariants = filepath.Join(folder, "invariants.yaml")
	w, err := newWatch(benchSettings(component.NewID(metadata.Type)), cfg)
	require.NoError(t, err)
	now, p := noon, new(pupil)
	w.now, w.origin = func() time.Time { return now }, noon
	w.school.fresh = func() (learner, error) { return p, nil }
	ctx := context.Background()
	require.NoError(t, w.prepare(ctx, nil))
	pass := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(500 * time.Millisecond)
			w.settled(w.clock())
			w.learnDue(ctx)
		}
	}
	for _, td := range batches {
		require.NoError(t, (&tracesExporter{&part{watch: w}}).ConsumeTraces(ctx, td))
		pass(500 * time.Millisecond)
	}
	pass(time.Minute)
	require.NoError(t, w.shutdown(ctx))
	require.Zero(t, w.report.calls[lateCall].Load()+w.report.calls[droppedCall].Load()+w.report.calls[failedCall].Load())
	return p.taught()
}

// TestWhatIsLearnedDoesNotDependOnTheOrderOfSpans: shuffled, split and repeated spans teach what the orderly traces do, as
// long as they are in before they have settled.
func TestWhatIsLearnedDoesNotDependOnTheOrderOfSpans(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		all := ptrace.NewTraces()
		spans := rapid.IntRange(1, 12).Draw(rt, "spans")
		for id := 1; id <= spans; id++ {
			tr := newTrace(rapid.IntRange(1, 3).Draw(rt, "trace"))
			parent := rapid.IntRange(0, id-1).Draw(rt, "parent")
			service := rapid.SampledFrom([]string{"shop", "orders", "payment"}).Draw(rt, "service")
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0, 1:
				tr.call(service, id, parent, nil)
			case 2:
				tr.statement(service, id, parent, orderSQL)
			default:
				tr.internal(service, id, parent)
			}
			tr.td.ResourceSpans().At(0).CopyTo(all.ResourceSpans().AppendEmpty())
		}
		var indices []int
		for i := range spans {
			indices = append(indices, i)
		}
		shuffled := rapid.Permutation(indices).Draw(rt, "order")
		again := rapid.SliceOfN(rapid.SampledFrom(indices), 0, 5).Draw(rt, "again")
		orderly := taughtBy(rt, folder, []ptrace.Traces{copyOf(all)})
		assert.Equal(rt, orderly, taughtBy(rt, folder, apart(all, append(shuffled, again...)...)))
	})
}
