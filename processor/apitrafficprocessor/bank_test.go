package apitrafficprocessor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor/internal/metadata"
)

// play sends a recording through the processor and returns what it found.
func play(t *testing.T, cfg *Config, path string) (findings []groundtruth.Finding) {
	t.Helper()
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	file, err := recording.Open(path)
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, file.Traces(func(td ptrace.Traces) error {
		return p.(*tracesProcessor).watchOnly(td)
	}))
	require.NoError(t, p.Shutdown(context.Background()))
	for _, td := range sink.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					record := plog.NewLogRecord()
					anomaly.RecordFromSpan(span, record, time.Now())
					finding, err := groundtruth.FromRecord(record)
					require.NoError(t, err)
					findings = append(findings, finding)
				}
			}
		}
	}
	return findings
}

// watchOnly reads a batch as ConsumeTraces does, without passing it on.
func (p *tracesProcessor) watchOnly(td ptrace.Traces) error {
	ctx := context.Background()
	p.guard(ctx, func() { p.readTraces(ctx, td) })
	return nil
}

func verdict(t *testing.T, cfg *Config, path string) groundtruth.Verdict {
	t.Helper()
	truth, err := groundtruth.Read(strings.TrimSuffix(path, ".jsonl.gz") + ".truth.jsonl.gz")
	require.NoError(t, err)
	return groundtruth.Judge(truth, play(t, cfg, path), groundtruth.Options{})
}

// TestRecordings judges the recordings of a folder, all that SPANWARDEN_RECORDINGS
// matches, and prints what was found.
func TestRecordings(t *testing.T) {
	pattern := os.Getenv("SPANWARDEN_RECORDINGS")
	if pattern == "" {
		t.Skip("skipped: set SPANWARDEN_RECORDINGS to a pattern of files that `bank record` made, such as '/tmp/hours/*.jsonl.gz'")
	}
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, ".truth.jsonl.gz") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			cfg := defaults()
			cfg.ApplicationForest.Model = os.Getenv("SPANWARDEN_MODEL")
			cfg.GeneralisedForest.Enabled = os.Getenv("SPANWARDEN_GENERALISED") != ""
			v := verdict(t, cfg, path)
			var b strings.Builder
			for _, a := range v.Attacks {
				fmt.Fprintf(&b, "%-22s %5d calls  found after %-8v by %s\n", a.ID, a.Calls, a.After.Round(time.Second), strings.Join(a.Sources, ", "))
			}
			for _, alarm := range v.Alarms {
				if len(alarm.Attacks) == 0 {
					fmt.Fprintf(&b, "FALSE %s %s\n", alarm.Finding.Detector, alarm.Finding.Message)
				}
			}
			for source := range slices.Values(v.Sources()) {
				fmt.Fprintf(&b, "%s/%s: %d of %d right\n", source.Kind, source.Detector, source.Right, source.Findings)
			}
			t.Log("\n" + b.String())
		})
	}
}
